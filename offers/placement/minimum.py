"""Groups that are too small to be opened."""

import numpy as np

from offers.placement.inputs import Ints
from offers.placement.problem import Problem

ORDINARY, SPECIAL, IMMERSION, BOTH = range(4)
CONFINED = (
    (ORDINARY,),
    (ORDINARY, SPECIAL),
    (ORDINARY, IMMERSION),
    (ORDINARY, SPECIAL, IMMERSION),
    (ORDINARY, SPECIAL, IMMERSION, BOTH),
)
"""The kinds of seats that whoever asked for no others has to find room in (Hall's condition)."""


class Minimum:
    """Decides which place to close next because too few would be in it.

    The one that lacks most goes first, and a place with somebody pinned to it stays open. A minimum
    gives way to the duty to offer a seat: a place is not closed if the others of its group could
    then not hold everybody who asked for the group.
    """

    def __init__(self, problem: Problem) -> None:
        self.places = problem.places
        self.parties = problem.parties
        self.closed = np.zeros(len(self.places), dtype=bool)
        self._kept = problem.places.pinned > 0

    def next_to_close(self, taken: Ints) -> int | None:
        """The place to close, now that `taken` seats are taken in each; None if there is none."""
        lacking = np.where((taken > 0) & ~self.closed & ~self._kept, self.places.minimum - taken, 0)
        while lacking.max(initial=0) > 0:
            place = int(np.argmax(lacking))
            if self._can_do_without(place):
                self.closed[place] = True
                return place
            self._kept[place] = True
            lacking[place] = 0
        return None

    def close_half(self, taken: Ints) -> list[int]:
        """Close half of the places that are too small, at least one; none when all is well."""
        closing: list[int] = []
        lacking = int(
            ((taken > 0) & ~self.closed & ~self._kept & (taken < self.places.minimum)).sum()
        )
        while len(closing) < (lacking + 1) // 2:
            place = self.next_to_close(np.where(self.closed, 0, taken))
            if place is None:
                break
            closing.append(place)
        return closing

    def _can_do_without(self, place: int) -> bool:
        """Whether the others of its group could hold everybody who asked for the group."""
        parties, places = self.parties, self.places
        others = (places.group == places.group[place]) & ~self.closed
        others[place] = False
        same_group = parties.group == places.group[place]
        kind = places.special + 2 * places.immersion
        asked = parties.special + 2 * parties.immersion
        return not any(
            kind[place] in kinds
            and places.capacity[others & np.isin(kind, kinds)].sum()
            < parties.size[same_group & np.isin(asked, kinds)].sum()
            for kinds in CONFINED
        )
