"""The criteria of a service, in order, as one number for each pair of party and place.

A service's file lists criteria; the first weighs most, and the next one counts only between equals.
The list says both what a party would choose (`preferences`) and who has the better right to a seat
(`priorities`); a service may give two lists. The order of criteria packs into an integer, lower is
better, so that comparing two pairs is comparing two numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.utils.translation import gettext as _

from offers.placement.errors import UnknownCriterion
from offers.placement.geography import UNKNOWN_M
from offers.placement.inputs import Bools, Ints
from offers.placement.problem import Problem

DISTANCE = "distance"
LANGUAGE_GROUP = "language_group"

NEVER = np.iinfo(np.int64).max
"""The key of a pair that can't be: worse than any other."""

_DISTANCE_BITS = UNKNOWN_M.bit_length()

Pairwise = Callable[[Problem, Ints, Ints], Bools]


def _same_unit(column: str) -> Pairwise:
    def holds(problem: Problem, parties: Ints, places: Ints) -> Bools:
        own: Ints = getattr(problem.parties, column)
        return np.asarray(own[parties] == problem.places.unit[places])

    return holds


def _both(column: str) -> Pairwise:
    def holds(problem: Problem, parties: Ints, places: Ints) -> Bools:
        party: Bools = getattr(problem.parties, column)
        place: Bools = getattr(problem.places, column)
        return np.asarray(party[parties] & place[places])

    return holds


def _in_area(problem: Problem, parties: Ints, places: Ints) -> Bools:
    # The last column of `areas` is false: it is what -1, no area, looks up.
    return np.asarray(problem.places.areas[places, problem.parties.area[parties]])


UNIT_CRITERIA: Mapping[str, str] = {
    "current_unit": "current_unit",
    "likely_school": "school_unit",
    "sibling_there": "sibling_unit",
}
"""Criteria that hold in one unit, and the party's column that names the unit."""

FLAG_CRITERIA: Mapping[str, str] = {
    "immersion_continuity": "immersion",
    "special_group": "special",
}
"""Criteria that hold where the party and the place have the same flag."""

AREA = "admission_area"

_HOLDS: Mapping[str, Pairwise] = {
    AREA: _in_area,
    **{name: _same_unit(column) for name, column in UNIT_CRITERIA.items()},
    **{name: _both(column) for name, column in FLAG_CRITERIA.items()},
}

CRITERIA: tuple[str, ...] = (LANGUAGE_GROUP, *_HOLDS, DISTANCE)
"""Every name a service's file may use. `language_group` is a condition wherever it stands: a
place without the group that was asked for is never considered."""


def check_criteria(names: Sequence[str]) -> tuple[str, ...]:
    """The criteria as they are applied: without the language group, distance last if not named.

    Raises UnknownCriterion for a name that does not exist or comes twice.
    """
    for name in names:
        if name not in CRITERIA:
            raise UnknownCriterion(
                _("There is no criterion “%(name)s”; there are %(known)s.")
                % {"name": name, "known": ", ".join(CRITERIA)}
            )
        if list(names).count(name) > 1:
            raise UnknownCriterion(_("The criterion “%(name)s” is listed twice.") % {"name": name})
    applied = [name for name in names if name != LANGUAGE_GROUP]
    return tuple(applied if DISTANCE in applied else [*applied, DISTANCE])


def holds(name: str, problem: Problem, parties: Ints, places: Ints) -> Bools:
    """Whether a criterion (any but the distance) holds for pairs, broadcast."""
    return _HOLDS[name](problem, parties, places)


@dataclass(frozen=True)
class Ranking:
    """What parties prefer and who goes first at a place, for one problem.

    A key is unique: of two places with equal criteria a party prefers the one listed first, and of
    two parties with equal criteria the lottery decides.
    """

    problem: Problem
    preferences: tuple[str, ...]
    priorities: tuple[str, ...]

    @cached_property
    def place_bits(self) -> int:
        """How many of a preference key's lowest bits are the place's index."""
        return max(len(self.problem.places).bit_length(), 1)

    @cached_property
    def lottery_bits(self) -> int:
        """How many of a priority key's lowest bits are the party's rank in the lottery."""
        return max(len(self.problem.parties).bit_length(), 1)

    def keys(self, parties: Ints, places: Ints) -> tuple[Ints, Ints]:
        """Preference and priority keys of pairs, broadcast; NEVER where there is no way."""
        preference, priority, _ = self.keys_and_metres(parties, places)
        return preference, priority

    def keys_and_metres(self, parties: Ints, places: Ints) -> tuple[Ints, Ints, Ints]:
        """The keys of pairs, and how far it is."""
        names = {*self.preferences, *self.priorities} - {DISTANCE}
        held = {name: holds(name, self.problem, parties, places) for name in names}
        metres = self.problem.metres(parties, places)
        preference = self.pack(self.preferences, held, metres)
        same = self.preferences == self.priorities
        priority = preference if same else self.pack(self.priorities, held, metres)
        preference = (preference << self.place_bits) | places
        priority = (priority << self.lottery_bits) | self.problem.parties.lottery[parties]
        if self.problem.distances is not None:
            unreachable = ~self.problem.reachable(parties, places)
            preference[unreachable] = NEVER
            priority[unreachable] = NEVER
        return preference, priority, metres

    @staticmethod
    def pack(order: Sequence[str], held: Mapping[str, Bools], metres: Ints) -> Ints:
        """The criteria of pairs in this order as one number, lower is better."""
        key = np.zeros(metres.shape, dtype=np.int64)
        for name in order:
            if name == DISTANCE:
                key = (key << _DISTANCE_BITS) | metres
            else:
                key = (key << 1) | np.logical_not(held[name])
        return key
