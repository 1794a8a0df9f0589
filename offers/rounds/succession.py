"""Seats that become free go to those waiting, in the approved order, until the round closes."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from offers.delivery.outbox import queue_for_offers
from offers.models import (
    Exclusion,
    Lane,
    Offer,
    Outcome,
    Round,
    RoundState,
    Subject,
    TextKind,
)
from offers.rounds.places import best_free_seat
from offers.rounds.states import lock_round


def offer_freed_seats(*, round: Round) -> int:
    """Offer what is free to those waiting in a running round; returns how many offers were made.

    Each in turn gets the best seat for it of those free now, and as many days to answer as
    everybody had; who fits none keeps the place in the order. Raises WrongStateError.
    """
    with transaction.atomic():
        round = lock_round(round, RoundState.RUNNING)
        now = timezone.now()
        made = [
            offer.pk for subject in waiting(round) if (offer := _offer_seat(round, subject, now))
        ]
        offers = Offer.objects.filter(pk__in=made)
        Subject.objects.filter(offers__in=offers).update(
            due_on=timezone.localdate(new_deadline(round, now))
        )
        Subject.objects.filter(offers__in=offers, outcome=Outcome.WAITING_FOR_SEAT).update(
            outcome=Outcome.PENDING, outcome_at=now
        )
        if made:
            queue_for_offers(
                offers=offers.filter(subject__exclusion=Exclusion.NO_SEAT),
                kind=TextKind.OFFER,
                lane=Lane.BULK,
                key=f"offer-from-{made[0]}",
            )
    return len(made)


def waiting(round: Round) -> QuerySet[Subject]:
    """Who waits for a seat, in the approved order; whoever has had an offer waits no more."""
    offered = Offer.objects.filter(subject=OuterRef("pk"))
    return (
        Subject.objects.filter(~Exists(offered), round=round, succession__isnull=False)
        .unresolved()
        .select_related("person")
        .order_by("succession")
    )


def new_deadline(round: Round, now: datetime) -> datetime:
    """As many days from today as the service gives, at the round's own time of day."""
    wall = timezone.localtime(round.deadline_at)
    day = timezone.localtime(now) + timedelta(days=round.service.answer_days)
    return day.replace(hour=wall.hour, minute=wall.minute, second=wall.second, microsecond=0)


def _offer_seat(round: Round, subject: Subject, now: datetime) -> Offer | None:
    """An offer of the best free seat, or None if none fits or it was taken this moment."""
    capacity_id = best_free_seat(round, subject)
    if capacity_id is None:
        return None
    try:
        with transaction.atomic():
            return Offer.objects.create(
                round=round,
                subject=subject,
                capacity_id=capacity_id,
                deadline_at=new_deadline(round, now),
                created_at=now,
            )
    except IntegrityError:
        return None
