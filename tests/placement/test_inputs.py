"""What is wrong with an input is said; what can be handled is handled and said."""

import math
import subprocess
import sys

import numpy as np
import pytest
from django.utils import translation

from offers.placement import (
    InvalidInput,
    PlacementError,
    UnknownCriterion,
    check_criteria,
    place,
)
from offers.placement.parties import lottery_number
from tests.placement.by_hand import HOME, seats, subjects


@pytest.mark.parametrize("capacity", [0, -3])
def test_a_unit_without_a_seat_is_named(capacity: int) -> None:
    with pytest.raises(InvalidInput, match=f"Päiväkoti Kannel has {capacity} seats"):
        seats(capacity=[capacity], names=["Päiväkoti Kannel"])


def test_a_minimum_above_the_seats_is_refused() -> None:
    with pytest.raises(InvalidInput, match="minimum of 2 with 1 seats"):
        seats(minimum=[2])


def test_a_column_of_another_length_is_named() -> None:
    with pytest.raises(InvalidInput, match="column group has 1 entries for 2 subjects"):
        subjects(2, group=["fi"])


def test_the_same_subject_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="same subject"):
        subjects(2, ids=[5, 5])


@pytest.mark.parametrize("names", [["shoe_size"], ["distance", "distance"]])
def test_a_criterion_that_does_not_exist_or_comes_twice_is_named(names: list[str]) -> None:
    with pytest.raises(UnknownCriterion, match=names[0]):
        check_criteria(names)


def test_an_unknown_policy_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlacementError, match="stable, shortest"):
        place(subjects(), seats(), criteria=[], seed=1, policy="fair")


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({0: 0, 1: 0}, "More are moved by hand to u0 than its 1 seats"),
        ({0: 1}, "does not have the group that was asked for"),
        ({9: 0}, "not in this placement"),
    ],
)
def test_a_pin_that_cannot_be_is_refused(pins: dict[int, int], message: str) -> None:
    with translation.override("en"), pytest.raises(InvalidInput, match=message):
        place(subjects(2), seats(2, group=["fi", "sv"]), criteria=[], seed=1, pins=pins)


def test_distances_of_another_shape_or_below_zero_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one row for each of 1 subjects"):
        place(subjects(), seats(), criteria=[], seed=1, distances=np.zeros((2, 1)))
    with pytest.raises(InvalidInput, match="negative"):
        place(subjects(), seats(), criteria=[], seed=1, distances=np.full((1, 1), -1.0))


@pytest.mark.parametrize("policy", ["stable", "shortest"])
def test_a_missing_address_is_said_and_the_subject_still_placed(policy: str) -> None:
    lost = subjects(2, latitude=[math.nan, HOME[0]])
    assignment = place(lost, seats(2), criteria=[], seed=1, policy=policy)
    assert assignment.warnings.subjects_unlocated == (0,)
    assert assignment.seat_of.tolist() == [1, 0]
    assert math.isnan(assignment.distance_m[0])
    assert assignment.figures.unknown_distance == 1


@pytest.mark.parametrize("policy", ["stable", "shortest"])
def test_coordinates_on_another_continent_are_said_and_treated_as_unknown(policy: str) -> None:
    swapped = subjects(2, latitude=[HOME[1], HOME[0]], longitude=[HOME[0], HOME[1]])
    far_unit = seats(3, latitude=[HOME[0], HOME[0], -33.9])
    assignment = place(swapped, far_unit, criteria=[], seed=1, policy=policy)
    assert assignment.warnings.subjects_far == (0,)
    assert assignment.warnings.seats_far == (2,)
    assert assignment.figures.longest_m == 0
    assert assignment.figures.unplaced == 0


@pytest.mark.parametrize("policy", ["stable", "shortest"])
def test_more_subjects_than_seats_are_said_by_group(policy: str) -> None:
    assignment = place(
        subjects(5, group=["fi", "fi", "fi", "sv", "et"]),
        seats(2, group=["fi", "sv"]),
        criteria=[],
        seed=1,
        policy=policy,
    )
    assert assignment.warnings.groups_short == {"fi": 2, "et": 1}
    assert assignment.figures.unplaced == 3


@pytest.mark.parametrize("policy", ["stable", "shortest"])
def test_nobody_to_place_is_no_error(policy: str) -> None:
    figures = place(subjects(0), seats(), criteria=[], seed=1, policy=policy).figures
    assert (figures.subjects, figures.mean_m, figures.free_seats) == (0, None, 1)


@pytest.mark.parametrize("policy", ["stable", "shortest"])
def test_no_seats_at_all_leave_everybody_waiting(policy: str) -> None:
    assignment = place(subjects(2), seats(0), criteria=[], seed=1, policy=policy)
    assert assignment.waiting.tolist() == [0, 1]


def test_a_lottery_number_can_be_computed_again_by_anybody() -> None:
    # printf '2027:child-1' | sha256sum, the first sixteen digits.
    assert f"{lottery_number(2027, 'child-1'):016x}" == "7537a192a56297ed"


def test_without_ortools_shortest_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['ortools'] = None\n"
        "from django.conf import settings; settings.configure(USE_I18N=False)\n"
        "from offers.placement import PolicyUnavailable, Seats, Subjects, place\n"
        "a = Subjects(ids=[1], latitude=[60], longitude=[25], group=['fi'])\n"
        "b = Seats(ids=[1], unit=['u'], latitude=[60], longitude=[25], group=['fi'],"
        " capacity=[1])\n"
        "assert place(a, b, criteria=[], seed=1).seat_of.tolist() == [0]\n"
        "try: place(a, b, criteria=[], seed=1, policy='shortest')\n"
        "except PolicyUnavailable as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "install the extra “shortest”" in ran.stdout
