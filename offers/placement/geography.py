"""Distances on the globe and who is near to whom, without computing every pair."""

import numpy as np

from offers.placement.inputs import Bools, Floats, Ints, Seats, Subjects

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius of the earth (IUGG), metres."""

UNKNOWN_M = (1 << 25) - 1
"""Stands for a distance nobody knows: more metres than there are between any two points."""

FAR_M = 1_000_000
"""A point further than this from the middle of the seats is a mistake, not an address."""

_CELL_DEGREES = 0.004
_WIDE_CELL_DEGREES = 0.03
_ROUNDING = 1e-7  # of an angle near zero, taken from its cosine


def unit_vectors(latitude: Floats, longitude: Floats) -> Floats:
    """Points on the unit sphere, (n, 3); NaN stays NaN."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)), axis=-1)


def metres_between(a: Floats, b: Floats) -> Ints:
    """Great-circle distances of unit vectors in whole metres; UNKNOWN_M where one is NaN."""
    chord_squared = sum((a[..., axis] - b[..., axis]) ** 2 for axis in range(3))
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(np.sqrt(chord_squared) / 2, 1.0))
    return np.nan_to_num(np.rint(metres), copy=False, nan=UNKNOWN_M).astype(np.int64)


def straight_lines(subjects: Subjects, seats: Seats) -> Floats:
    """Great-circle distances, a row for each subject and a column for each seat.

    NaN where a point is not known or so far away that it must be wrong.
    """
    here = unit_vectors(np.asarray(subjects.latitude), np.asarray(subjects.longitude))
    there = unit_vectors(np.asarray(seats.latitude), np.asarray(seats.longitude))
    metres = metres_between(here[:, None, :], there[None, :, :]).astype(np.float64)
    metres[metres > FAR_M] = np.nan
    return metres


def far_from_middle(points: Floats, middle_of: Floats) -> Bools:
    """Which points lie so far from the middle of the others that they must be wrong."""
    known = middle_of[~np.isnan(middle_of[:, 0])]
    if not len(known):
        return np.zeros(len(points), dtype=bool)
    middle = np.median(known, axis=0)
    length = float(np.linalg.norm(middle))
    if length == 0.0:
        return np.zeros(len(points), dtype=bool)
    metres = metres_between(points, middle / length)
    return np.asarray((metres > FAR_M) & (metres != UNKNOWN_M))


def nearest(points: Floats, targets: Floats, count: int) -> tuple[Ints, Floats]:
    """For each point, `count` targets among which the nearest are, and how far that is certain.

    Returns the targets' indices, unordered, (n, count), and for each point the radius in metres
    within which no target is missing. Points that lie in one small cell share their candidates,
    which is what makes this cheap. A point that is NaN has a radius of zero.
    """
    known = ~np.isnan(points[:, 0])
    candidates = np.zeros((len(points), count), dtype=np.int64)
    radius = np.zeros(len(points))
    located = np.flatnonzero(~np.isnan(targets[:, 0]))
    if not known.any() or len(located) < count:
        return candidates, radius
    cell_of, centres = cells(points[known])
    cell_candidates, cell_radius = _nearest_to(centres, targets[located], count)
    candidates[known] = located[cell_candidates[cell_of]]
    offset = metres_between(points[known], centres[cell_of])
    # One metre for the rounding of each of the two distances.
    radius[known] = np.maximum(cell_radius[cell_of] - offset - 2, 0)
    return candidates, radius


def cells(points: Floats, degrees: float = _CELL_DEGREES) -> tuple[Ints, Floats]:
    """Which cell, some so many degrees wide, each point lies in, and a point of each cell."""
    steps = np.floor(points / np.radians(degrees)).astype(np.int64)
    key = (steps[:, 0] << 42) + (steps[:, 1] << 21) + steps[:, 2]
    _, first, cell_of = np.unique(key, return_index=True, return_inverse=True)
    return cell_of, points[first]


def _nearest_to(centres: Floats, targets: Floats, count: int) -> tuple[Ints, Floats]:
    """For each centre its nearest targets, and how far the furthest of them is.

    Centres of one wide cell look only among the targets that can be near to any of them.
    """
    candidates = np.empty((len(centres), count), dtype=np.int64)
    radius = np.empty(len(centres))
    wide_cell_of, middles = cells(centres, _WIDE_CELL_DEGREES)
    order = np.argsort(wide_cell_of, kind="stable")
    ends = np.cumsum(np.bincount(wide_cell_of))
    for members, middle in zip(np.split(order, ends[:-1]), middles, strict=True):
        metres = _angle(targets @ middle)
        within = np.partition(metres, count - 1)[count - 1]
        spread = _angle(centres[members] @ middle).max()
        possible = np.flatnonzero(metres <= within + 2 * spread + _ROUNDING)
        closeness = centres[members] @ targets[possible].T
        nearest_ones = np.argpartition(closeness, len(possible) - count, axis=1)[:, -count:]
        candidates[members] = possible[nearest_ones]
        furthest = np.take_along_axis(closeness, nearest_ones, axis=1).min(axis=1)
        radius[members] = EARTH_RADIUS_M * _angle(furthest)
    return candidates, radius


def _angle(cosine: Floats) -> Floats:
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))
