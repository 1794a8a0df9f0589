"""A caseworker pins a child before the approval and is told what it costs."""

import pytest

from offers.models import Exclusion, Subject
from offers.rounds.errors import NotPossibleError, WrongStateError
from offers.rounds.pins import pin_cost, pin_subject
from offers.rounds.prepare import draw_up_list, prepare_round
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import awaiting, prepared, preparer

pytestmark = pytest.mark.django_db


def test_a_pinned_child_keeps_the_seat_and_the_cost_to_the_others_is_told() -> None:
    for _ in range(2):
        a_family()
    near, far = seats(1), seats(1, north_m=3000)
    prepared()
    distant = Subject.objects.get(capacity=far)
    cost = pin_subject(subject=distant, capacity=near, by=preparer())
    distant.refresh_from_db()
    assert (distant.capacity, distant.pinned_by) == (near, preparer())
    assert distant.placement["code"] == "pinned"
    assert Subject.objects.exclude(pk=distant.pk).get().capacity == far
    assert (cost.moved, cost.lost_seat, cost.further) == (1, 0, 1)
    assert cost.extra_m == pytest.approx(3000, abs=10)


def test_asking_what_a_pin_costs_changes_nothing() -> None:
    for _ in range(2):
        a_family()
    near, far = seats(1), seats(1, north_m=3000)
    prepared()
    distant = Subject.objects.get(capacity=far)
    assert pin_cost(subject=distant, capacity=near).moved == 1
    distant.refresh_from_db()
    assert (distant.capacity, distant.pinned_by) == (far, None)


def test_somebody_may_lose_the_last_seat_to_a_pin_and_waits_then() -> None:
    for _ in range(2):
        a_family()
    only = seats(1)
    round = prepared()
    waiting = Subject.objects.get(capacity=None)
    cost = pin_subject(subject=waiting, capacity=only, by=preparer())
    assert cost.lost_seat == 1
    loser = Subject.objects.exclude(pk=waiting.pk).get()
    assert (loser.exclusion, loser.succession) == (Exclusion.NO_SEAT, 1)
    waiting.refresh_from_db()
    assert (waiting.exclusion, waiting.succession) == (Exclusion.NONE, None)
    round.refresh_from_db()
    assert round.preview["placement"]["figures"]["pinned"] == 1


def test_a_pin_is_let_go() -> None:
    a_family()
    near, far = seats(1), seats(1, north_m=3000)
    prepared()
    subject = Subject.objects.get()
    pin_subject(subject=subject, capacity=far, by=preparer())
    pin_subject(subject=subject, capacity=None, by=preparer())
    subject.refresh_from_db()
    assert (subject.capacity, subject.pinned_by) == (near, None)


def test_preparing_again_keeps_the_pins() -> None:
    a_family()
    seats(1)
    far = seats(1, north_m=3000)
    round = prepared()
    pin_subject(subject=Subject.objects.get(), capacity=far, by=preparer())
    prepare_round(round=round, by=preparer())
    draw_up_list(round=round)
    assert Subject.objects.get().capacity == far
    assert Subject.objects.get().pinned_by == preparer()


@pytest.mark.parametrize("trait", ["protected", "place_by_hand"])
def test_whom_a_person_places_is_not_pinned(trait: str) -> None:
    a_family(**{trait: True})
    capacity = seats(1)
    prepared()
    with pytest.raises(NotPossibleError):
        pin_subject(subject=Subject.objects.get(), capacity=capacity, by=preparer())


def test_a_seat_of_another_group_or_round_is_refused() -> None:
    a_family()
    seats(1)
    swedish, elsewhere = seats(1, group="sv"), seats(1, period="next")
    prepared()
    for capacity in (swedish, elsewhere):
        with pytest.raises(NotPossibleError):
            pin_subject(subject=Subject.objects.get(), capacity=capacity, by=preparer())


def test_a_frozen_list_takes_no_pins() -> None:
    a_family()
    capacity = seats(1)
    awaiting()
    with pytest.raises(WrongStateError):
        pin_subject(subject=Subject.objects.get(), capacity=capacity, by=preparer())
