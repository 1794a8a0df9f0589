"""Preference lists, made as far as they are needed.

A list begins with the nearest places and those that a criterion points to. It ends where a place
that was not looked at could come before the next one; who gets that far asks for the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from offers.placement.criteria import (
    AREA,
    FLAG_CRITERIA,
    NEVER,
    UNIT_CRITERIA,
    Ranking,
)
from offers.placement.geography import nearest
from offers.placement.inputs import Bools, Floats, Ints
from offers.placement.problem import Pool

_PAIRS_AT_ONCE = 1 << 20
_POINTED_AT_MOST = 12


@dataclass(frozen=True)
class Choices:
    """First choices of the parties of a pool: row i is for `parties[i]`, best first.

    Only `valid` entries are choices. `complete` says that every place of the pool is listed.
    """

    pool: Pool
    places: Ints
    preference: Ints
    priority: Ints
    metres: Ints
    valid: Bools
    complete: bool

    @property
    def parties(self) -> Ints:
        """Whose lists these are."""
        return self.pool.parties


def first_choices(
    ranking: Ranking, count: int, pools: Iterable[Pool] | None = None
) -> Iterator[Choices]:
    """Some `count` first choices of the parties of the pools (by default, of all), in blocks.

    Exact as far as they go: no place that is left out comes before one that is listed.
    """
    for pool in ranking.problem.pools if pools is None else pools:
        if not pool.places.size:
            continue
        if len(pool.places) <= count or ranking.problem.distances is not None:
            yield from _from_all_places(ranking, pool, count)
        else:
            yield _from_near_places(ranking, pool, count)


def _from_all_places(ranking: Ranking, pool: Pool, count: int) -> Iterator[Choices]:
    step = max(_PAIRS_AT_ONCE // len(pool.places), 1)
    for start in range(0, len(pool.parties), step):
        rows = Pool(pool.parties[start : start + step], pool.places)
        keys = ranking.keys_and_metres(rows.parties[:, None], pool.places[None, :])
        yield _in_order(ranking, rows, keys, count, complete=len(pool.places) <= count)


def _from_near_places(ranking: Ranking, pool: Pool, count: int) -> Choices:
    problem = ranking.problem
    near, radius = nearest(
        problem.parties.points[pool.parties], problem.places.points[pool.places], count
    )
    pointed_at, missed = _pointed_at(ranking, pool)
    candidates = np.concatenate((pool.places[near], *pointed_at), axis=1)
    absent = candidates < 0
    candidates[absent] = 0
    keys = ranking.keys_and_metres(pool.parties[:, None], candidates)
    unproven = keys[0] >= _best_unlisted(ranking, missed, radius)[:, None]
    keys[0][absent | unproven] = NEVER
    return _in_order(ranking, pool, keys, candidates.shape[1], complete=False)


def _best_unlisted(ranking: Ranking, missed: dict[str, Bools], radius: Floats) -> Ints:
    """The best key that a place which is not among the candidates could have."""
    metres = np.floor(radius).astype(np.int64)
    nothing = np.zeros(len(metres), dtype=bool)
    held = {name: missed.get(name, nothing) for name in ranking.preferences}
    return ranking.pack(ranking.preferences, held, metres) << ranking.place_bits


def _pointed_at(ranking: Ranking, pool: Pool) -> tuple[list[Ints], dict[str, Bools]]:
    """Places that a criterion points to, and for whom a criterion points to more than that."""
    parties, places = ranking.problem.parties, ranking.problem.places
    found: list[Ints] = []
    missed: dict[str, Bools] = {}
    for name in ranking.preferences:
        if name in UNIT_CRITERIA:
            units = getattr(parties, UNIT_CRITERIA[name])[pool.parties]
            index = _Index.of(places.unit[pool.places], pool.places)
        elif name == AREA:
            units = parties.area[pool.parties]
            rows, areas = np.nonzero(places.areas[pool.places])
            index = _Index.of(areas, pool.places[rows])
        elif name in FLAG_CRITERIA:
            missed[name] = getattr(parties, FLAG_CRITERIA[name])[pool.parties]
            continue
        else:
            continue
        listed, missed[name] = index.look_up(units, _POINTED_AT_MOST)
        found.append(listed)
    return found, missed


@dataclass(frozen=True)
class _Index:
    """The places of each code, one after the other."""

    codes: Ints
    places: Ints

    @classmethod
    def of(cls, codes: Ints, places: Ints) -> "_Index":
        order = np.argsort(codes, kind="stable")
        return cls(codes[order], places[order])

    def look_up(self, codes: Ints, at_most: int) -> tuple[Ints, Bools]:
        """For each code its first places, -1 past the last, and whether there are more."""
        start = np.searchsorted(self.codes, codes)
        count = np.searchsorted(self.codes, codes, side="right") - start
        width = min(int(count.max(initial=0)), at_most)
        position = start[:, None] + np.arange(width)
        present = np.arange(width) < count[:, None]
        listed = np.where(present, self.places[np.where(present, position, 0)], -1)
        return listed, count > width


def _in_order(
    ranking: Ranking, pool: Pool, keys: tuple[Ints, Ints, Ints], count: int, *, complete: bool
) -> Choices:
    order = np.argsort(keys[0], axis=1)[:, :count]
    preference, priority, metres = (np.take_along_axis(key, order, axis=1) for key in keys)
    # A place may be found in two ways; the second time it is no choice.
    repeated = np.zeros(preference.shape, dtype=bool)
    repeated[:, 1:] = preference[:, 1:] == preference[:, :-1]
    valid = (preference < NEVER) & ~repeated
    preference = np.where(valid, preference, NEVER)
    places = np.where(valid, preference & ((1 << ranking.place_bits) - 1), 0)
    return Choices(pool, places, preference, priority, metres, valid, complete)
