"""The import of seats: how many each unit has for a service, in a period and a group."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from citizens.register.errors import BadRows, ErrorFile, Problem
from citizens.register.parsers import Wrong, needed, one_of, text
from citizens.register.reading import RegisterFile
from offers.models import Capacity, SeatKind, Service, Unit

MOST_SEATS = 10_000


class SeatRow(NamedTuple):
    """A line of a file of seats, its unit named by the service map's id, all as text.

    ``group`` is the language of the group, or empty; ``starts_at`` is an appointment's time, or
    empty; ``minimum`` is how many a group needs to be opened; ``kind`` is a SeatKind, and a file
    of ordinary seats only may do without it.
    """

    unit: str
    service: str
    period: str
    group: str
    starts_at: str
    seats: str
    minimum: str
    kind: str = ""


class Key(NamedTuple):
    """What makes a capacity one and the same."""

    unit_id: int
    service_id: int
    period: str
    group: str
    kind: str
    starts_at: datetime | None


@dataclass(frozen=True)
class SeatChanges:
    """How many groups or appointments came and changed."""

    new: int
    changed: int
    unchanged: int
    skipped: int


def import_seats(
    *,
    path: Path,
    errors: ErrorFile,
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[SeatChanges], None] = lambda changes: None,
) -> SeatChanges:
    """Add and change the seats the file names; others stay as they are.

    Raises RegisterError, and then nothing has changed.
    """
    with (
        transaction.atomic(),
        closing(RegisterFile(path, SeatRow._fields, optional=("kind",))) as file,
    ):
        capacities = _good_capacities(file, errors)
        if errors.count and not skip_bad:
            raise BadRows(
                f"{errors.rows} rows cannot be used; nothing was imported. "
                f"{errors.path} says why. With --skip-bad the other rows are imported."
            )
        changes = _store(capacities, skipped=errors.rows)
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _good_capacities(file: RegisterFile, errors: ErrorFile) -> dict[Key, Capacity]:
    def report(line: int, column: str, reason: str, _key: str = "") -> None:
        errors.add(Problem(file.name, line, column, reason))

    units = dict(Unit.objects.values_list("register_id", "pk"))
    services = dict(Service.objects.values_list("code", "pk"))
    taken = {
        Key(*values[:-1]): values[-1]
        for values in Capacity.objects.filter(taken__gt=0).values_list(*Key._fields, "taken")
    }
    capacities: dict[Key, Capacity] = {}
    for line, values in file.rows(report):
        problems: list[tuple[str, str]] = []
        capacity = _capacity(SeatRow(*values), units, services, problems)
        key = _key(capacity)
        if key in capacities:
            problems.append(("unit", "the same seats are on an earlier line too"))
        if capacity.seats < taken.get(key, 0):
            problems.append(("seats", f"{taken[key]} of these seats are already taken"))
        for column, reason in problems:
            report(line, column, reason)
        if not problems:
            capacities[key] = capacity
    return capacities


def _capacity(
    row: SeatRow,
    units: Mapping[str, int],
    services: Mapping[str, int],
    problems: list[tuple[str, str]],
) -> Capacity:
    def read(column: str, parse: Callable[[str], Any], otherwise: Any) -> Any:
        try:
            return parse(getattr(row, column))
        except Wrong as error:
            problems.append((column, str(error)))
            return otherwise

    seats = read("seats", _whole(at_least=1), 1)
    minimum = read("minimum", _whole(at_least=0), 0)
    if minimum > seats and not problems:
        problems.append(("minimum", "more than there are seats"))
    return Capacity(
        unit_id=read("unit", _among(units, "unit in the register"), 0),
        service_id=read("service", _among(services, "service in the catalogue"), 0),
        period=read("period", needed(text(20)), ""),
        group=read("group", text(20), ""),
        kind=read("kind", one_of(SeatKind.values), ""),
        starts_at=read("starts_at", _moment, None),
        seats=seats,
        minimum=minimum,
    )


def _whole(*, at_least: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
            if value == "" and at_least == 0:
                return 0
            raise Wrong("not a whole number")
        if not at_least <= int(value) <= MOST_SEATS:
            raise Wrong(f"not between {at_least} and {MOST_SEATS}")
        return int(value)

    return parse


def _among(known: Mapping[str, int], what: str) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if value not in known:
            raise Wrong(f"not a {what}")
        return known[value]

    return parse


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Wrong("not a time of the form 2026-01-31T08:30") from None
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _key(capacity: Capacity) -> Key:
    return Key(*(getattr(capacity, field) for field in Key._fields))


def _store(capacities: Mapping[Key, Capacity], *, skipped: int) -> SeatChanges:
    units = {key.unit_id for key in capacities}
    existing = {_key(old): old for old in Capacity.objects.filter(unit_id__in=units)}
    new: list[Capacity] = []
    changed: list[Capacity] = []
    for key, capacity in capacities.items():
        old = existing.get(key)
        if old is None:
            new.append(capacity)
        elif (old.seats, old.minimum) != (capacity.seats, capacity.minimum):
            old.seats, old.minimum = capacity.seats, capacity.minimum
            changed.append(old)
    Capacity.objects.bulk_create(new, batch_size=1000)
    _update(changed)
    return SeatChanges(
        new=len(new),
        changed=len(changed),
        unchanged=len(capacities) - len(new) - len(changed),
        skipped=skipped,
    )


def _update(changed: Sequence[Capacity]) -> None:
    # Only these two columns: the trigger on Offer keeps ``taken``.
    Capacity.objects.bulk_update(changed, ["seats", "minimum"], batch_size=1000)
