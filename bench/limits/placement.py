"""Placement done otherwise: the textbook's way, with tuples, a k-d tree and full checks.

Shares nothing with offers.placement but the published rules: the haversine distance in whole
metres, the lottery as SHA-256 of "seed:id", and the order admission area, present unit, likely
school, sibling's unit, distance.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from shapely import STRtree
from shapely.geometry import LineString, Polygon
from shapely.ops import unary_union

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Standing = tuple[bool, bool, bool, bool, float]
"""Whether a unit is not of the area, not the present one, no school, no sibling's; and the way."""

RADIUS_M = 6_371_008.8
NEAR = 32


@dataclass(frozen=True)
class City:
    """Children and groups of units, everything as numbers; -1 is none."""

    child: Floats
    child_group: Ints
    child_area: Ints
    child_unit: Ints
    school_unit: Ints
    sibling_unit: Ints
    unit: Floats
    unit_group: Ints
    unit_area: Ints
    capacity: Ints


def haversine(a: Floats, b: Floats) -> Floats:
    """Whole metres between degrees of latitude and longitude, broadcast."""
    lat_a, lon_a = np.moveaxis(np.radians(a), -1, 0)
    lat_b, lon_b = np.moveaxis(np.radians(b), -1, 0)
    h = np.sin((lat_b - lat_a) / 2) ** 2
    h = h + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return np.asarray(np.rint(2 * RADIUS_M * np.arcsin(np.sqrt(h))))


def _on_sphere(degrees: Floats) -> Floats:
    north, east = np.radians(degrees).T
    return np.stack(
        (np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)),
        axis=1,
    )


class _Wishes:
    """A child's units in order, asked one at a time: pointed at ones first, then by distance."""

    def __init__(self, city: City) -> None:
        self.city = city
        groups = range(int(city.unit_group.max()) + 1)
        self.of_group = [np.flatnonzero(city.unit_group == group) for group in groups]
        self.trees = [cKDTree(_on_sphere(city.unit[units])) for units in self.of_group]
        self.points = _on_sphere(city.child)
        self.in_area: dict[tuple[int, int], list[int]] = {}
        for unit, (group, area) in enumerate(zip(city.unit_group, city.unit_area, strict=True)):
            self.in_area.setdefault((int(group), int(area)), []).append(unit)
        self.near: list[list[int]] = [[] for _ in city.child]
        for group, units in enumerate(self.of_group):
            children = np.flatnonzero(city.child_group == group)
            _, found = self.trees[group].query(self.points[children], k=min(NEAR, len(units)))
            for child, nearest in zip(children.tolist(), units[found].tolist(), strict=True):
                self.near[child] = nearest

    def standing(self, child: int, unit: int, metres: float) -> Standing:
        city = self.city
        return (
            bool(city.child_area[child] != city.unit_area[unit]),
            bool(city.child_unit[child] != unit),
            bool(city.school_unit[child] != unit),
            bool(city.sibling_unit[child] != unit),
            metres,
        )

    def of(self, child: int) -> Iterator[tuple[Standing, int]]:
        city, group = self.city, int(self.city.child_group[child])
        pointed = set(self.in_area.get((group, int(city.child_area[child])), ()))
        pointed |= {
            int(unit)
            for unit in (
                city.child_unit[child],
                city.school_unit[child],
                city.sibling_unit[child],
            )
            if unit >= 0 and city.unit_group[unit] == group
        }
        yield from self._ranked(child, sorted(pointed))
        nearest = [unit for unit in self.near[child] if unit not in pointed]
        # The last of the near ones may be as far, in whole metres, as one that is not among them.
        ranked = self._ranked(child, nearest)
        last = ranked[-1][0][-1] if ranked else -1
        yield from (wish for wish in ranked if wish[0][-1] < last)
        done = pointed | {unit for standing, unit in ranked if standing[-1] < last}
        rest = [unit for unit in self.of_group[group].tolist() if unit not in done]
        yield from self._ranked(child, rest)

    def _ranked(self, child: int, units: list[int]) -> list[tuple[Standing, int]]:
        metres = haversine(self.city.child[child], self.city.unit[units]).tolist()
        return sorted(
            (self.standing(child, unit, way), unit) for unit, way in zip(units, metres, strict=True)
        )


def lots(seed: int, children: int) -> list[int]:
    """Every child's number in the lottery."""
    names = (f"{seed}:{child}".encode() for child in range(children))
    return [int(hashlib.sha256(name).hexdigest()[:16], 16) for name in names]


def gale_shapley(city: City, seed: int) -> Ints:
    """The unit of each child, -1 without one, by deferred acceptance."""
    lot = lots(seed, len(city.child))
    wishes = _Wishes(city)
    lists = [wishes.of(child) for child in range(len(city.child))]
    held: list[list[tuple[tuple[float, ...], int]]] = [[] for _ in city.capacity]
    capacity = city.capacity.tolist()
    place = np.full(len(city.child), -1)
    waiting = list(range(len(city.child)))
    while waiting:
        child = waiting.pop()
        wish = next(lists[child], None)
        if wish is None:
            continue
        standing, unit = wish
        # A heap keeps the least on top: the worst right, so its parts are negated.
        right = (*(-float(part) for part in standing), -float(lot[child] >> 11), -lot[child])
        heappush(held[unit], (right, child))
        place[child] = unit
        if len(held[unit]) > capacity[unit]:
            _, refused = heappop(held[unit])
            place[refused] = -1
            waiting.append(refused)
    return place


def count_blocking_pairs(city: City, place: Ints, seed: int) -> int:
    """Pairs of child and unit, all of them looked at, in which the child is passed over."""
    lot = np.array([number / 2**64 for number in lots(seed, len(city.child))])
    everybody = np.arange(len(place))

    def standing(children: Ints, unit: Ints | int) -> Floats:
        misses = 8 * (city.child_area[children] != city.unit_area[unit])
        misses = misses + 4 * (city.child_unit[children] != unit)
        misses = misses + 2 * (city.school_unit[children] != unit)
        misses = misses + (city.sibling_unit[children] != unit)
        return np.asarray(misses * 1e8 + haversine(city.child[children], city.unit[unit]))

    own = np.where(place >= 0, standing(everybody, np.maximum(place, 0)), math.inf)
    pairs = 0
    for unit in range(len(city.capacity)):
        children = np.flatnonzero(city.child_group == city.unit_group[unit])
        here = standing(children, unit)
        wish = (here < own[children]) | ((here == own[children]) & (unit < place[children]))
        holders = np.flatnonzero(place == unit)
        if len(holders) < city.capacity[unit]:
            pairs += int(wish.sum())
            continue
        last = max(zip(standing(holders, unit).tolist(), lot[holders].tolist(), strict=True))
        outranks = (here < last[0]) | ((here == last[0]) & (lot[children] < last[1]))
        pairs += int((wish & outranks).sum())
    return pairs


def least_sum(city: City) -> float:
    """The least sum of metres that any placement of everybody has: scipy's assignment."""
    total = 0.0
    for group in np.unique(city.child_group):
        children = np.flatnonzero(city.child_group == group)
        units = np.flatnonzero(city.unit_group == group)
        metres = haversine(city.child[children][:, None], city.unit[units][None, :])
        seats = np.repeat(np.arange(len(units)), city.capacity[units])
        rows, columns = linear_sum_assignment(metres[:, seats])
        total += float(metres[rows, seats[columns]].sum())
    return total


def plain_flow(city: City) -> float:
    """The usual way for a size at which scipy gives up: one flow over the nearest units.

    Its sum is at best the least; children whom the nearest units leave out cost a hundred
    kilometres.
    """
    parents, heads, costs = [], [], []
    for group in np.unique(city.child_group):
        children = np.flatnonzero(city.child_group == group)
        units = np.flatnonzero(city.unit_group == group)
        tree = cKDTree(_on_sphere(city.unit[units]))
        _, near = tree.query(_on_sphere(city.child[children]), k=min(NEAR, len(units)))
        parents.append(np.repeat(children, near.shape[1]))
        heads.append(units[near].ravel())
        costs.append(haversine(city.child[children][:, None], city.unit[units[near]]).ravel())
    return _solve(city, np.concatenate(parents), np.concatenate(heads), np.concatenate(costs))


def _solve(city: City, tail: Ints, head: Ints, cost: Floats) -> float:
    children, units = len(city.child), len(city.capacity)
    sink = children + units
    model = min_cost_flow.SimpleMinCostFlow()
    ones = np.ones(len(tail), dtype=np.int64)
    model.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), (head + children).astype(np.int32), ones, cost.astype(np.int64)
    )
    model.add_arcs_with_capacity_and_unit_cost(
        np.arange(children, sink, dtype=np.int32),
        np.full(units, sink, dtype=np.int32),
        city.capacity,
        np.zeros(units, dtype=np.int64),
    )
    model.add_arcs_with_capacity_and_unit_cost(
        np.arange(children, dtype=np.int32),
        np.full(children, sink, dtype=np.int32),
        ones[:children],
        np.full(children, 100_000, dtype=np.int64),
    )
    supply = np.concatenate((ones[:children], np.zeros(units, dtype=np.int64), [-children]))
    model.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    assert model.solve() == model.OPTIMAL
    return float(model.optimal_cost())


def over_water(city: City, place: Ints, bays: Sequence[Polygon], most_m: float) -> Ints:
    """The children whose straight line to their unit is over more water than that."""
    near = STRtree(bays)
    warned = []
    for child, unit in enumerate(place.tolist()):
        if unit < 0:
            continue
        line = LineString([city.child[child][::-1], city.unit[unit][::-1]])
        met = unary_union([bays[index] for index in near.query(line, predicate="intersects")])
        metres = haversine(city.child[child], city.unit[unit])
        if line.length and metres * line.intersection(met).length / line.length > most_m:
            warned.append(child)
    return np.array(warned)


def proves_least(city: City, place: Ints) -> bool:
    """Whether no exchange of any length, over any pairs, would shorten the sum of the ways.

    A placement of everybody is the shortest if and only if moving from unit to unit, ending at a
    free seat or where it began, never saves a metre: if the cheapest chains of moves have an end
    (Bellman and Ford), all pairs of units looked at.
    """
    for group in np.unique(city.unit_group):
        units = np.flatnonzero(city.unit_group == group)
        moves = np.full((len(units), len(units)), math.inf)
        for row, unit in enumerate(units):
            holders = np.flatnonzero(place == unit)
            if len(holders):
                ways = haversine(city.child[holders][:, None], city.unit[units][None, :])
                moves[row] = (ways - ways[:, row : row + 1]).min(axis=0)
        taken = np.bincount(place[place >= 0], minlength=len(city.capacity))[units]
        price = np.where(taken < city.capacity[units], 0.0, 1e9)
        for _ in range(len(units) + 1):
            shorter = np.minimum(price, (moves + price).min(axis=1))
            if np.array_equal(shorter, price):
                break
            price = shorter
        else:
            return False
        if (price < 0).any():
            return False
    return True
