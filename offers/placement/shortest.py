"""Placement by least total distance.

First as many as possible are placed, then the sum of the metres is the least there is. The
criteria play no part, except that the group, reachability and pins hold as always. Only arcs that
can matter are given to the solver; the prices it yields then prove that no other would have helped,
or name those that would, and those are added.

Siblings whom the flow sends to different places are brought together by an exchange with others, at
the least cost an exchange has; where none is possible they are fixed to a place with room for all
and the rest is solved again. So with siblings the sum is not quite the least there could be.
Parties whose address nobody knows take what is left.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from offers.placement.choices import Choices, first_choices
from offers.placement.criteria import DISTANCE, NEVER, Ranking
from offers.placement.flow import Arcs, Transport, require_solver, solve, solve_with_more
from offers.placement.geography import FAR_M, cells, metres_between, nearest
from offers.placement.inputs import Bools, Ints
from offers.placement.minimum import Minimum
from offers.placement.problem import Pool, Problem
from offers.placement.siblings import UNPLACED_M, reunite

_LISTED = 32
_LISTED_FOR_CELL = 24
_ALWAYS = 3
_ADDED_AT_ONCE = 2
_MARGIN_M = 300
_TRIED_M = 100_000
"""What having no seat costs at first: the solver takes half the time of UNPLACED_M."""


def place_shortest(problem: Problem) -> tuple[Ints, Bools]:
    """The place of each party (-1 without one), and which places were closed as too small.

    Raises PolicyUnavailable where OR-tools is not installed.
    """
    require_solver()
    shortest = _Shortest(problem)
    minimum = Minimum(problem)
    shortest.place_all()
    while closing := minimum.close_half(shortest.taken()):
        shortest.capacity[closing] = 0
        shortest.place_all()
    return shortest.place_of, minimum.closed


class _Shortest:
    """The transport of one problem, solved again as places close and siblings are fixed.

    One place more than there are, the last, stands for having no seat.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.ranking = Ranking(problem, (DISTANCE,), (DISTANCE,))
        self.size = problem.parties.size
        self.capacity = problem.places.capacity.copy()
        self.nowhere = len(self.capacity)
        self.unplaced_m = _TRIED_M
        self.place_of = np.full(len(self.size), -1, dtype=np.int64)
        self.located = np.ones(len(self.size), dtype=bool)
        if problem.distances is None:
            self.located = ~np.isnan(problem.parties.points[:, 0])
        pools = [
            Pool(pool.parties[self.located[pool.parties]], pool.places) for pool in problem.pools
        ]
        self.pools = [pool for pool in pools if pool.parties.size and pool.places.size]
        self.lists = list(first_choices(self.ranking, _LISTED, self.pools))
        self.arcs = self._competitive_arcs(self._coarse_prices())

    def taken(self) -> Ints:
        """How many seats are taken in each place."""
        return self._seats_of(self.place_of)

    def place_all(self) -> None:
        """Place everybody anew with the capacity there is."""
        self.place_of[:] = -1
        waiting = self.located.copy()
        while True:
            left = self.capacity - self._seats_of(np.where(waiting, -1, self.place_of))
            transport = self._least(np.where(waiting, self.size, 0), left)
            torn = [
                party
                for party, parts in self._assign(transport, waiting).items()
                if not reunite(self.problem, self.place_of, party, parts)
            ]
            if not torn:
                break
            self._fix(torn, transport, left)
            waiting[torn] = False
        self._fill_left_over()

    def _seats_of(self, place_of: Ints) -> Ints:
        placed = place_of >= 0
        counts = np.bincount(place_of[placed], self.size[placed], self.nowhere)
        return counts.astype(np.int64)

    def _assign(self, transport: Transport, waiting: Bools) -> dict[int, dict[int, int]]:
        """Note where the flow sends each party that waits.

        Returns those it tears apart: how many of the party it sends to each place.
        """
        used = transport.flow > 0
        party, flow = transport.arcs.party[used], transport.flow[used]
        place = transport.arcs.place[used]
        place = np.where(place == self.nowhere, -1, place)
        self.place_of[waiting] = -1
        self.place_of[party] = place
        torn: dict[int, dict[int, int]] = {}
        for arc in np.flatnonzero(flow < self.size[party]).tolist():
            torn.setdefault(int(party[arc]), {})[int(place[arc])] = int(flow[arc])
        self.place_of[list(torn)] = -1
        return torn

    def _fix(self, torn: list[int], transport: Transport, left: Ints) -> None:
        """Fix each torn party to the place that is cheapest for it and has room for all of it.

        Every place is looked at, not those of its arcs alone: the near ones may be too small.
        """
        left = left.copy()
        for party in torn:
            own, places = np.array([party]), self._places_of(party)
            metres = np.minimum(self.problem.metres(own, places), FAR_M)
            fits = (left[places] >= self.size[party]) & self.problem.reachable(own, places)
            total = np.where(fits, metres + transport.prices[places], UNPLACED_M)
            best = int(np.argmin(total))
            if total[best] < UNPLACED_M:
                self.place_of[party] = places[best]
                left[places[best]] -= self.size[party]

    def _places_of(self, party: int) -> Ints:
        return next(pool.places for pool in self.pools if party in pool.parties)

    def _fill_left_over(self) -> None:
        """Give what is left to those without a seat who fit in it, in lottery order.

        First to siblings who were fixed to no seat and find room together after all, as near as can
        be; then to those without a known address, where most seats are left.
        """
        left = self.capacity - self.taken()
        for pool in self.problem.pools:
            parties = pool.parties[self.place_of[pool.parties] < 0]
            order = np.lexsort((self.problem.parties.lottery[parties], ~self.located[parties]))
            for party in parties[order].tolist():
                if not left[pool.places].any():
                    break
                self._give_what_is_left(party, pool.places, left)

    def _give_what_is_left(self, party: int, places: Ints, left: Ints) -> None:
        own = np.array([party])
        metres = self.problem.metres(own, places) if self.located[party] else -left[places]
        fits = (left[places] >= self.size[party]) & self.problem.reachable(own, places)
        best = int(np.argmin(np.where(fits, metres, NEVER)))
        if fits[best]:
            self.place_of[party] = places[best]
            left[places[best]] -= self.size[party]

    def _least(self, supply: Ints, left: Ints) -> Transport:
        """The transport of least cost, among those that place the most, over all possible arcs.

        If all are placed while having no seat costs little, it is the same when that costs more.
        """
        transport = self._cheapest(supply, left)
        unplaced = transport.flow[transport.arcs.place == self.nowhere].any()
        if unplaced and self.unplaced_m < UNPLACED_M:
            self.unplaced_m = UNPLACED_M
            cost = np.where(self.arcs.place == self.nowhere, UNPLACED_M, self.arcs.cost)
            self.arcs = replace(self.arcs, cost=cost)
            transport = self._cheapest(supply, left)
        return transport

    def _cheapest(self, supply: Ints, left: Ints) -> Transport:
        capacity = np.append(left, supply.sum())
        transport = solve(self.arcs, supply, capacity)
        while len((missing := self._missing(transport, supply)).party):
            transport = solve_with_more(transport, missing, supply, capacity)
        self.arcs = transport.arcs
        return transport

    def _missing(self, transport: Transport, supply: Ints) -> Arcs:
        """Arcs not given to the solver over which some party could have gone for less."""
        limit = np.where(supply > 0, transport.cost_of_each(len(supply)), 0)
        lists, count = self.lists, _LISTED
        while lists:
            found = [_undercutting(choices, transport.prices, limit) for choices in lists]
            missing = Arcs.joined(found)
            if len(missing.party):
                return missing
            count *= 4
            lists = list(first_choices(self.ranking, count, _unproven(lists, transport, limit)))
        return Arcs.joined([])

    def _competitive_arcs(self, prices: Ints) -> Arcs:
        """Arcs that these prices put near the best of a party, and the ways to no seat."""
        found = [self._ways_to_nowhere(np.arange(len(self.size)))]
        for choices in self.lists:
            total = np.where(choices.valid, choices.metres + prices[choices.places], NEVER)
            likely = total - total.min(axis=1, keepdims=True) <= _MARGIN_M
            likely[:, :_ALWAYS] = True
            found.append(_arcs(choices, likely))
        return Arcs.joined(found)

    def _coarse_prices(self) -> Ints:
        """Prices to start from: of the same transport with all who live in a cell as one."""
        if self.problem.distances is not None:
            return np.zeros(self.nowhere, dtype=np.int64)
        found: list[Arcs] = []
        supply = np.empty(0, dtype=np.int64)
        for pool in self.pools:
            cell_of, centres = cells(self.problem.parties.points[pool.parties])
            targets = self.problem.places.points[pool.places]
            near, _ = nearest(centres, targets, min(_LISTED_FOR_CELL, len(targets)))
            cost = np.minimum(metres_between(centres[:, None], targets[near]), FAR_M)
            cell = np.arange(len(supply), len(supply) + len(centres))
            several = np.repeat(cell, near.shape[1])
            found.append(Arcs.of(several, pool.places[near].ravel(), cost.ravel()))
            found.append(self._ways_to_nowhere(cell))
            weight = np.bincount(cell_of, self.size[pool.parties]).astype(np.int64)
            supply = np.concatenate((supply, weight))
        capacity = np.append(self.capacity, supply.sum())
        return solve(Arcs.joined(found), supply, capacity).prices

    def _ways_to_nowhere(self, parties: Ints) -> Arcs:
        nowhere = np.full(len(parties), self.nowhere)
        return Arcs.of(parties, nowhere, np.full(len(parties), self.unplaced_m))


def _arcs(choices: Choices, chosen: Bools) -> Arcs:
    row, column = np.nonzero(chosen & choices.valid)
    return Arcs.of(
        choices.parties[row],
        choices.places[row, column],
        np.minimum(choices.metres[row, column], FAR_M),
    )


def _undercutting(choices: Choices, prices: Ints, limit: Ints) -> Arcs:
    """The few arcs of each party that undercut its limit most; more follow if they must."""
    total = np.where(
        choices.valid, np.minimum(choices.metres, FAR_M) + prices[choices.places], NEVER
    )
    most = min(_ADDED_AT_ONCE, total.shape[1]) - 1
    few = total <= np.partition(total, most, axis=1)[:, most, None] if total.size else choices.valid
    return _arcs(choices, few & (total < limit[choices.parties, None]))


def _unproven(lists: list[Choices], transport: Transport, limit: Ints) -> Iterator[Pool]:
    """Parties for whom a place beyond the end of their list might still have been cheaper."""
    for choices in lists:
        if choices.complete:
            continue
        places = choices.pool.places
        reach = np.where(choices.valid, choices.metres, 0).max(axis=1, initial=0)
        short = reach + transport.prices[places].min() < limit[choices.parties]
        if short.any():
            yield Pool(choices.parties[short], places)
