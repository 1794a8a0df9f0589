"""A caseworker moves or pins a child before the approval, and is told what it costs the others."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from offers.models import Capacity, RoundState, Subject
from offers.placement import InvalidInput, cost_of_pins
from offers.rounds.areas import Areas
from offers.rounds.arrays import free_seats_of, load_seats, load_subjects, seats_of
from offers.rounds.errors import NotPossibleError
from offers.rounds.places import Pins, assign, kept_pins, place_subjects, placeable
from offers.rounds.preview import make_preview
from offers.rounds.states import lock_round


@dataclass(frozen=True)
class PinCost:
    """What a pin changes for the other subjects: how many, and metres in all."""

    moved: int
    lost_seat: int
    gained_seat: int
    further: int
    extra_m: int


def pin_cost(*, subject: Subject, capacity: Capacity | None) -> PinCost:
    """What pinning the subject to the seat (None: letting it go) would cost; changes nothing.

    Raises NotPossibleError if the seat cannot be the subject's.
    """
    round = subject.round
    areas = Areas(round)
    waiting = load_subjects(round, placeable(round), areas)
    seats = load_seats(seats_of(round), areas)
    pins = kept_pins(round)
    before = assign(round, waiting, seats, pins)
    try:
        after = assign(round, waiting, seats, _with_pin(subject, capacity, pins, 0))
    except InvalidInput as error:
        raise NotPossibleError(str(error)) from None
    difference = cost_of_pins(before, after)
    return PinCost(
        moved=len(difference.moved),
        lost_seat=len(difference.lost_seat),
        gained_seat=len(difference.gained_seat),
        further=len(difference.further),
        extra_m=int(difference.extra_m),
    )


@transaction.atomic
def pin_subject(*, subject: Subject, capacity: Capacity | None, by: AbstractUser) -> PinCost:
    """Give the subject this seat whatever the criteria say (None: place it by them again).

    The others are placed again around it, and the preview is made anew. Who pins takes part in
    the list and cannot approve it. Raises WrongStateError once the list is frozen, and
    NotPossibleError if the seat cannot be the subject's.
    """
    round = lock_round(subject.round, RoundState.PREPARED)
    cost = pin_cost(subject=subject, capacity=capacity)
    pins = _with_pin(subject, capacity, kept_pins(round), by.pk)
    placement = place_subjects(round, pins)
    round.preview = make_preview(round, placement)
    round.save(update_fields=["preview"])
    return cost


def _with_pin(subject: Subject, capacity: Capacity | None, pins: Pins, user: int) -> Pins:
    others = {person: pin for person, pin in pins.items() if person != subject.person_id}
    if capacity is None:
        return others
    if not placeable(subject.round).filter(pk=subject.pk).exists():
        raise NotPossibleError(_("A person places this child: no seat is reserved."))
    if not free_seats_of(subject.round).filter(pk=capacity.pk).exists():
        raise NotPossibleError(_("There is no free seat for this round there."))
    return {**others, subject.person_id: (capacity.pk, user)}
