"""What comes out of a placement: who has which seat, what that amounts to, and who is next."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from offers.placement.criteria import Ranking
from offers.placement.envy import with_justified_envy
from offers.placement.geography import UNKNOWN_M, metres_between
from offers.placement.inputs import Bools, Floats, Ints, Seats, Subjects
from offers.placement.problem import Problem
from offers.placement.water import WATER_M

LINE_M = 5_000
"""A longer way to preschool gives a right to transport (Basic Education Act 628/1998, 32 §)."""


@dataclass(frozen=True)
class Figures:
    """One column of the table in which policies are compared; people are counted, not parties."""

    subjects: int
    placed: int
    unplaced: int
    pinned: int
    mean_m: float | None
    longest_m: int | None
    over_5km: int
    unknown_distance: int
    over_water: int
    justified_envy: int
    separated_siblings: int
    free_seats: int
    closed_groups: int
    small_groups: int


@dataclass(frozen=True)
class Warnings:
    """Rows that need a look: nothing here stops a placement, everything is handled.

    `subjects_far` and `seats_far` have coordinates on another continent, `subjects_unlocated` and
    `seats_unlocated` have none; both are treated as having no known address. `groups_short` are the
    groups asked for by more than there are seats, with the number lacking.
    """

    subjects_unlocated: tuple[int, ...]
    subjects_far: tuple[int, ...]
    seats_unlocated: tuple[int, ...]
    seats_far: tuple[int, ...]
    over_water: tuple[int, ...]
    groups_short: dict[object, int]


@dataclass(frozen=True)
class Assignment:
    """Who has which seat. Everything else is derived when asked for."""

    problem: Problem
    ranking: Ranking
    policy: str
    place_of_party: Ints
    closed: Bools

    @cached_property
    def party_of(self) -> Ints:
        """The party of each subject, -1 for who is pinned."""
        party_of = np.full(len(self.problem.subjects), -1, dtype=np.int64)
        parties = self.problem.parties
        members = [member for party in parties.members for member in party]
        party_of[members] = np.repeat(np.arange(len(parties)), parties.size)
        return party_of

    @cached_property
    def seat_of(self) -> Ints:
        """The row of Seats of each subject, -1 for who has none.

        Of the times of one place the earliest goes to the best right; siblings follow each other.
        """
        seat_of = np.full(len(self.problem.subjects), -1, dtype=np.int64)
        placed = np.flatnonzero(self.place_of_party >= 0)
        _, right = self.ranking.keys(placed, self.place_of_party[placed])
        order = placed[np.lexsort((right, self.place_of_party[placed]))]
        free = np.asarray(self.problem.seats.capacity, dtype=np.int64).copy()
        for subject, seat in self.problem.pins.items():
            seat_of[subject] = seat
            free[seat] -= 1
        rows_left = [
            [row for row in rows for _ in range(free[row])] if len(rows) > 1 else rows
            for rows in self.problem.places.seats
        ]
        given = [0] * len(rows_left)
        for party, place in zip(order.tolist(), self.place_of_party[order].tolist(), strict=True):
            rows = rows_left[place]
            for member in self.problem.parties.members[party]:
                seat_of[member] = rows[given[place]] if len(rows) > 1 else rows[0]
                given[place] += 1
        return seat_of

    @cached_property
    def place_of(self) -> Ints:
        """The place of each subject, pinned ones included, -1 without one."""
        place_of_seat = np.empty(len(self.problem.seats), dtype=np.int64)
        for place, rows in enumerate(self.problem.places.seats):
            place_of_seat[rows] = place
        return np.where(self.seat_of >= 0, place_of_seat[self.seat_of], -1)

    @cached_property
    def distance_m(self) -> Floats:
        """The way of each subject in whole metres; NaN without a seat or a known address."""
        metres = np.full(len(self.seat_of), np.nan)
        placed = np.flatnonzero(self.seat_of >= 0)
        known = self.problem.subject_metres(placed, self.seat_of[placed])
        metres[placed] = np.where(known == UNKNOWN_M, np.nan, known)
        return metres

    @cached_property
    def over_water(self) -> Bools:
        """Whose way was taken for a straight line that crosses more than WATER_M of water.

        A way that the city measured is longer than the line: nothing is doubtful about it.
        """
        over = np.zeros(len(self.seat_of), dtype=bool)
        problem = self.problem
        if problem.water is None:
            return over
        known = np.flatnonzero(~np.isnan(self.distance_m))
        straight = metres_between(
            problem.subject_points[known], problem.seat_points[self.seat_of[known]]
        )
        flown = known[
            (self.distance_m[known] <= straight) & (straight >= WATER_M) & (straight != UNKNOWN_M)
        ]
        homes, units = _degrees(problem.subjects), _degrees(problem.seats)
        metres = problem.water.metres_under(homes[flown], units[self.seat_of[flown]])
        over[flown] = metres > WATER_M
        return over

    @cached_property
    def taken(self) -> Ints:
        """How many seats are taken in each row of Seats."""
        placed = self.seat_of[self.seat_of >= 0]
        return np.bincount(placed, minlength=len(self.problem.seats)).astype(np.int64)

    @cached_property
    def waiting(self) -> Ints:
        """The subjects without a seat."""
        return np.flatnonzero(self.seat_of < 0)

    @cached_property
    def figures(self) -> Figures:
        """What the placement amounts to."""
        metres = self.distance_m[~np.isnan(self.distance_m)]
        places = self.problem.places
        in_place = np.bincount(self.place_of[self.place_of >= 0], minlength=len(places))
        small = (in_place > 0) & (in_place < places.minimum)
        envious = with_justified_envy(self.ranking, self.place_of_party, self.closed)
        return Figures(
            subjects=len(self.seat_of),
            placed=int((self.seat_of >= 0).sum()),
            unplaced=len(self.waiting),
            pinned=len(self.problem.pins),
            mean_m=float(metres.mean()) if metres.size else None,
            longest_m=int(metres.max()) if metres.size else None,
            over_5km=int((metres > LINE_M).sum()),
            unknown_distance=int((self.seat_of >= 0).sum()) - int(metres.size),
            over_water=int(self.over_water.sum()),
            justified_envy=int(self.problem.parties.size[envious].sum()),
            separated_siblings=len(self.problem.parties.separated),
            free_seats=int(np.sum(self.problem.seats.capacity)) - int(self.taken.sum()),
            closed_groups=int(self.closed.sum()),
            small_groups=int(small.sum()),
        )

    @cached_property
    def warnings(self) -> Warnings:
        """What in the input or the result a caseworker should look at."""
        subjects, seats = self.problem.subjects, self.problem.seats
        wanted: dict[object, int] = {}
        for group in subjects.group:
            wanted[group] = wanted.get(group, 0) + 1
        for group, capacity in zip(seats.group, seats.capacity, strict=True):
            if group in wanted:
                wanted[group] -= int(capacity)
        return Warnings(
            subjects_unlocated=_unlocated(subjects.latitude, subjects.longitude),
            subjects_far=tuple(self.problem.misplaced_subjects.tolist()),
            seats_unlocated=_unlocated(seats.latitude, seats.longitude),
            seats_far=tuple(self.problem.misplaced_seats.tolist()),
            over_water=tuple(np.flatnonzero(self.over_water).tolist()),
            groups_short={group: lacking for group, lacking in wanted.items() if lacking > 0},
        )

    def succession(self, seat: int, wishing: Collection[int] = ()) -> list[tuple[int, ...]]:
        """Who is offered a seat that becomes free in this row, in order.

        Those without a seat, and those of `wishing` (subjects who have a seat and asked for
        another), who may be placed there; by the same priorities and lottery as the placement.
        Siblings who wait together come as one entry.
        """
        place = int(np.flatnonzero([seat in rows for rows in self.problem.places.seats])[0])
        waiting = {int(self.party_of[subject]) for subject in (*self.waiting.tolist(), *wishing)}
        waiting -= {-1}
        suitable = [pool.parties for pool in self.problem.pools if place in pool.places]
        parties = np.array(sorted(waiting.intersection(*[_union(suitable)])), dtype=np.int64)
        parties = parties[self.problem.reachable(parties, np.array([place]))]
        _, right = self.ranking.keys(parties, np.array([place]))
        return [self.problem.parties.members[party] for party in parties[np.argsort(right)]]


def _degrees(table: Subjects | Seats) -> Floats:
    """Latitude and longitude, a row for each."""
    return np.stack((np.asarray(table.latitude), np.asarray(table.longitude)), axis=1)


def _union(groups: list[Ints]) -> set[int]:
    return {party for group in groups for party in group.tolist()}


def _unlocated(latitude: object, longitude: object) -> tuple[int, ...]:
    lost = np.isnan(np.asarray(latitude, dtype=float)) | np.isnan(
        np.asarray(longitude, dtype=float)
    )
    return tuple(np.flatnonzero(lost).tolist())
