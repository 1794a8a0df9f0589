"""The deadline, and the end of a round. Silence is never taken for a no."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from offers.catalogue.placeholders import ASKING
from offers.delivery.outbox import queue_for_offers
from offers.eligibility.select import insert_select
from offers.models import (
    Answer,
    CaseKind,
    Lane,
    Message,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    ReviewCase,
    Round,
    RoundState,
    Silence,
    Subject,
    TextKind,
)
from offers.rounds.errors import StillOpenError
from offers.rounds.outcomes import withdraw_open
from offers.rounds.states import lock_round

FOLLOW_UP_IN = timedelta(days=7)


@transaction.atomic
def deadline_passed(*, now: datetime) -> int:
    """Act on the silence of offers whose deadline has passed; returns how many.

    A seat is released only if the service says that silence releases it and nobody has said
    anything, be it unclear; otherwise it is held and a person follows up. A decline that waits
    for another guardian is left to its grace period.
    """
    silent = (
        Offer.objects.past_deadline(now)
        .filter(round__state=RoundState.RUNNING, grace_until=None)
        .select_for_update(skip_locked=True, of=("self",))
    )
    ids = list(silent.values_list("pk", flat=True))
    offers = Offer.objects.filter(pk__in=ids)
    releasing = offers.filter(_said_nothing(), round__service__silence=Silence.RELEASE)
    released = list(releasing.values_list("pk", flat=True))
    _release(offers.filter(pk__in=released), now)
    _hold(offers.exclude(pk__in=released), now)
    return len(ids)


def _said_nothing() -> Q:
    """Nobody has answered, and nobody who was asked has written what a person still looks at."""
    answers = Answer.objects.filter(offer=OuterRef("pk"))
    read_by_a_person = ReviewCase.objects.open().filter(
        reply__person__messages__offers=OuterRef("pk")
    )
    return ~Q(Exists(answers)) & ~Q(Exists(read_by_a_person))


def _release(offers: QuerySet[Offer], now: datetime) -> None:
    offers.update(state=OfferState.LAPSED)
    Subject.objects.filter(offers__in=offers, outcome=Outcome.PENDING).update(
        outcome=Outcome.LAPSED, outcome_at=now
    )


def _hold(offers: QuerySet[Offer], now: datetime) -> None:
    offers.update(state=OfferState.UNANSWERED)
    subjects = Subject.objects.filter(offers__in=offers)
    open_cases = ReviewCase.objects.open().filter(subject=OuterRef("subject"))
    insert_select(
        ReviewCase,
        offers.filter(~Exists(open_cases)),
        {
            "kind": Value(CaseKind.UNANSWERED.value),
            "round": F("round"),
            "subject": F("subject"),
            "offer": F("pk"),
            "opened_at": Value(now),
            "due_at": Value(now + FOLLOW_UP_IN),
        },
    )
    subjects.update(due_on=timezone.localdate(now + FOLLOW_UP_IN))
    subjects.filter(outcome=Outcome.PENDING).update(
        outcome=Outcome.HANDLED_BY_PERSON, outcome_at=now
    )


@transaction.atomic
def close_round(*, round: Round, by: AbstractUser) -> Round:
    """Close a round all of whose subjects have come to an end.

    Raises WrongStateError, and StillOpenError with what remains.
    """
    round = lock_round(round, RoundState.RUNNING)
    remaining = (
        Subject.objects.filter(round=round)
        .unresolved()
        .values_list("outcome")
        .annotate(count=Count("pk"))
        .order_by("outcome")
    )
    if still_open := {str(Outcome(outcome).label): count for outcome, count in remaining}:
        raise StillOpenError(still_open)
    _finish(round, RoundState.CLOSED, by)
    return round


@transaction.atomic
def cancel_round(*, round: Round, by: AbstractUser, reason: str) -> Round:
    """Stop a round for good: what waits to be sent is cancelled, open offers are withdrawn.

    Accepted places stay: they are promises. Whoever was asked about an offer that is withdrawn is
    told so. Raises WrongStateError once it is over.
    """
    over = (RoundState.CLOSED, RoundState.CANCELLED)
    round = lock_round(round, *(state for state in RoundState if state not in over))
    Message.objects.filter(round=round, state=MessageState.QUEUED).update(
        state=MessageState.CANCELLED, reason="round_cancelled", final_at=timezone.now()
    )
    _tell_of_withdrawal(round)
    withdraw_open(round=round, by=by)
    round.preview.pop("samples", None)
    round.preview["cancelled"] = {"by": by.pk, "reason": reason}
    _finish(round, RoundState.CANCELLED, by)
    return round


def _tell_of_withdrawal(round: Round) -> None:
    """Write to those who were asked about what is still open, before it is withdrawn.

    Whoever never got the question hears nothing of its end. Whom only a letter reached finds it on
    the family's page.
    """
    unsettled = Offer.objects.filter(round=round).unsettled()
    asked = Message.objects.filter(message_offers__offer__in=unsettled, kind__in=ASKING)
    got = asked.exclude(state__in=(MessageState.CANCELLED, MessageState.FAILED))
    queue_for_offers(
        offers=unsettled,
        kind=TextKind.WITHDRAWN,
        lane=Lane.REMINDERS,
        key="withdrawn",
        only=set(got.values_list("person_id", flat=True)),
    )


def _finish(round: Round, state: RoundState, by: AbstractUser) -> None:
    round.state = state
    round.closed_at = timezone.now()
    round.closed_by_id = by.pk
    round.save(update_fields=["state", "closed_at", "closed_by", "preview"])
