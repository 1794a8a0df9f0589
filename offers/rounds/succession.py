"""Seats that become free go to those waiting, in the approved order, until the round closes."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from offers.delivery.outbox import queue_for_offers
from offers.models import (
    Capacity,
    Exclusion,
    Lane,
    Offer,
    Outcome,
    Round,
    RoundState,
    Subject,
    TextKind,
)
from offers.placement import Subjects
from offers.rounds.areas import Areas
from offers.rounds.arrays import Waiting, free_seats_of, load_seats, load_subjects
from offers.rounds.places import place_by_rule
from offers.rounds.states import lock_round


@transaction.atomic
def offer_freed_seats(*, round: Round) -> int:
    """Offer what is free to those waiting in a running round; returns how many offers were made.

    Each family in turn gets the best seats for it of those free now, and as many days to answer
    as everybody had; who fits none keeps the place in the order. Raises WrongStateError.
    """
    round = lock_round(round, RoundState.RUNNING)
    now = timezone.now()
    made = [offer.pk for offer in _offer_in_turn(round, now)]
    if not made:
        return 0
    offers = Offer.objects.filter(pk__in=made)
    subjects = Subject.objects.filter(offers__in=offers)
    subjects.update(due_on=timezone.localdate(new_deadline(round, now)))
    subjects.filter(outcome=Outcome.WAITING_FOR_SEAT).update(
        outcome=Outcome.PENDING, outcome_at=now
    )
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
        .order_by("succession")
    )


def new_deadline(round: Round, now: datetime) -> datetime:
    """As many days from today as the service gives, at the round's own time of day."""
    wall = timezone.localtime(round.deadline_at)
    day = timezone.localtime(now) + timedelta(days=round.service.answer_days)
    return day.replace(hour=wall.hour, minute=wall.minute, second=wall.second, microsecond=0)


def _offer_in_turn(round: Round, now: datetime) -> Iterator[Offer]:
    capacities = {capacity.pk: capacity for capacity in free_seats_of(round)}
    if not capacities:
        return
    areas = Areas(round)
    queue = load_subjects(round, waiting(round), areas)
    for rows in _families(queue):
        seats = load_seats(capacities.values(), areas)
        if not {queue.columns.group[row] for row in rows} & set(seats.group):
            continue
        assignment = place_by_rule(round, _only(queue.columns, rows), seats, {})
        for row, seat in zip(rows, assignment.seat_of.tolist(), strict=True):
            if seat < 0:
                continue
            capacity = capacities[int(str(seats.ids[seat]))]
            capacity.taken += 1
            if offer := _offer_seat(round, queue.pks[row], capacity, now):
                yield offer


def _families(queue: Waiting) -> Iterator[list[int]]:
    """The rows of each family, in the order of succession."""
    family = queue.columns.family or []
    for _family, rows in groupby(range(len(queue.pks)), key=lambda row: family[row]):
        yield list(rows)


def _only(subjects: Subjects, rows: list[int]) -> Subjects:
    """These rows of every column there is."""
    chosen: dict[str, Any] = {}
    for field in fields(subjects):
        column = getattr(subjects, field.name)
        chosen[field.name] = column and [column[row] for row in rows]
    return Subjects(**chosen)


def _offer_seat(round: Round, subject_id: int, capacity: Capacity, now: datetime) -> Offer | None:
    """An offer of the seat, or None if it was taken this moment."""
    try:
        with transaction.atomic():
            return Offer.objects.create(
                round=round,
                subject_id=subject_id,
                capacity=capacity,
                deadline_at=new_deadline(round, now),
                created_at=now,
            )
    except IntegrityError:
        return None
