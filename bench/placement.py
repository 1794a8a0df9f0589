"""Placement of 5,600 children in 300 groups and of 60,000 in 3,000, by both policies.

Ours is `place` from its columns to everybody's seat, the building of the lists included. The limit
of `stable` is a textbook's deferred acceptance, of `shortest` scipy's assignment at 5,600 and a
plain flow over the nearest units above, all of them in `bench/limits/placement.py`. The stable
result must be the limit's, child by child, with no blocking pair among all pairs; the shortest sum
must be scipy's and, at any size, be proven least over all pairs. `over_water` is whose way crosses
water, in sixty bays of 1,500 points; its limit cuts each line by each whole bay, one by one.
"""

import argparse
import math
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import Polygon

from bench.limits import placement as limits
from bench.stage import Peak, Report
from offers.catalogue.pieces import pieces_of
from offers.placement import WATER_M, Seats, Subjects, WaterMap, place

SIZES = ((5_600, 300), (60_000, 3_000))
QUICK_SIZES = ((1_000, 60), (5_600, 300))
SCIPY_UP_TO = 6_000
RUNS = 5
SEED = 2027
CRITERIA = ("admission_area", "current_unit", "likely_school", "sibling_there", "distance")
LOAD = 0.95
"""How many of the seats are asked for."""

Ours = TypeVar("Ours")
Limit = TypeVar("Limit")


def make_city(children: int, units: int) -> limits.City:
    """Children in quarters of all sizes, 7 % asking for Swedish; units where children live."""
    chance = np.random.default_rng(children)
    span = 0.18 * math.sqrt(children / 5_600)
    quarters = chance.random((max(children // 180, 30), 2)) * (span, 2 * span) + (60.2, 24.9)
    weight = chance.gamma(1.0, 1.0, len(quarters))
    home = quarters[chance.choice(len(quarters), children, p=weight / weight.sum())]
    child = home + chance.normal(0, 1, (children, 2)) * (0.0055, 0.011)
    child_group = (chance.random(children) < 0.07).astype(np.int64)
    unit_group = (np.arange(units) % 12 == 0).astype(np.int64)
    unit = np.empty((units, 2))
    capacity = np.empty(units, dtype=np.int64)
    for group in (0, 1):
        own, asking = np.flatnonzero(unit_group == group), np.flatnonzero(child_group == group)
        unit[own] = child[chance.choice(asking, len(own), replace=False)]
        near = cKDTree(unit[own]).query(child[asking], k=3)[1]
        demand = np.bincount(near.ravel(), minlength=len(own)) / 3
        seats = np.maximum(demand * chance.uniform(0.8, 1.2, len(own)), 1)
        capacity[own] = np.ceil(seats * len(asking) / LOAD / seats.sum())
    near = cKDTree(unit).query(child, k=4)[1]
    some = near[np.arange(children), chance.integers(0, 4, children)]
    return limits.City(
        child=child,
        child_group=child_group,
        child_area=_area(child),
        child_unit=np.where(chance.random(children) < 0.3, some, -1),
        school_unit=near[:, -1] // 4 * 4,
        sibling_unit=np.where(chance.random(children) < 0.1, some, -1),
        unit=unit,
        unit_group=unit_group,
        unit_area=_area(unit),
        capacity=capacity,
    )


def _area(points: limits.Floats) -> limits.Ints:
    steps = np.floor((points - (60.0, 24.0)) / (0.03, 0.06)).astype(np.int64)
    return np.asarray(steps[:, 0] * 10_000 + steps[:, 1])


def as_input(city: limits.City) -> tuple[Subjects, Seats]:
    """The city as placement takes it."""

    def codes(column: limits.Ints) -> list[int | None]:
        return [None if code < 0 else code for code in column.tolist()]

    subjects = Subjects(
        ids=list(range(len(city.child))),
        latitude=city.child[:, 0],
        longitude=city.child[:, 1],
        group=codes(city.child_group),
        area=codes(city.child_area),
        current_unit=codes(city.child_unit),
        school_unit=codes(city.school_unit),
        sibling_unit=codes(city.sibling_unit),
    )
    seats = Seats(
        ids=list(range(len(city.unit))),
        unit=list(range(len(city.unit))),
        latitude=city.unit[:, 0],
        longitude=city.unit[:, 1],
        group=codes(city.unit_group),
        capacity=city.capacity,
        areas=[[area] for area in city.unit_area.tolist()],
    )
    return subjects, seats


def measure(report: Report, city: limits.City, runs: int) -> None:
    """Both policies on one city: ours and the limit in turn, then the proofs."""
    subjects, seats = as_input(city)
    size = len(subjects)

    def ours(policy: str) -> limits.Ints:
        return place(subjects, seats, criteria=CRITERIA, seed=SEED, policy=policy).seat_of

    peak = Peak()
    costs, (stable, textbook) = in_turn(
        lambda: ours("stable"), lambda: limits.gale_shapley(city, SEED), runs, peak
    )
    assert np.array_equal(stable, textbook)
    assert limits.count_blocking_pairs(city, stable, SEED) == 0
    report.add("stable", size, ours=costs[0], limit=costs[1], peers={}, equal=True, peak_mb=peak.mb)
    measure_water(report, city, stable, runs)

    other = limits.least_sum if size <= SCIPY_UP_TO else limits.plain_flow
    peak = Peak()
    costs, (shortest, least) = in_turn(lambda: ours("shortest"), lambda: other(city), runs, peak)
    total = limits.haversine(city.child, city.unit[shortest]).sum()
    assert (shortest >= 0).all()
    assert total == least if size <= SCIPY_UP_TO else total <= least
    assert limits.proves_least(city, shortest)
    report.add(
        "shortest", size, ours=costs[0], limit=costs[1], peers={}, equal=True, peak_mb=peak.mb
    )


def measure_water(report: Report, city: limits.City, placed: limits.Ints, runs: int) -> None:
    """Whose straight line crosses water, once everybody has a seat."""
    subjects, seats = as_input(city)
    bays = make_bays(city)
    water = WaterMap(list(pieces_of(shapely.union_all(bays))))

    def ours() -> limits.Ints:
        placement = place(subjects, seats, criteria=CRITERIA, seed=SEED, water=water)
        assert np.array_equal(placement.seat_of, placed)
        began = time.perf_counter()
        warned = np.flatnonzero(placement.over_water)
        seconds.append(time.perf_counter() - began)
        return warned

    seconds: list[float] = []
    peak = Peak()
    costs, (warned, expected) = in_turn(
        ours, lambda: limits.over_water(city, placed, bays, WATER_M), runs, peak
    )
    assert np.array_equal(warned, expected)
    assert len(warned)
    size = len(subjects)
    report.add(
        "over_water", size, ours=seconds, limit=costs[1], peers={}, equal=True, peak_mb=peak.mb
    )


def make_bays(city: limits.City) -> list[Polygon]:
    """Bays of some six hundred metres with a winding shore, anywhere in the city; some meet."""
    chance = np.random.default_rng(60)
    turn = np.linspace(0, 2 * np.pi, 1_500, endpoint=False)
    bays = []
    for _ in range(60):
        north, east = city.child.min(axis=0) + chance.random(2) * np.ptp(city.child, axis=0)
        radius = 0.006 * (1 + 0.15 * np.sin(turn * chance.integers(5, 80)))
        shore = east + 2 * radius * np.cos(turn), north + radius * np.sin(turn)
        bays.append(Polygon(np.stack(shore, axis=1)))
    return bays


def in_turn(
    ours: Callable[[], Ours], limit: Callable[[], Limit], runs: int, peak: Peak
) -> tuple[tuple[list[float], list[float]], tuple[Ours, Limit]]:
    """Two ways to do the same, run in turn: the seconds of each run, and the last results."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        with peak.watched():
            began = time.perf_counter()
            result = ours()
            seconds[0].append(time.perf_counter() - began)
        began = time.perf_counter()
        other = limit()
        seconds[1].append(time.perf_counter() - began)
    return seconds, (result, other)


def growth(report: Report, case: str) -> float:
    """The exponent of our cost against the number of children, smallest to largest."""
    rows = [row for row in report.rows if row.case == case]
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    options = parser.parse_args()
    report = Report("placement")
    for children, units in QUICK_SIZES if options.quick else SIZES:
        measure(report, make_city(children, units), RUNS)
    report.growth = {case: growth(report, case) for case in ("stable", "over_water", "shortest")}
    report.finish()


if __name__ == "__main__":
    main()
