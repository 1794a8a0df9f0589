"""What goes into a placement: the subjects, the seats and what a caseworker has pinned."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from offers.placement.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Code = Hashable | None
"""A group, area, unit or family: anything that can be compared; None is none."""


@dataclass(frozen=True)
class Subjects:
    """Who is to be placed: one entry in each column for one subject.

    Coordinates are WGS 84 degrees, NaN where the address is unknown. `group` is the group that
    was asked for (the requested language, or language and programme); it is the only thing that
    chooses a group, and nothing else here, a mother tongue least of all, can replace it.
    Subjects with the same `family` who ask for the same kind of group go together.
    """

    ids: Sequence[Hashable]
    latitude: Sequence[float] | Floats
    longitude: Sequence[float] | Floats
    group: Sequence[Code]
    area: Sequence[Code] | None = None
    current_unit: Sequence[Code] | None = None
    school_unit: Sequence[Code] | None = None
    sibling_unit: Sequence[Code] | None = None
    family: Sequence[Code] | None = None
    special: Sequence[bool] | None = None
    immersion: Sequence[bool] | None = None

    def __post_init__(self) -> None:
        _require_equal_lengths(self, "subject")
        _require_distinct(self.ids, "subject")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Seats:
    """Where there is room: one entry for one group of one unit, or for one appointment time.

    `capacity` is how many seats there are, at least one. `minimum` is how many subjects a group
    needs to be opened. `areas` are the admission areas the group serves. Seats that are `special`
    or `immersion` are kept for subjects who are. `starts_at` makes the row an appointment: rows
    that differ only in it are one place with several times.
    """

    ids: Sequence[Hashable]
    unit: Sequence[Code]
    latitude: Sequence[float] | Floats
    longitude: Sequence[float] | Floats
    group: Sequence[Code]
    capacity: Sequence[int] | Ints
    minimum: Sequence[int] | Ints | None = None
    areas: Sequence[Sequence[Code]] | None = None
    special: Sequence[bool] | None = None
    immersion: Sequence[bool] | None = None
    starts_at: Sequence[Hashable] | None = None
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        _require_equal_lengths(self, "seat")
        _require_distinct(self.ids, "seat")
        for row, capacity in enumerate(self.capacity):
            if capacity < 1 or capacity != int(capacity):
                raise InvalidInput(
                    f"{self.name_of(row)} has {capacity} seats; a group has at least one seat."
                )
        for row, minimum in enumerate(() if self.minimum is None else self.minimum):
            if minimum < 0 or minimum > self.capacity[row]:
                raise InvalidInput(
                    f"{self.name_of(row)} has a minimum of {minimum} with {self.capacity[row]} "
                    "seats; a minimum is between zero and the number of seats."
                )

    def __len__(self) -> int:
        return len(self.ids)

    def name_of(self, row: int) -> str:
        """The unit's name as people know it, or its code where there is none."""
        return str(self.unit[row] if self.names is None else self.names[row])


def codes_in(column: Sequence[Code] | None, index: dict[Code, int], length: int) -> Ints:
    """Each code as its number in `index`; -1 for None, for a code not there, or for no column."""
    if column is None:
        return np.full(length, -1, dtype=np.int64)
    return np.fromiter((index.get(code, -1) for code in column), dtype=np.int64, count=length)


def flags_in(column: Sequence[bool] | None, length: int) -> Bools:
    """The column as booleans, all false where there is none."""
    return np.zeros(length, dtype=bool) if column is None else np.asarray(column, dtype=bool)


def number_codes(column: Sequence[Code]) -> dict[Code, int]:
    """A number for each different code of a column, in the order of appearance; None has none."""
    index: dict[Code, int] = {}
    for code in column:
        if code is not None:
            index.setdefault(code, len(index))
    return index


def _require_equal_lengths(table: Subjects | Seats, noun: str) -> None:
    for field in fields(table):
        column = getattr(table, field.name)
        if column is not None and len(column) != len(table.ids):
            raise InvalidInput(
                f"The column {field.name} has {len(column)} entries for {len(table.ids)} {noun}s."
            )


def _require_distinct(ids: Sequence[Hashable], noun: str) -> None:
    if len(set(ids)) != len(ids):
        raise InvalidInput(f"The same {noun} is given twice; each must come once.")
