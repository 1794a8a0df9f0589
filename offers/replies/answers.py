"""Recording what a guardian answered, and what follows from it."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, connection, transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.encryption import blind_index
from citizens.models import ContactHealth, ContactPoint, Person
from offers.delivery.bell import ring
from offers.delivery.cases import open_case
from offers.delivery.contacts import addresses_of
from offers.delivery.prepared import PreparedModels, listed
from offers.delivery.queueing import Draft, queue_messages
from offers.models import (
    AcceptancePolicy,
    Answer,
    AnswerChannel,
    AnswerKind,
    CaseKind,
    Lane,
    Offer,
    OfferState,
    Outcome,
    Reply,
    ReviewCase,
    RoundState,
    Subject,
    TextKind,
)
from offers.replies.decision import Decision, decide
from offers.replies.hearing import Heard, hear

OUTCOMES = {
    OfferState.ACCEPTED: Outcome.ACCEPTED,
    OfferState.DECLINED: Outcome.DECLINED,
    OfferState.OTHER_PLACE: Outcome.OTHER_PLACE,
    OfferState.OPEN: Outcome.PENDING,
    OfferState.UNANSWERED: Outcome.PENDING,
}
MISSING_AN_ANSWER = (CaseKind.UNANSWERED, CaseKind.NO_CONTACT, CaseKind.REPLY_SLIP)
"""Cases that end by themselves when the family answers after all."""
ANSWERED = "answer_recorded"
NOT_NEEDED = ("round__preview", "round__service__placement", "subject__facts", "subject__placement")
"""Large columns that deciding on an answer does not read."""


class Refusal(TextChoices):
    """Why an answer was not carried out."""

    NOT_A_DECIDER = "not_a_decider", _("This person may not decide on this offer.")
    ROUND_OVER = "round_over", _("The round is over.")
    SEAT_GONE = "seat_gone", _("The place has gone to somebody else.")
    TOO_LATE = "too_late", _("The time to change the answer is over.")


@dataclass(frozen=True)
class AnswerOutcome:
    """Truthy when the answer (``kind``) was recorded; otherwise ``refusal`` says why not.

    ``state`` is the offer's state afterwards, ``changed`` whether the answer moved it,
    ``waiting`` that a decline waits for the other guardian until ``grace_until``.
    """

    offer: Offer
    kind: AnswerKind
    refusal: Refusal | None = None
    changed: bool = False
    waiting: bool = False
    conflict: bool = False
    others: frozenset[int] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return self.refusal is None

    @property
    def state(self) -> OfferState:
        return OfferState(self.offer.state)


@dataclass(frozen=True)
class Statement:
    """Who said it, how, and the proof; see ``record_answers``.

    ``said_at`` is the number it was said from, which thereby is known to work.
    """

    guardian: Person
    channel: AnswerChannel
    proof: bytes
    by: AbstractUser | None = None
    reply: Reply | None = None
    said_at: ContactPoint | None = None


@dataclass(frozen=True)
class Recorded:
    """What came of a statement, and the messages that tell the other guardians of it."""

    outcomes: Mapping[int, AnswerOutcome]
    notices: Sequence[Draft] = ()


@transaction.atomic
def record_answers(
    *,
    choices: Mapping[int, AnswerKind],
    guardian: Person,
    channel: AnswerChannel,
    proof: bytes,
    by: AbstractUser | None = None,
    reply: Reply | None = None,
    now: datetime | None = None,
) -> Mapping[int, AnswerOutcome]:
    """Record ``guardian``'s answer to each offer of a round (id → answer) and move the offers.

    Locks the offers, asks again who may decide today, the deadline and the seat. An answer that
    cannot be carried out is not lost: it is returned as refused, and a case is opened where the
    seat has gone on. ``proof`` is a keyed digest of what was said; ``by`` the caseworker who
    recorded it for the guardian, if one did.
    """
    statement = Statement(guardian, channel, proof, by, reply)
    recorded = record_on(lock_offers(choices), choices, statement, now or timezone.now())
    if recorded.notices:
        queue_messages(recorded.notices)
        ring(Lane.REPLIES)
    return recorded.outcomes


def lock_offers(offer_ids: Collection[int]) -> list[Offer]:
    """The offers with all that deciding on them takes, locked; always in the same order."""
    return _locked_offers().objects(offers=list(offer_ids))


@cache
def _locked_offers() -> PreparedModels[Offer]:
    return PreparedModels(
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("round__service", "subject__person", "capacity__unit")
        .defer(*NOT_NEEDED)
        .filter(listed("offers", Offer))
        .order_by("pk")
    )


def record_on(
    offers: Collection[Offer],
    choices: Mapping[int, AnswerKind],
    statement: Statement,
    now: datetime,
) -> Recorded:
    """``record_answers`` on offers locked in this transaction, all of one round.

    The notices are the caller's to queue.
    """
    chosen = [offer for offer in offers if offer.pk in choices]
    heard = hear(chosen, timezone.localdate(now))
    guardian = statement.guardian.pk
    outcomes = {
        offer.pk: _outcome(offer, guardian, choices[offer.pk], heard[offer.pk], now)
        for offer in chosen
    }
    _open_cases(outcomes.values(), statement.reply, now)
    recorded = [outcome for outcome in outcomes.values() if outcome]
    if not recorded:
        return Recorded(outcomes)
    first = _write(recorded, statement, now)
    news = [each for each in recorded if heard[each.offer.pk].said.get(guardian) != each.kind]
    return Recorded(outcomes, _notices(news, statement.said_at, key=f"told:{first}"))


def _outcome(
    offer: Offer, guardian: int, kind: AnswerKind, heard: Heard, now: datetime
) -> AnswerOutcome:
    """What the answer makes of the offer, which is changed but not yet written."""
    was = offer.state
    if refusal := _refusal(offer, guardian, kind, heard.deciders, now):
        return AnswerOutcome(offer, kind, refusal)
    others = heard.deciders - {guardian}
    if _repeats(was, kind):
        return AnswerOutcome(offer, kind, others=others)
    decision = _move(offer, {**heard.said, guardian: kind}, heard.deciders, now)
    return AnswerOutcome(
        offer,
        kind,
        changed=offer.state != was,
        waiting=decision.waiting,
        conflict=decision.conflict,
        others=others,
    )


def _refusal(
    offer: Offer, guardian: int, kind: AnswerKind, deciders: Set[int], now: datetime
) -> Refusal | None:
    """Why this answer cannot be carried out now, if so.

    While the city still holds the seat a late first answer is welcome; changing one's mind is
    possible until the deadline.
    """
    if guardian not in deciders:
        return Refusal.NOT_A_DECIDER
    if _repeats(offer.state, kind):
        return None
    if offer.round.state != RoundState.RUNNING or offer.state == OfferState.WITHDRAWN:
        return Refusal.ROUND_OVER
    if offer.state == OfferState.LAPSED:
        return Refusal.SEAT_GONE
    unanswered = offer.state in (OfferState.OPEN, OfferState.UNANSWERED)
    if not unanswered and offer.deadline_at <= now:
        return Refusal.TOO_LATE
    if offer.state == OfferState.DECLINED:
        return None if _seat_still_there(offer) else Refusal.SEAT_GONE
    return None


def _repeats(state: str, kind: AnswerKind) -> bool:
    """Whether the answer says what is so already: confirmed at any time, it moves nothing."""
    said = {AnswerKind.ACCEPT: OfferState.ACCEPTED, AnswerKind.DECLINE: OfferState.DECLINED}
    return said.get(kind, OfferState.OTHER_PLACE) == state


def _seat_still_there(offer: Offer) -> bool:
    """Take the declined offer's seat again, if neither it nor the subject's turn has gone on."""
    try:
        with transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(state=OfferState.OPEN)
    except IntegrityError:
        return False
    offer.state = OfferState.OPEN
    return True


def _move(
    offer: Offer, said: Mapping[int, AnswerKind], deciders: Set[int], now: datetime
) -> Decision:
    """What the answers together make of the offer; nothing is written yet."""
    decision = decide(said, deciders, AcceptancePolicy(offer.round.service.acceptance))
    if decision.state:
        offer.state = decision.state
    elif offer.deadline_at > now:
        offer.state = OfferState.OPEN
    offer.answered_at = now
    offer.grace_until = _grace_end(offer, now) if decision.waiting else None
    return decision


RECORD = f"""
    WITH given AS (
        SELECT * FROM unnest(
            %(offers)s::bigint[], %(subjects)s::bigint[], %(kinds)s::text[], %(states)s::text[],
            %(outcomes)s::text[], %(graces)s::timestamptz[], %(changed)s::bool[]
        ) AS given(offer, subject, kind, state, outcome, grace, changed)
    ), said AS (
        INSERT INTO {Answer._meta.db_table}
            (at, offer_id, guardian_id, kind, channel, reply_id, proof, by_id)
        SELECT %(now)s, offer, %(guardian)s, kind, %(channel)s, %(reply)s, %(proof)s, %(by)s
        FROM given ORDER BY offer RETURNING id
    ), moved AS (
        UPDATE {Offer._meta.db_table} o
        SET state = given.state, answered_at = %(now)s, grace_until = given.grace
        FROM given WHERE o.id = given.offer
    ), settled AS (
        UPDATE {Subject._meta.db_table} s SET outcome = given.outcome, outcome_at = %(now)s
        FROM given WHERE s.id = given.subject AND given.changed
    ), closed AS (
        UPDATE {ReviewCase._meta.db_table} c SET closed_at = %(now)s, resolution = %(resolution)s
        FROM given WHERE c.offer_id = given.offer AND given.changed
        AND c.closed_at IS NULL AND c.kind = ANY(%(missing)s)
    ), verified AS (
        UPDATE {ContactPoint._meta.db_table} SET health = %(verified)s, health_at = %(now)s
        WHERE id = %(said_at)s AND health = ANY(%(doubtful)s)
    )
    SELECT min(id) FROM said
"""
"""One act, one statement: the answers, the offers, the subjects, the cases that waited for an
answer, and that messages arrive where this one came from."""


def _write(outcomes: Sequence[AnswerOutcome], statement: Statement, now: datetime) -> int:
    """Write down the answers and what follows; returns the id of the first answer."""
    offers = [outcome.offer for outcome in outcomes]
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "offers": [offer.pk for offer in offers],
                "subjects": [offer.subject_id for offer in offers],
                "kinds": [outcome.kind.value for outcome in outcomes],
                "states": [outcome.state.value for outcome in outcomes],
                "outcomes": [OUTCOMES[outcome.state].value for outcome in outcomes],
                "graces": [offer.grace_until for offer in offers],
                "changed": [outcome.changed for outcome in outcomes],
                "now": now,
                "guardian": statement.guardian.pk,
                "channel": statement.channel.value,
                "reply": statement.reply.pk if statement.reply else None,
                "proof": statement.proof,
                "by": statement.by.pk if statement.by else None,
                "said_at": statement.said_at.pk if statement.said_at else None,
                "verified": ContactHealth.VERIFIED.value,
                "doubtful": [ContactHealth.UNKNOWN.value, ContactHealth.BOUNCED.value],
                "resolution": ANSWERED,
                "missing": [kind.value for kind in MISSING_AN_ANSWER],
            },
        )
        (first,) = cursor.fetchone()
    return int(first)


def _notices(
    news: Sequence[AnswerOutcome], said_at: ContactPoint | None, *, key: str
) -> list[Draft]:
    """To the other guardians, what was answered, whoever of them did; once for each answer.

    Nothing to a number the answer came from: its confirmation tells everybody who shares it.
    """
    others = frozenset().union(*(outcome.others for outcome in news))
    if not others:
        return []
    round = news[0].offer.round
    return [
        Draft(
            person_id=address.person_id,
            contact_point_id=address.contact_point_id,
            kind=TextKind.OTHER_GUARDIAN,
            channel=address.channel,
            language=address.language,
            lane=Lane.REPLIES,
            offers=[each.offer for each in news if address.person_id in each.others],
            round=round,
            key=f"{key}:{address.person_id}",
        )
        for address in addresses_of(others, channels=round.service.channels)
        if said_at is None or address.number not in said_at.indexes()
    ]


def _grace_end(offer: Offer, now: datetime) -> datetime:
    """A second no does not begin it again; the deadline does not cut it short."""
    return offer.grace_until or now + timedelta(days=offer.round.service.grace_days)


def _open_cases(outcomes: Collection[AnswerOutcome], reply: Reply | None, now: datetime) -> None:
    for outcome in outcomes:
        offer = outcome.offer
        kind = None
        if outcome.refusal in (Refusal.SEAT_GONE, Refusal.TOO_LATE, Refusal.ROUND_OVER):
            kind = CaseKind.LATE_ANSWER
        elif outcome.conflict:
            kind = CaseKind.DISAGREEMENT
        elif outcome.state == OfferState.OTHER_PLACE:
            kind = CaseKind.OTHER_PLACE
        if kind:
            open_case(
                kind=kind,
                now=now,
                round=offer.round,
                subject=offer.subject,
                offer=offer,
                reply=reply,
            )


def keyed_digest(said: str) -> bytes:
    """The proof kept with an answer: a keyed digest of what was said, never the words."""
    return blind_index(said, kind="answer.proof")


@transaction.atomic
def end_grace(*, now: datetime) -> int:
    """Let the declines stand whose grace period has ended unanswered; returns how many.

    Only offers in which nobody has accepted are waiting here (see ``decision.decide``).
    """
    waiting = list(
        Offer.objects.select_for_update(skip_locked=True)
        .filter(state__in=(OfferState.OPEN, OfferState.UNANSWERED), grace_until__lte=now)
        .values_list("pk", "subject_id")
    )
    Offer.objects.filter(pk__in=[pk for pk, _subject in waiting]).update(
        state=OfferState.DECLINED, grace_until=None
    )
    Subject.objects.filter(pk__in=[subject for _pk, subject in waiting]).update(
        outcome=Outcome.DECLINED, outcome_at=now
    )
    return len(waiting)
