"""What must hold of every placement, tried on many small ones."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from offers.placement import POLICIES, Assignment, Reasons, Seats, Subjects, explain, place
from tests.placement.instances import CRITERIA, instances, may_have, passed_over

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Instance = tuple[Subjects, Seats]
both_policies = pytest.mark.parametrize("policy", POLICIES)


def placed(instance: Instance, policy: str, seed: int = 7) -> Assignment:
    subjects, seats = instance
    return place(subjects, seats, criteria=CRITERIA, seed=seed, policy=policy)


def assert_nobody_waits_beside_a_free_seat(assignment: Assignment) -> None:
    problem = assignment.problem
    free = np.asarray(problem.seats.capacity) - assignment.taken
    for subject in assignment.waiting.tolist():
        party = problem.parties.members[assignment.party_of[subject]]
        fits = [
            seat
            for seat in range(len(free))
            if may_have(problem.subjects, subject, problem.seats, seat)
            and free[seat] >= len(party)
            and not assignment.closed[seat]
        ]
        assert not fits


@both_policies
@quick
@given(instance=instances(families=True, unknown=True, minimum=True))
def test_never_over_capacity_and_only_in_the_group_that_was_asked_for(
    policy: str, instance: Instance
) -> None:
    assignment = placed(instance, policy)
    assert (assignment.taken <= np.asarray(instance[1].capacity)).all()
    for subject, seat in enumerate(assignment.seat_of.tolist()):
        assert seat < 0 or may_have(instance[0], subject, instance[1], seat)


@both_policies
@quick
@given(instance=instances(families=True, unknown=True))
def test_nobody_is_without_a_seat_while_one_is_free(policy: str, instance: Instance) -> None:
    assert_nobody_waits_beside_a_free_seat(placed(instance, policy))


@quick
@given(instance=instances(unknown=True), seed=st.integers(0, 3))
def test_without_siblings_nobody_with_a_better_right_is_passed_over(
    instance: Instance, seed: int
) -> None:
    assignment = placed(instance, "stable", seed)
    assert passed_over(assignment, seed) == []
    assert assignment.figures.justified_envy == 0


@quick
@given(instance=instances(unknown=True))
def test_justified_envy_is_counted_as_an_independent_look_counts_it(instance: Instance) -> None:
    assignment = placed(instance, "shortest")
    envious = {subject for subject, _ in passed_over(assignment, 7)}
    assert assignment.figures.justified_envy == len(envious)


@both_policies
@quick
@given(instance=instances(families=True))
def test_siblings_who_asked_for_the_same_go_together(policy: str, instance: Instance) -> None:
    assignment = placed(instance, policy)
    for members in assignment.problem.parties.members:
        assert len({assignment.seat_of[member] for member in members}) == 1


@quick
@given(instance=instances(families=True))
def test_siblings_leave_no_seat_free_that_a_family_prefers_and_fits_in(instance: Instance) -> None:
    assignment = placed(instance, "stable")
    ranking, problem = assignment.ranking, assignment.problem
    free = np.asarray(problem.seats.capacity) - assignment.taken
    for pool in problem.pools:
        for party in pool.parties.tolist():
            wish, _ = ranking.keys(np.array([party]), pool.places)
            own = assignment.place_of_party[party]
            before = pool.places[wish < (wish[pool.places == own][0] if own >= 0 else np.inf)]
            assert (free[before] < problem.parties.size[party]).all()


@both_policies
@quick
@given(instance=instances(families=True, unknown=True))
def test_the_same_input_and_seed_give_the_same_seats(policy: str, instance: Instance) -> None:
    first, second = placed(instance, policy), placed(instance, policy)
    assert first.seat_of.tolist() == second.seat_of.tolist()


@both_policies
@quick
@given(instance=instances(families=True, unknown=True), data=st.data())
def test_a_pin_stands_whatever_the_criteria_say(
    policy: str, instance: Instance, data: st.DataObject
) -> None:
    subjects, seats = instance
    pairs = [
        (subject, seat)
        for subject in range(len(subjects))
        for seat in range(len(seats))
        if may_have(subjects, subject, seats, seat)
    ]
    if not pairs:
        return
    subject, seat = data.draw(st.sampled_from(pairs))
    assignment = place(
        subjects, seats, criteria=CRITERIA, seed=7, policy=policy, pins={subject: seat}
    )
    assert assignment.seat_of[subject] == seat
    assert (assignment.taken <= np.asarray(seats.capacity)).all()
    assert_nobody_waits_beside_a_free_seat(assignment)


@both_policies
@quick
@given(instance=instances(minimum=True))
def test_a_group_below_its_minimum_stays_open_only_if_others_need_its_seats(
    policy: str, instance: Instance
) -> None:
    subjects, seats = instance
    assignment = placed(instance, policy)
    minimum = np.zeros(len(seats)) if seats.minimum is None else np.asarray(seats.minimum)
    small = (assignment.taken > 0) & (assignment.taken < minimum)
    for seat in np.flatnonzero(small).tolist():
        asking = [n for n in range(len(subjects)) if subjects.group[n] == seats.group[seat]]
        others = [n for n in range(len(seats)) if n != seat and not assignment.closed[n]]
        single_seats = [n for n in others for _ in range(seats.capacity[n])]
        suits = [[may_have(subjects, n, seats, other) for other in single_seats] for n in asking]
        matched = maximum_bipartite_matching(csr_matrix(suits), perm_type="column")
        assert not single_seats or (matched < 0).any()


@both_policies
@quick
@given(instance=instances(families=True, unknown=True, minimum=True))
def test_everybody_has_a_reason_in_every_language(policy: str, instance: Instance) -> None:
    assignment = placed(instance, policy)
    reasons = Reasons(assignment)
    for subject in range(len(instance[0])):
        reason = reasons.of(subject)
        assert type(reason).from_data(reason.as_data()) == reason
        assert (reason.unit is None) == (assignment.seat_of[subject] < 0)
        assert len({explain(assignment, subject, language) for language in ("fi", "sv", "en")}) == 3


@quick
@given(instance=instances(families=True))
def test_a_freed_seat_is_offered_to_each_who_waits_for_it_once(instance: Instance) -> None:
    subjects, seats = instance
    assignment = placed(instance, "stable")
    for seat in range(len(seats)):
        order = [member for party in assignment.succession(seat) for member in party]
        expected = {s for s in assignment.waiting.tolist() if may_have(subjects, s, seats, seat)}
        assert len(order) == len(set(order))
        assert set(order) == expected
