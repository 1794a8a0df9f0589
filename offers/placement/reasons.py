"""Why a subject has its seat, or none: as data, to be kept with the offer and put in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from offers.placement.assignment import LINE_M, Assignment
from offers.placement.criteria import DISTANCE, NEVER, holds
from offers.placement.envy import Holders
from offers.placement.inputs import Ints

PINNED = "pinned"
NEAREST = "nearest"
NEAREST_FREE = "nearest_free"
TOTAL_DISTANCE = "total_distance"
ADDRESS_UNKNOWN = "address_unknown"
NO_GROUP = "no_group"
UNREACHABLE = "unreachable"
FULL = "full"
NO_ROOM_TOGETHER = "no_room_together"

LOTTERY = "lottery"
TOO_SMALL = "too_small"
SIBLINGS = "siblings"
LISTED_FIRST = "listed_first"


@dataclass(frozen=True)
class PassedOver:
    """The place that would have come before: why it would, and what its last seat was given for.

    `wished_for` and `lost_to` are criteria; `wished_for` may also say nearest or listed_first, and
    `lost_to` may also say lottery, pinned, too_small (the
    group was not opened), siblings (they are kept together), no_room_together or total_distance.
    """

    unit: str
    wished_for: str
    lost_to: str


@dataclass(frozen=True)
class Reason:
    """Why; `code` is one of the constants here or the criterion that the seat fulfils.

    Everything is a plain value, so that `as_data` can be stored as JSON and read back with
    `from_data` when the decision has to be explained years later.
    """

    code: str
    unit: str | None = None
    group: str | None = None
    metres: int | None = None
    over_line: bool = False
    over_water: bool = False
    party_size: int = 1
    separated: bool = False
    appointment: bool = False
    passed_over: PassedOver | None = None

    def as_data(self) -> dict[str, object]:
        """The reason as values that JSON knows."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> "Reason":
        """The reason that was stored with `as_data`."""
        passed = data["passed_over"]
        values = {**data, "passed_over": PassedOver(**passed) if isinstance(passed, dict) else None}
        return cls(**values)  # type: ignore[arg-type]


class Reasons:
    """The reasons of an assignment, each worked out when it is asked for."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.problem = assignment.problem
        self.ranking = assignment.ranking

    @cached_property
    def _holders(self) -> Holders:
        return Holders(self.ranking, self.assignment.place_of_party, self.assignment.closed)

    @cached_property
    def _places_of_party(self) -> dict[int, Ints]:
        return {
            party: pool.places for pool in self.problem.pools for party in pool.parties.tolist()
        }

    def of(self, subject: int) -> Reason:
        """Why this subject (a row of Subjects) has its seat, or has none."""
        party = int(self.assignment.party_of[subject])
        if party < 0:
            return self._with_seat(subject, PINNED, None)
        wish, right, places = self._keys(party)
        place = int(self.assignment.place_of_party[party])
        own = NEVER if place < 0 else int(wish[places == place][0])
        before = np.flatnonzero(wish < own)
        passed = None
        if before.size:
            first = before[np.argmin(wish[before])]
            passed = self._passed_over(party, int(places[first]), int(right[first]), place)
        if place < 0:
            return self._without_seat(subject, party, bool(before.size), passed)
        return self._with_seat(subject, self._code(party, place, wish, own), passed)

    def _keys(self, party: int) -> tuple[Ints, Ints, Ints]:
        places = self._places_of_party[party]
        wish, right = self.ranking.keys(np.array([party]), places)
        return wish, right, places

    def _code(self, party: int, place: int, wish: Ints, own: int) -> str:
        if self.assignment.policy != "stable":
            return TOTAL_DISTANCE
        for name in self.ranking.preferences:
            if name != DISTANCE and self._holds(name, party, place):
                return name
        if np.isnan(self.assignment.distance_m[self.problem.parties.first[party]]):
            return ADDRESS_UNKNOWN
        return NEAREST if own == wish.min() else NEAREST_FREE

    def _holds(self, name: str, party: int, place: int) -> bool:
        return bool(holds(name, self.problem, np.array([party]), np.array([place]))[0])

    def _with_seat(self, subject: int, code: str, passed: PassedOver | None) -> Reason:
        seats, party = self.problem.seats, int(self.assignment.party_of[subject])
        seat = int(self.assignment.seat_of[subject])
        metres = self.assignment.distance_m[subject]
        return Reason(
            code=code,
            unit=seats.name_of(seat),
            group=str(seats.group[seat]),
            metres=None if np.isnan(metres) else int(metres),
            over_line=bool(metres > LINE_M),
            over_water=bool(self.assignment.over_water[subject]),
            party_size=1 if party < 0 else int(self.problem.parties.size[party]),
            separated=subject in self.problem.parties.separated,
            appointment=seats.starts_at is not None,
            passed_over=passed,
        )

    def _without_seat(
        self, subject: int, party: int, reachable: bool, passed: PassedOver | None
    ) -> Reason:
        size = int(self.problem.parties.size[party])
        places = self._places_of_party[party]
        if not places.size:
            code = NO_GROUP
        elif not reachable:
            code = UNREACHABLE
        elif size > 1 and (self._holders.free[places] > 0).any():
            code = NO_ROOM_TOGETHER
        else:
            code = FULL
        return Reason(
            code=code,
            group=str(self.problem.subjects.group[subject]),
            party_size=size,
            separated=subject in self.problem.parties.separated,
            appointment=self.problem.seats.starts_at is not None,
            passed_over=passed,
        )

    def _passed_over(self, party: int, place: int, right: int, own: int) -> PassedOver:
        return PassedOver(
            unit=self.problem.seats.name_of(self.problem.places.seats[place][0]),
            wished_for=self._wished_for(party, place, own),
            lost_to=self._lost_to(party, place, right),
        )

    def _wished_for(self, party: int, place: int, own: int) -> str:
        order = self.ranking.preferences
        if own < 0:
            held = (n for n in order if n != DISTANCE and self._holds(n, party, place))
            return next(held, NEAREST)
        return self._first_difference(order, party, place, party, own) or LISTED_FIRST

    def _lost_to(self, party: int, place: int, right: int) -> str:
        if self.assignment.closed[place]:
            return TOO_SMALL
        holders, size = self._holders, int(self.problem.parties.size[party])
        if holders.room_for(place, right) >= size:
            return TOTAL_DISTANCE if self.assignment.policy != "stable" else SIBLINGS
        if size > 1 and holders.room_for(place, right) > 0:
            return NO_ROOM_TOGETHER
        last = holders.last(place)
        if last is None:
            return PINNED
        order = self.ranking.priorities
        return self._first_difference(order, last, place, party, place) or LOTTERY

    def _first_difference(
        self, order: tuple[str, ...], first: int, first_place: int, second: int, second_place: int
    ) -> str | None:
        """The first criterion in which one pair is better than another; None if in none."""
        for name in order:
            if name != DISTANCE:
                if self._holds(name, first, first_place) != self._holds(name, second, second_place):
                    return name
                continue
            pairs = np.array([first, second]), np.array([first_place, second_place])
            metres = self.problem.metres(*pairs)
            if metres[0] != metres[1]:
                return DISTANCE
        return None
