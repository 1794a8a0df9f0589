"""Places: what has seats. One group of one unit, all its appointment times together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from offers.placement.inputs import (
    Bools,
    Code,
    Floats,
    Ints,
    Seats,
    codes_in,
    flags_in,
    number_codes,
)

_NO_UNIT = -2  # unlike the -1 of a subject who has no unit: the two never match


@dataclass(frozen=True)
class Places:
    """One entry in each array for one place; `seats` are the rows of Seats it is made of."""

    seats: list[list[int]]
    capacity: Ints
    pinned: Ints
    minimum: Ints
    points: Floats
    unit: Ints
    group: Ints
    areas: Bools
    special: Bools
    immersion: Bools

    def __len__(self) -> int:
        return len(self.seats)


@dataclass(frozen=True)
class Numbers:
    """Numbers for the seats' codes; subjects' codes are looked up in them."""

    unit: dict[Code, int]
    group: dict[Code, int]
    area: dict[Code, int]

    @classmethod
    def of(cls, seats: Seats) -> "Numbers":
        """Number every code of the seats."""
        areas = [] if seats.areas is None else [area for row in seats.areas for area in row]
        return cls(*(number_codes(column) for column in (seats.unit, seats.group, areas)))


def _merge_times(seats: Seats) -> list[list[int]]:
    """Rows of Seats that differ only in the time, earliest first, as one place."""
    if seats.starts_at is None:
        return [[row] for row in range(len(seats))]
    merged: dict[tuple[object, ...], list[int]] = {}
    starts_at: Sequence[Any] = seats.starts_at
    order = sorted(range(len(seats)), key=starts_at.__getitem__)
    for row in order:
        kind = (
            seats.unit[row],
            seats.group[row],
            bool(seats.special[row]) if seats.special is not None else False,
            bool(seats.immersion[row]) if seats.immersion is not None else False,
            tuple(seats.areas[row]) if seats.areas is not None else (),
        )
        merged.setdefault(kind, []).append(row)
    return list(merged.values())


def make_places(seats: Seats, numbers: Numbers, points: Floats, pins: Mapping[int, int]) -> Places:
    """Merge the seats into places; pinned seats are taken off their capacity."""
    rows = _merge_times(seats)
    first = np.array([place[0] for place in rows], dtype=np.int64)
    pinned_rows = np.bincount(list(pins.values()), minlength=len(seats)).astype(np.int64)
    capacity = np.asarray(seats.capacity, dtype=np.int64)
    place_of = np.empty(len(seats), dtype=np.int64)
    for place, members in enumerate(rows):
        place_of[members] = place
    minimum = np.zeros(len(seats)) if seats.minimum is None else np.asarray(seats.minimum)
    areas = np.zeros((len(rows), len(numbers.area) + 1), dtype=bool)
    if seats.areas is not None:
        for place, row in enumerate(first):
            areas[place, [numbers.area[area] for area in seats.areas[row]]] = True
    pinned = np.bincount(place_of, pinned_rows, len(rows)).astype(np.int64)
    unit = codes_in(seats.unit, numbers.unit, len(seats))[first]
    return Places(
        seats=rows,
        capacity=np.bincount(place_of, capacity, len(rows)).astype(np.int64) - pinned,
        pinned=pinned,
        minimum=minimum[first].astype(np.int64),
        points=points[first],
        unit=np.where(unit < 0, _NO_UNIT, unit),
        group=codes_in(seats.group, numbers.group, len(seats))[first],
        areas=areas,
        special=flags_in(seats.special, len(seats))[first],
        immersion=flags_in(seats.immersion, len(seats))[first],
    )
