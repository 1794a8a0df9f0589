"""Who is passed over: prefers a place that has room, or holds somebody with a lesser right."""

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from offers.placement.choices import Choices, first_choices
from offers.placement.criteria import NEVER, Ranking
from offers.placement.inputs import Bools, Ints
from offers.placement.problem import Pool

_LISTED = 16
_LONGER = 4


class Holders:
    """Who holds what in each place, and whom a right would outrank there; pins outrank all."""

    def __init__(self, ranking: Ranking, place_of: Ints, closed: Bools) -> None:
        places = ranking.problem.places
        placed = np.flatnonzero(place_of >= 0)
        _, keys = ranking.keys(placed, place_of[placed])
        order = np.lexsort((keys, place_of[placed]))
        self.party, self.key = placed[order], keys[order]
        self.begin = np.searchsorted(place_of[self.party], np.arange(len(places) + 1))
        self.size = ranking.problem.parties.size
        taken = np.bincount(place_of[placed], self.size[placed], len(places)).astype(np.int64)
        self.free = np.where(closed, 0, places.capacity - taken)
        self.worst = np.full(len(places), -1, dtype=np.int64)
        filled = self.begin[1:] > self.begin[:-1]
        self.worst[filled] = self.key[self.begin[1:][filled] - 1]
        self.worst[closed] = -1

    def last(self, place: int) -> int | None:
        """The party whose right to what it holds in the place is the least."""
        begin, end = self.begin[place], self.begin[place + 1]
        return int(self.party[end - 1]) if end > begin else None

    def room_for(self, place: int, key: int) -> int:
        """Seats that are free or held by somebody with a lesser right than `key`."""
        begin, end = int(self.begin[place]), int(self.begin[place + 1])
        outranked = bisect_right(self.key, key, begin, end)
        return int(self.free[place] + self.size[self.party[outranked:end]].sum())


def with_justified_envy(ranking: Ranking, place_of: Ints, closed: Bools) -> Bools:
    """For each party, whether some place it prefers to its own could rightly be its."""
    holders = Holders(ranking, place_of, closed)
    parties = np.arange(len(place_of))
    own, _ = ranking.keys(parties, np.maximum(place_of, 0))
    own = np.where(place_of < 0, NEVER, own)
    envious = np.zeros(len(place_of), dtype=bool)
    lists, count = list(first_choices(ranking, _LISTED)), _LISTED
    while lists:
        for block in lists:
            envious[block.parties] |= _justified(block, own, holders)
        count *= _LONGER
        lists = list(first_choices(ranking, count, _undecided(lists, own, envious)))
    return envious


def _justified(block: Choices, own: Ints, holders: Holders) -> Bools:
    better = block.preference < own[block.parties, None]
    single = holders.size[block.parties] == 1
    room = (holders.free[block.places] > 0) | (holders.worst[block.places] > block.priority)
    justified: Bools = (better & room & single[:, None]).any(axis=1)
    for row, column in zip(*np.nonzero(better & room & ~single[:, None]), strict=True):
        found = holders.room_for(int(block.places[row, column]), int(block.priority[row, column]))
        justified[row] |= found >= holders.size[block.parties[row]]
    return justified


def _undecided(lists: list[Choices], own: Ints, envious: Bools) -> Iterator[Pool]:
    """Parties whose list ended before their own place came."""
    for block in lists:
        last = np.where(block.valid, block.preference, -1).max(axis=1, initial=-1)
        open_end = (last < own[block.parties]) & ~envious[block.parties] & (not block.complete)
        if open_end.any():
            yield Pool(block.parties[open_end], block.pool.places)
