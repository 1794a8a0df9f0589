"""The placement itself: one call, whatever the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from offers.placement.assignment import Assignment, Figures
from offers.placement.criteria import Ranking, check_criteria
from offers.placement.errors import PlacementError
from offers.placement.inputs import Floats, Ints, Seats, Subjects
from offers.placement.problem import pose
from offers.placement.shortest import place_shortest
from offers.placement.stable import place_stably
from offers.placement.water import WaterMap

STABLE = "stable"
SHORTEST = "shortest"
POLICIES = (STABLE, SHORTEST)


def place(
    subjects: Subjects,
    seats: Seats,
    *,
    criteria: Sequence[str],
    seed: int,
    preferences: Sequence[str] | None = None,
    policy: str = STABLE,
    pins: Mapping[int, int] | None = None,
    distances: Floats | None = None,
    water: WaterMap | None = None,
) -> Assignment:
    """Give the subjects seats, by one of two policies.

    `criteria` says in order of weight who has the better right to a seat, and also which place a
    family would choose, unless `preferences` lists that separately. What is equal after the last
    criterion is decided by the lottery of the published `seed`. `pins` are a caseworker's
    decisions, from row of subjects to row of seats; they stand whatever the criteria say.
    `distances` are the city's own, in metres, one row a subject and one column a seat (NaN not
    known, infinity no way); without them the great-circle distance counts. `water` chooses nobody's
    seat; it only tells whose straight line crosses it.

    Both policies keep: no more in a place than it has seats; only the group that was asked for;
    siblings together or not at all (where no place has so many seats: each alone, and counted);
    nobody without a seat while one is free that they could have (siblings kept together excepted).
    `stable` promises besides what offers.placement.stable says, `shortest` the least sum of metres.

    Raises InvalidInput, UnknownCriterion or PolicyUnavailable, whose messages can be shown.
    """
    if policy not in POLICIES:
        raise PlacementError(
            _("There is no policy “%(name)s”; there are %(known)s.")
            % {"name": policy, "known": ", ".join(POLICIES)}
        )
    priorities = check_criteria(criteria)
    wished = priorities if preferences is None else check_criteria(preferences)
    problem = pose(
        subjects, seats, seed=seed, pins=dict(pins or {}), distances=distances, water=water
    )
    ranking = Ranking(problem, wished, priorities)
    place_of, closed = place_stably(ranking) if policy == STABLE else place_shortest(problem)
    return Assignment(problem, ranking, policy, place_of, closed)


def compare_policies(
    subjects: Subjects,
    seats: Seats,
    *,
    criteria: Sequence[str],
    seed: int,
    preferences: Sequence[str] | None = None,
    pins: Mapping[int, int] | None = None,
    distances: Floats | None = None,
    water: WaterMap | None = None,
) -> dict[str, Figures]:
    """The figures of each policy for the same input, for the preview's table."""
    return {
        policy: place(
            subjects,
            seats,
            criteria=criteria,
            seed=seed,
            preferences=preferences,
            policy=policy,
            pins=pins,
            distances=distances,
            water=water,
        ).figures
        for policy in POLICIES
    }


@dataclass(frozen=True)
class Difference:
    """What changed for others between two placements of the same subjects and seats."""

    moved: Ints
    lost_seat: Ints
    gained_seat: Ints
    further: Ints
    extra_m: float
    """The sum of everybody's way afterwards less before, of those placed both times."""


def cost_of_pins(before: Assignment, after: Assignment) -> Difference:
    """What pins cost the others: compare a placement with one in which more is pinned.

    Subjects who are pinned in `after` are left out; the rest are rows of Subjects.
    """
    others = np.ones(len(before.seat_of), dtype=bool)
    others[list(after.problem.pins)] = False
    was, now = before.seat_of, after.seat_of
    longer = after.distance_m - before.distance_m
    return Difference(
        moved=np.flatnonzero(others & (was >= 0) & (now >= 0) & (was != now)),
        lost_seat=np.flatnonzero(others & (was >= 0) & (now < 0)),
        gained_seat=np.flatnonzero(others & (was < 0) & (now >= 0)),
        further=np.flatnonzero(others & (longer > 0)),
        extra_m=float(np.nansum(longer[others])),
    )
