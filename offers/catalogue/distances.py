"""The import of distances that the city measured: each child's way to each unit."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from citizens.copying import copy_rows, in_parts
from citizens.models import Person
from citizens.register.errors import BadRows, ErrorFile, Problem
from citizens.register.reading import RegisterFile
from offers.models import Unit, Way

FURTHEST_M = 1_000_000
ROWS_AT_ONCE = 50_000

WayRow = tuple[int, int, int | None]
"""Person, unit, metres; None where there is no way."""


class DistanceRow(NamedTuple):
    """A line of the file: the register's key of the person, the service map's id of the unit.

    ``metres`` are whole; empty where there is no way.
    """

    person: str
    unit: str
    metres: str


@dataclass(frozen=True)
class DistanceChanges:
    """How many ways are known now, were known before, and how many rows were left out."""

    known: int
    before: int
    skipped: int


def import_distances(
    *,
    path: Path,
    errors: ErrorFile,
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[DistanceChanges], None] = lambda changes: None,
) -> DistanceChanges:
    """Replace all measured ways by those of the file; where it names none a straight line counts.

    Raises RegisterError, and then nothing has changed.
    """
    with (
        transaction.atomic(),
        closing(RegisterFile(path, DistanceRow._fields)) as file,
    ):
        before = Way.objects.count()
        Way.objects.all().delete()
        for part in in_parts(_good_rows(file, errors), ROWS_AT_ONCE):
            copy_rows(Way._meta.db_table, ("person_id", "unit_id", "metres"), part)
        if errors.count and not skip_bad:
            raise BadRows(
                f"{errors.rows} rows cannot be used; nothing was imported. "
                f"{errors.path} says why. With --skip-bad the other rows are imported."
            )
        changes = DistanceChanges(Way.objects.count(), before, skipped=errors.rows)
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _good_rows(file: RegisterFile, errors: ErrorFile) -> Iterator[WayRow]:
    def report(line: int, column: str, reason: str, _key: str = "") -> None:
        errors.add(Problem(file.name, line, column, reason))

    people = dict(Person.objects.values_list("register_key", "pk"))
    units = dict(Unit.objects.values_list("register_id", "pk"))
    seen: set[tuple[int, int]] = set()
    for line, values in file.rows(report):
        row = DistanceRow(*values)
        person, unit = people.get(row.person), units.get(row.unit)
        if person is None:
            report(line, "person", "not a person in the register")
        elif unit is None:
            report(line, "unit", "not a unit in the register")
        elif row.metres and not _whole(row.metres):
            report(line, "metres", f"not a whole number of metres up to {FURTHEST_M}")
        elif (person, unit) in seen:
            report(line, "unit", "the same way is on an earlier line too")
        else:
            seen.add((person, unit))
            yield person, unit, int(row.metres) if row.metres else None


def _whole(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 8 and int(value) <= FURTHEST_M
