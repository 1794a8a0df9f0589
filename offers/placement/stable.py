"""Placement in which nobody with a better right to a seat is passed over.

Deferred acceptance with the parties proposing (Gale and Shapley 1962). Each party proposes to the
best place on its list that has not refused it; a place holds the best of those who have proposed,
as many as it has seats for, and refuses the rest.

Without siblings the result is stable (nobody prefers a place to their own that has a free seat or
has taken somebody with a lesser right) and no other stable placement is better for any party.

With siblings, who propose as one party that needs several seats, a stable placement need not exist.
A place that refuses a party for lack of seats then refuses everybody behind it too, which keeps the
order of rights but may leave a seat free. Afterwards such seats are filled: each goes to the first
in line, of those who prefer it and fit, until nobody prefers a free seat that has room for them.
Every such move helps somebody and moves nobody else; but someone who was refused may find that a
seat went to a lesser right while theirs was unavailable. Those cases are counted as justified envy.
"""

from heapq import heappop, heappush

import numpy as np

from offers.placement.choices import Choices, first_choices
from offers.placement.criteria import NEVER, Ranking
from offers.placement.inputs import Bools, Ints
from offers.placement.minimum import Minimum
from offers.placement.problem import Pool

FIRST_CHOICES = 16
LONGER = 4
_CLOSED = -1


def place_stably(ranking: Ranking) -> tuple[Ints, Bools]:
    """The place of each party (-1 without one), and which places were closed as too small."""
    acceptance = _DeferredAcceptance(ranking)
    acceptance.propose(list(range(len(ranking.problem.parties))))
    minimum = Minimum(ranking.problem)
    while (place := minimum.next_to_close(np.array(acceptance.taken))) is not None:
        acceptance.close(place)
    acceptance.fill_left_over()
    return np.array(acceptance.place_of, dtype=np.int64), minimum.closed


class _DeferredAcceptance:
    """Who holds what, while parties propose.

    A place's `cutoff` is the best priority key it has refused. It only ever gets better, so whoever
    is not better than the cutoff need not ask, now or later. This is why lists can be made longer
    in the middle, and why the order in which parties propose changes nothing.
    """

    def __init__(self, ranking: Ranking) -> None:
        parties, places = ranking.problem.parties, ranking.problem.places
        self.ranking = ranking
        self.size: list[int] = parties.size.tolist()
        self.capacity: list[int] = places.capacity.tolist()
        self.taken = [0] * len(places)
        self.holders: list[list[int]] = [[] for _ in self.capacity]
        self.refused: list[list[int]] = [[] for _ in self.capacity]
        self.cutoff: list[int] = [NEVER] * len(places)
        self.place_of = [-1] * len(parties)
        self.by_lottery: list[int] = np.argsort(parties.lottery).tolist()
        self.lottery_mask = (1 << ranking.lottery_bits) - 1
        self.places: list[list[int]] = [[]] * len(parties)
        self.keys: list[list[int]] = [[]] * len(parties)
        self.next = [0] * len(parties)
        self.listed = np.zeros(len(parties), dtype=np.int64)
        self.complete = np.zeros(len(parties), dtype=bool)

    def propose(self, waiting: list[int]) -> None:
        """Let the waiting, and everybody they displace, propose until each is held or done."""
        while waiting:
            done = self._propose_along_lists(waiting)
            waiting = done[~self.complete[done]].tolist()
            self._list_more(np.array(waiting, dtype=np.int64))

    def _list_more(self, parties: Ints) -> None:
        """Longer lists for these parties, of places that would not refuse them at once."""
        wanted = np.zeros(len(self.size), dtype=bool)
        wanted[parties] = True
        cutoff = np.array(self.cutoff, dtype=np.int64)
        for pool in self.ranking.problem.pools:
            members = pool.parties[wanted[pool.parties]]
            for count in np.unique(self.listed[members]).tolist():
                same = Pool(members[self.listed[members] == count], pool.places)
                longer = count * LONGER or FIRST_CHOICES
                self.listed[same.parties] = longer
                self.complete[same.parties] = longer >= len(pool.places)
                for block in first_choices(self.ranking, longer, [same]):
                    self._take_lists(block, cutoff)

    def _take_lists(self, block: Choices, cutoff: Ints) -> None:
        asked = block.valid & (block.priority < cutoff[block.places])
        places, keys = block.places[asked].tolist(), block.priority[asked].tolist()
        ends = np.cumsum(asked.sum(axis=1)).tolist()
        begin = 0
        for party, end in zip(block.parties.tolist(), ends, strict=True):
            self.places[party] = places[begin:end]
            self.keys[party] = keys[begin:end]
            self.next[party] = 0
            begin = end

    def _propose_along_lists(self, waiting: list[int]) -> Ints:
        """Propose until nobody waits; returns those who have come to the end of their list."""
        cutoff, capacity, taken = self.cutoff, self.capacity, self.taken
        ended: list[int] = []
        while waiting:
            party = waiting.pop()
            places, keys, position = self.places[party], self.keys[party], self.next[party]
            while position < len(places) and keys[position] >= cutoff[places[position]]:
                self.refused[places[position]].append(party)
                position += 1
            self.next[party] = position + 1
            if position >= len(places):
                ended.append(party)
                continue
            place = places[position]
            heappush(self.holders[place], -keys[position])
            taken[place] += self.size[party]
            self.place_of[party] = place
            while taken[place] > capacity[place]:
                cutoff[place] = -heappop(self.holders[place])
                waiting.append(self._refuse(place, cutoff[place]))
        return np.array(ended, dtype=np.int64)

    def _refuse(self, place: int, key: int) -> int:
        party = self.by_lottery[key & self.lottery_mask]
        self.taken[place] -= self.size[party]
        self.place_of[party] = -1
        self.refused[place].append(party)
        return party

    def close(self, place: int) -> None:
        """Refuse everybody at a place for good and let them propose further.

        The same as if the place had never been there: the order of proposals changes nothing.
        """
        self.cutoff[place] = _CLOSED
        waiting = []
        while self.holders[place]:
            waiting.append(self._refuse(place, -heappop(self.holders[place])))
        self.propose(waiting)
        self.capacity[place] = 0

    def fill_left_over(self) -> None:
        """Give seats that a larger party left free to whoever is first in line for them."""
        if max(self.size, default=1) == 1:
            return
        open_places = [place for place in range(len(self.capacity)) if self.refused[place]]
        while open_places:
            place = open_places.pop()
            while (party := self._first_in_line(place)) is not None:
                left = self.place_of[party]
                self.place_of[party] = place
                self.taken[place] += self.size[party]
                if left >= 0:
                    self.taken[left] -= self.size[party]
                    open_places.append(left)

    def _first_in_line(self, place: int) -> int | None:
        """Who fits in what is free here, prefers it to what they have, and has the best right."""
        room = self.capacity[place] - self.taken[place]
        if room < 1:
            return None
        asked = np.concatenate((self.refused[place], np.flatnonzero(self._may_have_skipped(place))))
        parties = np.unique(asked.astype(np.int64))
        parties = parties[self.ranking.problem.parties.size[parties] <= room]
        if not parties.size:
            return None
        here, right = self.ranking.keys(parties, np.array([place]))
        now = np.array(self.place_of)[parties]
        there, _ = self.ranking.keys(parties, np.maximum(now, 0))
        wish = (here < np.where(now < 0, NEVER, there)) & (right < NEVER)
        return int(parties[np.argmin(np.where(wish, right, NEVER))]) if wish.any() else None

    def _may_have_skipped(self, place: int) -> Bools:
        """Parties with a longer list, from which places that would refuse them were left out."""
        parties, places = self.ranking.problem.parties, self.ranking.problem.places
        suitable = parties.group == places.group[place]
        if places.special[place]:
            suitable &= parties.special
        if places.immersion[place]:
            suitable &= parties.immersion
        return np.asarray(suitable & (self.listed > FIRST_CHOICES))
