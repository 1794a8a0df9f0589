"""Seats kept for some, addresses that cannot be, and more children than seats: in a whole round."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from citizens.models import Person
from offers.models import Exclusion, Outcome, SeatKind, Subject
from offers.rounds.succession import offer_freed_seats
from tests.eligibility.people import a_dispute
from tests.rounds.city import a_child, a_fact, a_family, guard, preschool, seats
from tests.rounds.journeys import prepared, running

pytestmark = pytest.mark.django_db


def test_special_and_immersion_seats_go_to_those_registered_for_them() -> None:
    [plain], [special], [immersed] = a_family(), a_family(), a_family()
    preschool()
    a_fact(special, "special_group", True)
    a_fact(immersed, "language_immersion", True)
    kept = {
        special: seats(2, kind=SeatKind.SPECIAL, north_m=3000),
        immersed: seats(2, kind=SeatKind.IMMERSION, north_m=2000),
        plain: seats(2, north_m=4000),
    }
    round = prepared()
    placed = {one.person: one for one in Subject.objects.filter(round=round)}
    assert {person: subject.capacity for person, subject in placed.items()} == kept
    assert placed[special].placement["code"] == "special_group"
    assert placed[immersed].placement["code"] == "immersion_continuity"


def test_a_kept_seat_that_is_free_is_not_offered_to_somebody_else() -> None:
    [waits] = a_family()
    seats(2, kind=SeatKind.SPECIAL)
    round = running()
    assert offer_freed_seats(round=round) == 0
    subject = Subject.objects.get(round=round, person=waits)
    assert subject.outcome == Outcome.WAITING_FOR_SEAT


def test_more_children_than_seats_is_said_and_each_has_a_reason() -> None:
    for _n in range(3):
        a_family()
    seats(1)
    round = prepared()
    remarks = {remark["code"]: remark for remark in round.preview["warnings"]}
    assert remarks["seats_missing"]["count"] == 2
    assert remarks["group_short"] == {"code": "group_short", "group": "fi", "count": 2}
    waiting = Subject.objects.filter(round=round, exclusion=Exclusion.NO_SEAT)
    assert [one.placement["code"] for one in waiting] == ["full", "full"]
    assert sorted(one.succession or 0 for one in waiting) == [1, 2]


def test_a_list_is_made_of_what_earlier_rounds_have_left() -> None:
    for _n in range(2):
        a_family()
    near, far = seats(2, taken=1), seats(1, north_m=2000)
    placed = Subject.objects.filter(round=prepared()).values_list("capacity", flat=True)
    assert sorted(placed) == sorted([near.pk, far.pk])


@pytest.mark.parametrize(
    ("coordinates", "code"),
    [
        ({"latitude": None, "longitude": None}, "subjects_unlocated"),
        ({"latitude": -33.9, "longitude": 151.2}, "subjects_far"),
        ({"latitude": 0.0, "longitude": 0.0}, "subjects_far"),
    ],
)
def test_an_address_that_is_missing_or_on_another_continent_is_said_and_placed_all_the_same(
    coordinates: dict[str, Any], code: str
) -> None:
    [child] = a_family(**coordinates)
    [_neighbour] = a_family()
    seats(2)
    round = prepared()
    remarks = {remark["code"]: remark for remark in round.preview["warnings"]}
    assert remarks[code]["count"] == 1
    subject = Subject.objects.get(round=round, person=child)
    assert subject.capacity
    assert (subject.distance_m, subject.placement["code"]) == (None, "address_unknown")


def test_a_unit_without_coordinates_is_said_and_its_seats_are_given_out() -> None:
    a_family()
    capacity = seats(1)
    capacity.unit.latitude = capacity.unit.longitude = None
    capacity.unit.save()
    round = prepared()
    assert {"code": "seats_unlocated", "count": 1} in round.preview["warnings"]
    assert Subject.objects.get(round=round).capacity == capacity


def test_what_a_family_disputes_of_where_a_child_is_counts_for_nobody() -> None:
    """Neither for the child nor for a sibling of the round; for others it counts as before."""
    preschool()
    near, far = seats(5, north_m=100), seats(5, north_m=3000)
    [disputing], [other] = a_family(), a_family()
    younger = a_child(birth_date=date(timezone.localdate().year - 3, 5, 1))
    [brother] = a_family()
    guard(Person.objects.get(guardianships__child=brother), younger)
    for child in (disputing, other, younger):
        a_fact(child, "daycare_unit", far.unit.register_id)
    a_dispute(disputing, "daycare_unit")
    a_dispute(younger, "daycare_unit")
    round = prepared()
    placed = {one.person: one.capacity for one in Subject.objects.filter(round=round)}
    assert placed == {disputing: near, other: far, brother: near}
