"""A transport at least cost: parties to places over given arcs, and the prices that prove it.

Solved by OR-tools' min-cost flow. The price of a place is what one more seat there would save;
prices make it possible to leave out arcs and to know afterwards whether one was missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers.placement.errors import PlacementError, PolicyUnavailable
from offers.placement.inputs import Ints

try:
    from ortools.graph.python import min_cost_flow
except ImportError:  # the optional extra "shortest"
    min_cost_flow = None


@dataclass(frozen=True)
class Arcs:
    """Who could go where at what cost; sorted by party, then place, each pair once."""

    party: Ints
    place: Ints
    cost: Ints

    @classmethod
    def of(cls, party: Ints, place: Ints, cost: Ints) -> "Arcs":
        """Sort the arcs and drop those that are there twice."""
        key = (party << 32) | place
        _, first = np.unique(key, return_index=True)
        return cls(party[first], place[first], cost[first])

    @classmethod
    def joined(cls, several: Sequence["Arcs"]) -> "Arcs":
        """The arcs of all."""
        if not several:
            nothing = np.empty(0, dtype=np.int64)
            return cls(nothing, nothing, nothing)
        return cls.of(
            np.concatenate([arcs.party for arcs in several]),
            np.concatenate([arcs.place for arcs in several]),
            np.concatenate([arcs.cost for arcs in several]),
        )


@dataclass(frozen=True)
class Transport:
    """How many of each party go over each arc, and each place's price."""

    arcs: Arcs
    flow: Ints
    prices: Ints

    def cost_of_each(self, parties: int) -> Ints:
        """For each party the dearest arc it uses, its price included: what nothing may undercut."""
        worst = np.zeros(parties, dtype=np.int64)
        used = self.flow > 0
        total = self.arcs.cost[used] + self.prices[self.arcs.place[used]]
        np.maximum.at(worst, self.arcs.party[used], total)
        return worst


def require_solver() -> None:
    """Raise PolicyUnavailable, saying what to install, where OR-tools is not installed."""
    if min_cost_flow is None:
        raise PolicyUnavailable(
            "The policy 'shortest' needs the package ortools; install the extra 'shortest', or "
            "choose the policy 'stable'."
        )


def solve(arcs: Arcs, supply: Ints, capacity: Ints) -> Transport:
    """Send each party's supply over the arcs at least cost; every party must have a way out."""
    require_solver()
    parties, places = len(supply), len(capacity)
    sink = parties + places
    model = min_cost_flow.SimpleMinCostFlow()
    model.add_arcs_with_capacity_and_unit_cost(
        arcs.party.astype(np.int32),
        (arcs.place + parties).astype(np.int32),
        supply[arcs.party],
        arcs.cost,
    )
    model.add_arcs_with_capacity_and_unit_cost(
        np.arange(parties, sink, dtype=np.int32),
        np.full(places, sink, dtype=np.int32),
        capacity,
        np.zeros(places, dtype=np.int64),
    )
    model.set_nodes_supplies(
        np.arange(sink + 1, dtype=np.int32),
        np.concatenate((supply, np.zeros(places, np.int64), [-supply.sum()])),
    )
    if model.solve() != model.OPTIMAL:
        raise PlacementError("The distances are too long to be added up; check the coordinates.")
    flow = np.asarray(model.flows(np.arange(len(arcs.party), dtype=np.int32)), dtype=np.int64)
    return Transport(arcs, flow, _prices(arcs, flow, capacity))


def _prices(arcs: Arcs, flow: Ints, capacity: Ints) -> Ints:
    """What one more seat in each place would save: the cheapest chain of moves to a free seat."""
    taken = np.bincount(arcs.place, flow, len(capacity))
    out_of, into, saving = _moves(arcs, flow, len(capacity))
    limit = int(arcs.cost.max(initial=0)) * 2
    prices = np.where(taken < capacity, 0, limit).astype(np.int64)
    if not len(out_of):
        return prices
    start = np.flatnonzero(np.concatenate(([True], out_of[1:] != out_of[:-1])))
    while True:
        cheaper = prices.copy()
        best = np.minimum.reduceat(prices[into] + saving, start)
        cheaper[out_of[start]] = np.minimum(prices[out_of[start]], best)
        if np.array_equal(cheaper, prices):
            return prices
        prices = cheaper


def _moves(arcs: Arcs, flow: Ints, places: int) -> tuple[Ints, Ints, Ints]:
    """For each pair of places the cheapest move of somebody from one to the other."""
    used = np.flatnonzero(flow > 0)
    begin = np.searchsorted(arcs.party, arcs.party[used])
    count = np.searchsorted(arcs.party, arcs.party[used], side="right") - begin
    mover = np.repeat(np.arange(len(used)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    arc = begin[mover] + step
    cost = arcs.cost[arc] - arcs.cost[used][mover]
    pair = arcs.place[used][mover] * places + arcs.place[arc]
    order = np.argsort(pair, kind="stable")
    pair, cost = pair[order], cost[order]
    first = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1])))[: len(pair)]
    if not len(pair):
        return pair, pair, pair
    return pair[first] // places, pair[first] % places, np.minimum.reduceat(cost, first)
