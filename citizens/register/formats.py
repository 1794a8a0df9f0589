"""The files the registers deliver: one class for each, its fields being the columns.

docs/formats.md describes them for whoever writes such files. Every value is text, as in the file;
an empty text is "not known" or "none".
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, NamedTuple


class PersonRow(NamedTuple):
    """A line of people.csv."""

    register_key: str
    identity_code: str
    first_names: str
    last_name: str
    birth_date: str
    sex: str
    mother_tongue: str
    contact_language: str
    municipality: str
    address: str
    postal_code: str
    latitude: str
    longitude: str
    protected: str
    place_by_hand: str
    died_on: str
    moved_out_on: str


class GuardianshipRow(NamedTuple):
    """A line of guardianships.csv; guardian and child are register keys."""

    guardian: str
    child: str
    may_decide: str
    valid_from: str
    valid_until: str


class ContactRow(NamedTuple):
    """A line of contacts.csv; person is a register key, kind sms or email, 0 the first to use."""

    person: str
    kind: str
    value: str
    priority: str


class FactRow(NamedTuple):
    """A line of a file of registered facts; person is a register key."""

    person: str
    attribute: str
    value: str


def flag(value: bool) -> str:
    """Yes or no, as the files write it."""
    return "1" if value else "0"


class RowWriter:
    """Writes a file in the documented form; with ``count`` the file promises so many rows."""

    def __init__(
        self, file: IO[str], columns: Sequence[str], *, as_of: date, count: int | None = None
    ) -> None:
        promise = "" if count is None else f" rows: {count}"
        file.write(f"# as-of: {as_of.isoformat()}{promise}\n")
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write these rows."""
        self._writer.writerows(rows)
