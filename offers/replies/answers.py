"""Recording what a guardian answered, and what follows from it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import Guardianship, Person
from offers.delivery.queueing import queue_for_offers
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
    Recipient,
    Reply,
    RoundState,
    Subject,
    TextKind,
)
from offers.replies.cases import open_case
from offers.replies.decision import Decision, decide

OUTCOMES = {
    OfferState.ACCEPTED: Outcome.ACCEPTED,
    OfferState.DECLINED: Outcome.DECLINED,
    OfferState.OTHER_PLACE: Outcome.OTHER_PLACE,
    OfferState.OPEN: Outcome.PENDING,
    OfferState.UNANSWERED: Outcome.PENDING,
}


class Refusal(TextChoices):
    """Why an answer was not carried out."""

    NOT_A_DECIDER = "not_a_decider", _("This person may not decide on this offer.")
    ROUND_OVER = "round_over", _("The round is over.")
    SEAT_GONE = "seat_gone", _("The place has gone to somebody else.")
    TOO_LATE = "too_late", _("The time to change the answer is over.")


@dataclass(frozen=True)
class AnswerOutcome:
    """Truthy when the answer was recorded; otherwise ``refusal`` says why not.

    ``state`` is the offer's state afterwards, ``changed`` whether the answer moved it,
    ``waiting`` that a decline waits for the other guardian until ``grace_until``.
    """

    offer: Offer
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
) -> dict[int, AnswerOutcome]:
    """Record ``guardian``'s answer to each offer (id → answer) and move the offers accordingly.

    Locks the offers, asks again who may decide today, the deadline and the seat. An answer that
    cannot be carried out is not lost: it is returned as refused, and a case is opened where the
    seat has gone on. ``proof`` is a keyed digest of what was said; ``by`` the caseworker who
    recorded it for the guardian, if one did.
    """
    now = now or timezone.now()
    offers = _locked(choices)
    deciders = who_decides(offers, timezone.localdate(now))
    latest = _latest_answers(offers)
    refusals = {
        offer.pk: _refusal(offer, guardian, choices[offer.pk], deciders[offer.pk], now)
        for offer in offers
    }
    answered = [offer for offer in offers if refusals[offer.pk] is None]
    answers = Answer.objects.bulk_create(
        Answer(
            offer=offer,
            guardian=guardian,
            kind=choices[offer.pk],
            channel=channel,
            reply=reply,
            proof=proof,
            by_id=by.pk if by else None,
        )
        for offer in answered
    )
    outcomes = {}
    for offer in offers:
        if refusal := refusals[offer.pk]:
            outcomes[offer.pk] = AnswerOutcome(offer, refusal)
            continue
        said = {**latest[offer.pk], guardian.pk: choices[offer.pk]}
        policy = AcceptancePolicy(offer.round.service.acceptance)
        decision = decide(said, deciders[offer.pk], policy)
        others = frozenset(deciders[offer.pk] - {guardian.pk})
        outcomes[offer.pk] = _move(offer, decision, others, now)
    _open_cases(outcomes.values(), reply, now)
    _tell_others(answers, outcomes)
    return outcomes


def _locked(offer_ids: Collection[int]) -> list[Offer]:
    return list(
        Offer.objects.select_for_update(of=("self",))
        .select_related("round__service", "subject__person", "capacity__unit")
        .filter(pk__in=offer_ids)
        .order_by("pk")
    )


def who_decides(offers: Collection[Offer], day: date) -> dict[int, set[int]]:
    """For each offer the ids of those who may answer it on ``day``.

    Guardians with the right to decide, or the subject in person, as the service says.
    """
    deciders: dict[int, set[int]] = {offer.pk: set() for offer in offers}
    by_child = defaultdict(list)
    for offer in offers:
        if offer.round.service.recipient == Recipient.SELF:
            deciders[offer.pk] = {offer.subject.person_id}
        else:
            by_child[offer.subject.person_id].append(offer.pk)
    guardianships = (
        Guardianship.objects.valid_on(day)
        .may_decide()
        .filter(child_id__in=by_child, guardian__died_on=None, guardian__gone_at=None)
    )
    for child, guardian in guardianships.values_list("child_id", "guardian_id"):
        for offer_id in by_child[child]:
            deciders[offer_id].add(guardian)
    return deciders


def _latest_answers(offers: Collection[Offer]) -> dict[int, dict[int, AnswerKind]]:
    latest: dict[int, dict[int, AnswerKind]] = {offer.pk: {} for offer in offers}
    answers = Answer.objects.filter(offer__in=offers).order_by("pk")
    for offer_id, guardian_id, kind in answers.values_list("offer_id", "guardian_id", "kind"):
        latest[offer_id][guardian_id] = AnswerKind(kind)
    return latest


def _refusal(
    offer: Offer, guardian: Person, kind: AnswerKind, deciders: set[int], now: datetime
) -> Refusal | None:
    """Why this answer cannot be carried out now, if so.

    While the city still holds the seat a late first answer is welcome; changing one's mind is
    possible until the deadline.
    """
    if guardian.pk not in deciders:
        return Refusal.NOT_A_DECIDER
    if offer.round.state != RoundState.RUNNING or offer.state == OfferState.WITHDRAWN:
        return Refusal.ROUND_OVER
    if offer.state == OfferState.LAPSED:
        return Refusal.SEAT_GONE
    unanswered = offer.state in (OfferState.OPEN, OfferState.UNANSWERED)
    if not unanswered and offer.deadline_at <= now and not _repeats(offer, kind):
        return Refusal.TOO_LATE
    if offer.state == OfferState.DECLINED and kind != AnswerKind.DECLINE:
        return None if _seat_still_there(offer) else Refusal.SEAT_GONE
    return None


def _repeats(offer: Offer, kind: AnswerKind) -> bool:
    said = {AnswerKind.ACCEPT: OfferState.ACCEPTED, AnswerKind.DECLINE: OfferState.DECLINED}
    return said.get(kind, OfferState.OTHER_PLACE) == offer.state


def _seat_still_there(offer: Offer) -> bool:
    """Take the declined offer's seat again, if neither it nor the subject's turn has gone on."""
    try:
        with transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(state=OfferState.OPEN)
    except IntegrityError:
        return False
    offer.state = OfferState.OPEN
    return True


def _move(offer: Offer, decision: Decision, others: frozenset[int], now: datetime) -> AnswerOutcome:
    was = offer.state
    if decision.state:
        offer.state = decision.state
    elif offer.deadline_at > now:
        offer.state = OfferState.OPEN
    offer.answered_at = now
    offer.grace_until = _grace_end(offer, now) if decision.waiting else None
    offer.save(update_fields=["state", "answered_at", "grace_until"])
    if offer.state != was:
        Subject.objects.filter(pk=offer.subject_id).update(
            outcome=OUTCOMES[OfferState(offer.state)], outcome_at=now
        )
    return AnswerOutcome(
        offer,
        changed=offer.state != was,
        waiting=decision.waiting,
        conflict=decision.conflict,
        others=others,
    )


def _tell_others(answers: list[Answer], outcomes: Mapping[int, AnswerOutcome]) -> None:
    """Both guardians know what was answered, whoever of them did."""
    told = [a.offer_id for a in answers if outcomes[a.offer_id].others]
    if not told:
        return
    queue_for_offers(
        offers=Offer.objects.filter(pk__in=told),
        kind=TextKind.OTHER_GUARDIAN,
        lane=Lane.REPLIES,
        key=f"told:{answers[0].pk}",
        only=frozenset().union(*(outcomes[offer].others for offer in told)),
    )


def _grace_end(offer: Offer, now: datetime) -> datetime:
    return max(now, min(offer.deadline_at, now + timedelta(days=offer.round.service.grace_days)))


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
