"""From an approved list to offers, seats, messages and cases: all of it, or nothing."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.utils import timezone

from citizens.models import Guardianship, Person, is_shielded
from consents.models import ProcessingKind
from consents.services.processing import open_processing, record_use
from offers.delivery.outbox import queue_for_offers
from offers.eligibility.select import insert_select, refresh_statistics
from offers.models import (
    CaseKind,
    Exclusion,
    Lane,
    Offer,
    Outcome,
    Recipient,
    ReviewCase,
    Round,
    RoundState,
    Subject,
    TextKind,
)
from offers.rounds.approval import back_to_draft
from offers.rounds.cohort import NO_SEAT_KEPT
from offers.rounds.digest import round_digest
from offers.rounds.errors import ListChangedError, SeatsGoneError

CASE_DUE_IN = timedelta(days=7)

CASES = {
    Exclusion.PROTECTED: CaseKind.PROTECTED,
    Exclusion.BY_HAND: CaseKind.BY_HAND,
    Exclusion.NO_GUARDIAN: CaseKind.NO_GUARDIAN,
    Exclusion.NO_CONTACT: CaseKind.NO_CONTACT,
}


def generate_offers(*, round: Round) -> int:
    """Make the offers of an approved round and set it running; returns how many were made.

    One transaction under the round's lock: a second worker, or a second run, finds nothing left to
    do; a run that was cut off has made nothing and is run again. If the list is not the approved
    one any more, or its seats have been taken, nothing is made and the round goes back to its
    preparer with the problem in ``Round.preview``.
    """
    with transaction.atomic():
        approved = Round.objects.select_for_update().filter(state=RoundState.APPROVED)
        locked = approved.filter(pk=round.pk).first()
        if locked is None:
            return 0
        try:
            with transaction.atomic():
                return _generate(locked)
        except (ListChangedError, SeatsGoneError) as error:
            back_to_draft(locked, reason=str(error))
            return 0


def _generate(round: Round) -> int:
    if round_digest(round) != round.frozen_digest:
        raise ListChangedError
    now = timezone.now()
    _record_use(round)
    offers = make_offers(round, now)
    queue_offer_messages(round)
    _open_cases(round, now)
    round.state = RoundState.RUNNING
    round.generated_at = now
    round.preview.pop("samples", None)
    round.save(update_fields=["state", "generated_at", "processing", "preview"])
    return offers


def make_offers(round: Round, now: datetime) -> int:
    """An open offer for everybody with a seat; raises SeatsGoneError if there are not enough."""
    subjects = Subject.objects.filter(round=round).exclude(exclusion__in=NO_SEAT_KEPT)
    if round.service.needs_seat:
        subjects = subjects.exclude(capacity=None)
    try:
        with transaction.atomic():
            made = insert_select(
                Offer,
                subjects,
                {
                    "round": F("round"),
                    "subject": F("pk"),
                    "capacity": F("capacity"),
                    "deadline_at": Value(round.deadline_at),
                    "created_at": Value(now),
                },
            )
    except IntegrityError:
        raise SeatsGoneError from None
    refresh_statistics(Offer)
    return made


def queue_offer_messages(round: Round) -> int:
    """One message for each guardian, about all of that guardian's offers; returns how many."""
    contacted = Offer.objects.filter(round=round, subject__exclusion=Exclusion.NONE)
    return queue_for_offers(offers=contacted, kind=TextKind.OFFER, lane=Lane.BULK, key="offer")


def _record_use(round: Round) -> None:
    """Who was selected, and who is written to about them, can read that their data was used."""
    round.processing = open_processing(
        purpose=round.service.purpose, kind=ProcessingKind.ROUND, by=round.prepared_by
    )
    record_use(processing=round.processing, people=_people_used(round))


def _people_used(round: Round) -> QuerySet[Person]:
    subjects = Subject.objects.filter(round=round).values("person")
    used = Q(pk__in=subjects)
    if round.service.recipient == Recipient.GUARDIANS:
        guardians = Guardianship.objects.valid_on(timezone.localdate()).may_decide()
        used |= Q(pk__in=guardians.filter(child__in=subjects).values("guardian"))
    return Person.objects.filter(used)


def _open_cases(round: Round, now: datetime) -> None:
    """A person looks at everybody whom no message may reach.

    Also at those who became protected after the list was approved: nothing is sent to them.
    """
    today = timezone.localdate(now)
    kinds = [
        When(is_shielded("person", on=today), then=Value(CaseKind.PROTECTED.value)),
        *(When(exclusion=reason.value, then=Value(kind.value)) for reason, kind in CASES.items()),
    ]
    unreached = Subject.objects.filter(
        Q(exclusion__in=CASES) | is_shielded("person", on=today), round=round
    )
    insert_select(
        ReviewCase,
        unreached,
        {
            "kind": Case(*kinds, output_field=CharField()),
            "round": F("round"),
            "subject": F("pk"),
            "opened_at": Value(now),
            "due_at": Value(now + CASE_DUE_IN),
        },
    )
    handled = Subject.objects.filter(pk__in=unreached.values("pk"), outcome=Outcome.PENDING)
    handled.update(outcome=Outcome.HANDLED_BY_PERSON, outcome_at=now)
