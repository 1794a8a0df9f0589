"""Reminding those who have not answered."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from offers.delivery.outbox import queue_for_offers
from offers.models import Lane, Offer, OfferState, Round, RoundState, TextKind
from offers.rounds.cohort import CONTACTED
from offers.rounds.states import lock_round


def remind_due(*, now: datetime) -> int:
    """Remind in every running round whom the service's days say; returns how many messages."""
    return sum(_remind_by_days(round, now) for round in Round.objects.running())


@transaction.atomic
def remind_round(*, round: Round, by: AbstractUser) -> int:
    """Remind everybody unanswered now, whatever the days; returns how many messages.

    Pressed twice on one day it reminds once. Raises WrongStateError.
    """
    round = lock_round(round, RoundState.RUNNING)
    now = timezone.now()
    return _remind(_unanswered(round, now), now)


@transaction.atomic
def _remind_by_days(round: Round, now: datetime) -> int:
    """An offer is due when a reminder day has passed since it was made, and none came since.

    Days that were missed are not made up for: one reminder covers them.
    """
    due = Q(pk__in=[])
    for days in round.service.reminder_days:
        step = timedelta(days=days)
        not_since = Q(reminded_at=None) | Q(reminded_at__lt=F("created_at") + step)
        due |= Q(created_at__lte=now - step) & not_since
    return _remind(_unanswered(round, now).filter(due), now)


def _unanswered(round: Round, now: datetime) -> QuerySet[Offer]:
    """Offers nobody has answered at all, that can still be answered in time."""
    return Offer.objects.filter(
        round=round,
        state=OfferState.OPEN,
        answered_at=None,
        deadline_at__gt=now,
        subject__exclusion__in=CONTACTED,
    )


def _remind(offers: QuerySet[Offer], now: datetime) -> int:
    """Queue the reminders and note them on the offers; the gate asks again before each is sent."""
    in_order = offers.order_by("pk").select_for_update(of=("self",), no_key=True)  # as answers do
    ids = list(in_order.values_list("pk", flat=True))
    chosen = Offer.objects.filter(pk__in=ids)
    messages = queue_for_offers(
        offers=chosen,
        kind=TextKind.REMINDER,
        lane=Lane.REMINDERS,
        key=f"remind-{timezone.localdate(now):%Y%m%d}",
    )
    chosen.update(reminded_at=now)
    return messages
