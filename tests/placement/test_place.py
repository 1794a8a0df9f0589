"""Placements small enough to be worked out by hand."""

import math
import re

import numpy as np
import pytest
from shapely.geometry import box

from offers.placement import (
    POLICIES,
    Assignment,
    Reasons,
    Subjects,
    WaterMap,
    compare_policies,
    cost_of_pins,
    explain,
    lottery_number,
    place,
)
from tests.placement.by_hand import HOME, seats, subjects

both_policies = pytest.mark.parametrize("policy", POLICIES)


def along_a_street(*metres: float) -> dict[str, list[float]]:
    """Points so many metres north of a corner."""
    return {
        "latitude": [HOME[0] + north / 111_195 for north in metres],
        "longitude": [HOME[1]] * len(metres),
    }


@both_policies
def test_the_requested_group_is_never_replaced_by_a_nearer_one(policy: str) -> None:
    near_and_far = seats(2, **along_a_street(0, 3000), group=["fi", "sv"])
    assignment = place(
        subjects(1, group=["sv"]), near_and_far, criteria=["distance"], seed=1, policy=policy
    )
    assert assignment.seat_of.tolist() == [1]


def test_each_criterion_outranks_those_after_it() -> None:
    children = subjects(
        2, **along_a_street(100, 900), area=[None, "north"], sibling_unit=["u0", None]
    )
    units = seats(2, **along_a_street(0, 5000), areas=[["north"], []])

    def first(*criteria: str) -> int:
        return int(place(children, units, criteria=criteria, seed=1).seat_of.tolist().index(0))

    assert first("distance") == 0
    assert first("admission_area", "sibling_there") == 1
    assert first("sibling_there", "admission_area") == 0


def test_what_families_prefer_can_differ_from_who_has_the_better_right() -> None:
    children = subjects(2, **along_a_street(0, 10), area=["north", "south"])
    units = seats(2, **along_a_street(0, 2000), areas=[["south"], ["north"]])

    def nearest_first(families: Subjects) -> Assignment:
        return place(families, units, criteria=["admission_area"], preferences=["distance"], seed=1)

    nearest = nearest_first(children)
    assert nearest.seat_of.tolist() == [1, 0]
    both_from_north = subjects(2, **along_a_street(0, 10), area=["north", "north"])
    nearest = nearest_first(both_from_north)
    assert nearest.seat_of.tolist() == [0, 1]


def test_equals_are_decided_by_the_published_lottery() -> None:
    for seed in range(6):
        assignment = place(subjects(2), seats(1), criteria=["distance"], seed=seed)
        winner = min((0, 1), key=lambda subject: lottery_number(seed, subject))
        assert assignment.seat_of.tolist().index(0) == winner
        assert assignment.succession(0) == [(1 - winner,)]


@both_policies
def test_immersion_and_special_groups(policy: str) -> None:
    children = subjects(2, immersion=[False, True], special=[True, False])
    units = seats(2, special=[True, False], immersion=[False, True])
    criteria = ["immersion_continuity", "special_group"]
    assignment = place(children, units, criteria=criteria, seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [0, 1]
    if policy == "stable":
        codes = [Reasons(assignment).of(subject).code for subject in (0, 1)]
        assert codes == ["special_group", "immersion_continuity"]


@both_policies
def test_an_immersion_seat_is_kept_for_who_is_in_immersion(policy: str) -> None:
    children = subjects(2, immersion=[True, False])
    units = seats(2, capacity=[3, 1], immersion=[True, False])
    assignment = place(children, units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [0, 1]
    alone = place(subjects(), seats(immersion=[True]), criteria=["distance"], seed=1, policy=policy)
    assert alone.seat_of.tolist() == [-1]


@both_policies
def test_a_special_seat_stays_free_rather_than_going_to_somebody_else(policy: str) -> None:
    assignment = place(subjects(), seats(special=[True]), criteria=[], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [-1]


@both_policies
def test_twins_go_together_even_where_one_seat_is_nearer(policy: str) -> None:
    twins = subjects(2, family=["a", "a"])
    units = seats(2, **along_a_street(0, 1000), capacity=[1, 2])
    assignment = place(twins, units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [1, 1]


@both_policies
def test_twins_too_many_for_any_unit_are_placed_each_alone_and_counted(policy: str) -> None:
    twins = subjects(2, family=["a", "a"])
    assignment = place(twins, seats(2), criteria=["distance"], seed=1, policy=policy)
    assert sorted(assignment.seat_of.tolist()) == [0, 1]
    assert assignment.figures.separated_siblings == 2
    assert "siblings together" in explain(assignment, 0, "en")


def test_a_seat_that_twins_leave_over_goes_to_the_first_in_line() -> None:
    children = subjects(4, **along_a_street(10, 30, 30, 50), family=[None, "a", "a", None])
    units = seats(2, **along_a_street(0, 4000), capacity=[2, 3])
    assignment = place(children, units, criteria=["distance"], seed=1)
    assert assignment.seat_of.tolist() == [0, 1, 1, 0]
    assert assignment.figures.justified_envy == 0


@both_policies
def test_siblings_who_asked_for_different_groups_are_placed_each_in_theirs(policy: str) -> None:
    siblings = subjects(2, family=["a", "a"], group=["fi", "sv"])
    units = seats(2, group=["fi", "sv"])
    assignment = place(siblings, units, criteria=[], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [0, 1]


@both_policies
def test_a_group_that_too_few_are_in_is_not_opened(policy: str) -> None:
    units = seats(2, **along_a_street(0, 1000), capacity=[5, 5], minimum=[3, 0])
    assignment = place(subjects(2), units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [1, 1]
    assert assignment.figures.closed_groups == 1
    if policy == "stable":
        assert "too few" in explain(assignment, 0, "en")


@both_policies
def test_a_minimum_gives_way_to_the_duty_to_offer_a_seat(policy: str) -> None:
    units = seats(1, capacity=[5], minimum=[3])
    assignment = place(subjects(2), units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [0, 0]
    assert assignment.figures.small_groups == 1


@both_policies
def test_a_small_special_group_stays_open_if_ordinary_seats_are_too_few(policy: str) -> None:
    children = subjects(2, special=[True, False])
    units = seats(2, capacity=[3, 1], minimum=[2, 0], special=[True, False])
    assignment = place(
        children, units, criteria=["special_group", "distance"], seed=1, policy=policy
    )
    assert assignment.seat_of.tolist() == [0, 1]


@both_policies
def test_imported_distances_replace_the_straight_line(policy: str) -> None:
    way = np.array([[9000.0, 400.0, math.inf]])
    units = seats(3, **along_a_street(10, 4000, 0))
    assignment = place(
        subjects(), units, criteria=["distance"], seed=1, policy=policy, distances=way
    )
    assert assignment.seat_of.tolist() == [1]
    assert assignment.distance_m.tolist() == [400]


@both_policies
def test_nobody_is_left_without_a_seat_while_one_is_free_however_far(policy: str) -> None:
    children = subjects(2, **along_a_street(0, 10))
    units = seats(2, **along_a_street(20, 400_000))
    assignment = place(children, units, criteria=["distance"], seed=1, policy=policy)
    assert sorted(assignment.seat_of.tolist()) == [0, 1]


@both_policies
def test_who_cannot_get_anywhere_is_told_so(policy: str) -> None:
    way = np.array([[math.inf]])
    assignment = place(subjects(), seats(), criteria=[], seed=1, policy=policy, distances=way)
    assert assignment.seat_of.tolist() == [-1]
    assert Reasons(assignment).of(0).code == "unreachable"


def test_a_line_over_water_and_a_way_over_five_kilometres_are_said() -> None:
    units = seats(1, **along_a_street(6000))
    bay = WaterMap([box(HOME[1] - 0.01, HOME[0] + 0.01, HOME[1] + 0.01, HOME[0] + 0.02)])
    assignment = place(subjects(1), units, criteria=[], seed=1, water=bay)
    assert (assignment.figures.over_5km, assignment.figures.over_water) == (1, 1)
    assert explain(assignment, 0, "fi") == (
        "Lähin paikka, jossa on suomenkielinen ryhmä. Matka on 6000 m linnuntietä. Se on yli 5 km: "
        "maksuton kuljetus kuuluu teille. Linnuntie kulkee veden yli: oikea matka on pidempi."
    )


def test_the_reason_names_the_nearer_place_and_what_its_last_seat_was_given_for() -> None:
    children = subjects(2, **along_a_street(0, 500), sibling_unit=[None, "u0"])
    units = seats(2, **along_a_street(0, 900), names=["Päiväkoti Kannel", "Päiväkoti Sato"])
    assignment = place(children, units, criteria=["sibling_there", "distance"], seed=1)
    assert explain(assignment, 0, "en") == (
        "Nearest with a free Finnish group. Päiväkoti Kannel is nearer, but its last seat went to "
        "a child with a sibling there."
    )
    assert explain(assignment, 0, "fi") == (
        "Lähin paikka, jossa on vapaana suomenkielinen ryhmä. Päiväkoti Kannel on lähempänä, mutta "
        "sen viimeisen paikan sai lapsi, jonka sisarus on siellä."
    )
    assert explain(assignment, 0, "sv") == (
        "Närmaste enhet med en ledig plats i finskspråkig grupp. Päiväkoti Kannel är närmare, men "
        "dess sista plats gick till ett barn som har ett syskon där."
    )
    assert explain(assignment, 1, "en") == "A sibling is at the same place."


def test_who_asked_for_a_group_that_nobody_has_is_told_so() -> None:
    assignment = place(subjects(1, group=["et"]), seats(), criteria=[], seed=1)
    assert Reasons(assignment).of(0).code == "no_group"
    assert explain(assignment, 0, "en") == "No place has a group of the kind asked for."


def test_who_waits_because_all_is_full_is_told_who_went_before() -> None:
    children = subjects(2, current_unit=["u0", None])
    assignment = place(children, seats(), criteria=["current_unit"], seed=1)
    assert explain(assignment, 1, "en") == (
        "Every place with a Finnish group is full. u0 is the nearest, but its last seat went to a "
        "child who is there already."
    )


def test_twins_who_wait_because_no_two_seats_are_free_in_one_place_are_told_so() -> None:
    children = subjects(3, family=["a", "a", None], current_unit=[None, None, "u0"])
    assignment = place(children, seats(capacity=[2]), criteria=["current_unit"], seed=1)
    assert assignment.seat_of.tolist() == [-1, -1, 0]
    assert Reasons(assignment).of(0).code == "no_room_together"


def test_appointments_go_to_the_nearest_clinic_and_its_earliest_time() -> None:
    women = subjects(3, **along_a_street(300, 200, 100))
    slots = seats(
        3,
        **along_a_street(0, 0, 9000),
        ids=["late", "early", "far"],
        unit=["clinic", "clinic", "other"],
        starts_at=["2027-03-01T12:00", "2027-03-01T08:00", "2027-03-01T07:00"],
    )
    assignment = place(women, slots, criteria=["distance"], seed=1)
    assert [slots.ids[seat] for seat in assignment.seat_of] == ["far", "late", "early"]
    assert explain(assignment, 0, "en").startswith(
        "Nearest with a free time. clinic is nearer, but its last time went to somebody who lives "
        "nearer."
    )
    assert explain(assignment, 1, "fi") == "Lähin paikka, jossa on aikoja."
    for language in ("fi", "sv", "en"):
        said = " ".join(explain(assignment, woman, language) for woman in range(3))
        assert not re.search("group|ryhmä|grupp|seat|paikan|plats", said)


def test_who_finds_every_appointment_taken_is_told_so() -> None:
    slots = seats(1, starts_at=["2027-03-01T12:00"])
    assignment = place(subjects(2, **along_a_street(0, 90)), slots, criteria=["distance"], seed=1)
    assert explain(assignment, 1, "sv") == (
        "Alla tider är bokade. u0 är närmast, men dess sista tid gick till en person som bor "
        "närmare."
    )


def test_a_pinned_appointment_is_not_given_again() -> None:
    times = {"unit": ["u", "u"], "latitude": [HOME[0]] * 2, "starts_at": [8, 9]}
    assignment = place(subjects(2), seats(2, **times), criteria=[], seed=1, pins={1: 0})
    assert assignment.seat_of.tolist() == [1, 0]


def test_a_pin_costs_whoever_has_to_make_room() -> None:
    children = subjects(2, **along_a_street(0, 100))
    units = seats(2, **along_a_street(0, 1000))
    before = place(children, units, criteria=["distance"], seed=1)
    after = place(children, units, criteria=["distance"], seed=1, pins={1: 0})
    cost = cost_of_pins(before, after)
    assert (before.seat_of.tolist(), after.seat_of.tolist()) == ([0, 1], [1, 0])
    assert (cost.moved.tolist(), cost.further.tolist(), cost.extra_m) == ([0], [0], 1000.0)
    assert explain(after, 1, "en") == "A caseworker chose the place."


def test_a_freed_seat_goes_to_who_waits_and_to_who_wishes_in_order_of_right() -> None:
    children = subjects(3, **along_a_street(0, 200, 100))
    units = seats(2, **along_a_street(0, 50))
    assignment = place(children, units, criteria=["distance"], seed=1)
    assert assignment.seat_of.tolist() == [0, -1, 1]
    assert assignment.succession(0) == [(1,)]
    assert assignment.succession(0, wishing=[2]) == [(2,), (1,)]


def test_the_two_policies_are_laid_side_by_side() -> None:
    children = subjects(2, **along_a_street(450, -100))
    units = seats(2, **along_a_street(0, 1000), capacity=[1, 1])
    children_area = subjects(2, **along_a_street(450, -100), area=["north", None])
    units_area = seats(2, **along_a_street(0, 1000), areas=[["north"], []])
    plain = compare_policies(children, units, criteria=["distance"], seed=1)
    assert plain["stable"].mean_m == plain["shortest"].mean_m == 325
    by_area = compare_policies(children_area, units_area, criteria=["admission_area"], seed=1)
    assert (by_area["stable"].mean_m, by_area["stable"].justified_envy) == (775, 0)
    assert (by_area["shortest"].mean_m, by_area["shortest"].justified_envy) == (325, 1)


def test_long_lists_are_made_when_the_first_choices_are_full() -> None:
    crowd = subjects(120)
    units = seats(100, **along_a_street(*range(0, 10_000, 100)))
    assignment = place(crowd, units, criteria=["distance"], seed=1)
    assert len(assignment.waiting) == 20
    assert (assignment.taken == 1).all()
    assert assignment.figures.justified_envy == 0
    shortest = place(crowd, units, criteria=["distance"], seed=1, policy="shortest")
    assert (shortest.taken == 1).all()


@both_policies
def test_siblings_find_room_together_behind_any_number_of_smaller_places(policy: str) -> None:
    units = seats(6, **along_a_street(0, 1000, 2000, 3000, 4000, 5000), capacity=[1] * 5 + [2])
    twins = subjects(2, family=["a", "a"])
    assignment = place(twins, units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.seat_of.tolist() == [5, 5]


@both_policies
def test_of_two_pairs_of_twins_one_has_the_seats_that_only_one_can_have(policy: str) -> None:
    units = seats(2, **along_a_street(500, 0), capacity=[1, 2])
    twins = subjects(4, family=["a", "b", "b", "a"], **along_a_street(900, 900, 900, 900))
    assignment = place(twins, units, criteria=["distance"], seed=1, policy=policy)
    assert assignment.taken.tolist() == [0, 2]
