"""A transport at least cost: parties to places over given arcs, and the prices that prove it.

Solved by OR-tools' min-cost flow. The price of a place is what one more seat there would save;
prices make it possible to leave out arcs and to know afterwards whether one was missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from offers.placement.errors import PlacementError, PolicyUnavailable
from offers.placement.inputs import Bools, Ints

try:
    from ortools.graph.python import min_cost_flow
except ImportError:  # the optional extra "shortest"
    min_cost_flow = None


_MARGINS_M = (50, 800, np.iinfo(np.int64).max)
"""How much dearer an arc may be for a party to be sent again: little, more, whatever it costs."""


@dataclass(frozen=True)
class Arcs:
    """Who could go where at what cost; sorted by party, then place, each pair once."""

    party: Ints
    place: Ints
    cost: Ints

    @property
    def keys(self) -> Ints:
        """A number for each pair, in ascending order."""
        return (self.party << 32) | self.place

    @classmethod
    def of(cls, party: Ints, place: Ints, cost: Ints) -> "Arcs":
        """Sort the arcs and drop those that are there twice."""
        _, first = np.unique(cls(party, place, cost).keys, return_index=True)
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
            _(
                "The policy “shortest” needs a package that is not installed here: choose "
                "“stable”, or ask the administrator to install the extra “shortest”."
            )
        )


def solve(arcs: Arcs, supply: Ints, capacity: Ints) -> Transport:
    """Send each party's supply over the arcs at least cost; every party must have a way out."""
    flow = _send(arcs, supply, capacity)
    return Transport(arcs, flow, _prices(arcs, flow, capacity))


def _send(arcs: Arcs, supply: Ints, capacity: Ints) -> Ints:
    """The flow of least cost over each arc, as OR-tools finds it."""
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
        raise PlacementError(_("The distances are too long to be added up; check the coordinates."))
    return np.asarray(model.flows(np.arange(len(arcs.party), dtype=np.int32)), dtype=np.int64)


def solve_with_more(transport: Transport, more: Arcs, supply: Ints, capacity: Ints) -> Transport:
    """The cheapest transport with more arcs, starting from the one without them.

    Often more arcs change no more than the prices. Where they make a cheaper transport possible,
    only the parties with a choice about as good as what they have are sent again, more of them
    where that does not save all there is to save.
    """
    arcs = Arcs.joined([transport.arcs, more])
    flow = np.zeros(len(arcs.party), dtype=np.int64)
    flow[np.searchsorted(arcs.keys, transport.arcs.keys)] = transport.flow
    limit = transport.cost_of_each(len(supply))
    dearer = arcs.cost + transport.prices[arcs.place] - limit[arcs.party]
    prices = _prices(arcs, flow, capacity)
    for margin in _MARGINS_M:
        if prices.min(initial=0) >= 0:
            break
        flow = _sent_again(arcs, flow, dearer <= margin, supply, capacity)
        prices = _prices(arcs, flow, capacity)
    return Transport(arcs, flow, prices)


def _sent_again(arcs: Arcs, flow: Ints, near: Bools, supply: Ints, capacity: Ints) -> Ints:
    """The flow with all parties that have more than one near arc sent anew over those."""
    near = near | (flow > 0)
    free = np.bincount(arcs.party[near], minlength=len(supply)) > 1
    chosen = near & free[arcs.party]
    held = np.bincount(arcs.place, np.where(free[arcs.party], 0, flow), len(capacity))
    part = Arcs(arcs.party[chosen], arcs.place[chosen], arcs.cost[chosen])
    sent = flow.copy()
    sent[chosen] = _send(part, np.where(free, supply, 0), capacity - held.astype(np.int64))
    return sent


def _prices(arcs: Arcs, flow: Ints, capacity: Ints) -> Ints:
    """What one more seat in each place would save: the cheapest chain of moves to a free seat.

    Bellman and Ford's shortest paths. A price below zero is a chain that saves something now: the
    flow is not the cheapest. Such a chain leads back to itself, and then prices never come to rest:
    where they go on falling after as many rounds as places have somebody to move, there is one.
    (To wait until it shows takes millions of rounds where it saves a few metres a round.)
    """
    taken = np.bincount(arcs.place, flow, len(capacity))
    out_of, into, cost = _moves(arcs, flow, len(capacity))
    prices = np.where(taken < capacity, 0, 2 * arcs.cost.max(initial=0)).astype(np.int64)
    if not len(out_of):
        return prices
    start = np.flatnonzero(np.concatenate(([True], out_of[1:] != out_of[:-1])))
    movable = out_of[start]
    for _round in range(len(movable) + 1):
        cheapest = np.minimum.reduceat(prices[into] + cost, start)
        cheaper = cheapest < prices[movable]
        if not cheaper.any():
            return prices
        prices[movable[cheaper]] = cheapest[cheaper]
        if prices.min() < 0:
            return prices
    prices[movable[cheaper]] = -1
    return prices


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
    if not len(pair):
        return pair, pair, pair
    first = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1])))
    return pair[first] // places, pair[first] % places, np.minimum.reduceat(cost, first)
