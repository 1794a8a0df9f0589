"""The import of the population register: all of it or nothing."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from citizens import signals
from citizens.copying import in_parts
from citizens.models import ContactPoint, Person, RegisterImport
from citizens.register import checking, comparing, merging, staging
from citizens.register.checking import RowCheck
from citizens.register.comparing import Offence, RegisterChanges
from citizens.register.errors import (
    AnotherImportRuns,
    BadRows,
    ErrorFile,
    KeysChangeOver,
    OlderThanLast,
    Problem,
    UnusableFile,
)
from citizens.register.formats import ContactRow, GuardianshipRow, PersonRow
from citizens.register.reading import RegisterFile
from citizens.rotation import REGISTER_LOCK, count_stale

PART = 10_000
"""Rows held in memory at a time."""

R = TypeVar("R", bound=tuple[Any, ...])


@dataclass(frozen=True)
class RegisterFiles:
    """One delivery: three files that speak of the same day.

    ``as_of`` is that day where the files do not say it themselves.
    """

    people: Path
    guardianships: Path
    contacts: Path
    as_of: date | None = None


def import_register(
    *,
    files: RegisterFiles,
    errors: ErrorFile,
    by: AbstractBaseUser | None = None,
    skip_bad: bool = False,
    allow_shrink: bool = False,
    dry_run: bool = False,
    review: Callable[[RegisterChanges], None] = lambda changes: None,
    progress: Callable[[str, int], None] = lambda file, rows: None,
) -> RegisterChanges:
    """Make the register's tables say what the files say, in one transaction.

    ``review`` is shown what changes before it is committed; ``dry_run`` then rolls it back.
    ``progress`` hears how many rows of which file were read. Wrong rows go to ``errors``; nobody
    whose row is left out by ``skip_bad`` counts as gone. Raises RegisterError, and then nothing
    has changed.
    """
    with transaction.atomic(), ExitStack() as stack:
        delivery = _Delivery(stack, files, errors, progress)
        _refuse_at_the_same_time()
        _refuse_while_keys_change()
        _refuse_older(delivery.as_of)
        delivery.stage()
        if errors.count and not skip_bad:
            raise BadRows(
                f"{errors.rows} rows cannot be used; nothing was imported. "
                f"{errors.path} says why. With --skip-bad the other rows are imported."
            )
        changes = _merge(skipped=errors.rows)
        if not allow_shrink:
            changes.refuse_shrinking()
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
        else:
            RegisterImport.objects.create(
                as_of=delivery.as_of,
                imported_by_id=None if by is None else by.pk,
                digest=delivery.digest,
                counts=changes.counts(),
            )
    return changes


class _Delivery:
    """The three files being read into the temporary tables."""

    def __init__(
        self,
        stack: ExitStack,
        files: RegisterFiles,
        errors: ErrorFile,
        progress: Callable[[str, int], None],
    ) -> None:
        self._errors = errors
        self._progress = progress
        self._people, self._guardianships, self._contacts = self._files = [
            self._open(stack, path, columns)
            for path, columns in (
                (files.people, PersonRow._fields),
                (files.guardianships, GuardianshipRow._fields),
                (files.contacts, ContactRow._fields),
            )
        ]
        self.as_of = _same_day(self._files, files.as_of)
        self._bad_keys: list[str] = []

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of the files, in hexadecimal."""
        return hashlib.sha256(b"".join(file.digest for file in self._files)).hexdigest()

    def stage(self) -> None:
        """Read and check everything; leaves only rows in the tables that go together."""
        staging.create_tables()
        self._read(self._people, checking.people(self.as_of), checking.Person, staging.stage_people)
        self._read(
            self._guardianships,
            checking.guardianships(),
            checking.Guardianship,
            staging.stage_guardianships,
        )
        self._read(self._contacts, checking.contacts(), checking.Contact, staging.stage_contacts)
        self._leave_out(self._people, comparing.take_out_people())
        self._leave_alone()
        comparing.match_people()
        self._leave_out(self._guardianships, comparing.take_out_guardianships())
        self._leave_out(self._contacts, comparing.take_out_contacts())
        self._leave_alone()

    def _open(self, stack: ExitStack, path: Path, columns: Sequence[str]) -> RegisterFile:
        file = RegisterFile(path, columns)
        stack.callback(file.close)
        return file

    def _read(
        self,
        file: RegisterFile,
        check: RowCheck,
        row: Callable[..., R],
        stage: Callable[[Sequence[tuple[int, R]]], None],
    ) -> None:
        count = 0
        for part in in_parts(self._good_rows(file, check, row), PART):
            stage(part)
            count += len(part)
            self._progress(file.name, count)

    def _good_rows(
        self, file: RegisterFile, check: RowCheck, row: Callable[..., R]
    ) -> Iterator[tuple[int, R]]:
        def report(line: int, column: str, reason: str, key: str) -> None:
            self._errors.add(Problem(file.name, line, column, reason))
            self._bad_keys.append(key)

        for line, values in file.rows(report):
            problems: list[tuple[str, str]] = []
            parsed = check.read(values, problems)
            if not problems:
                yield line, row(*parsed)
            for column, reason in problems:
                report(line, column, reason, values[0])

    def _leave_out(self, file: RegisterFile, offences: Iterable[Offence]) -> None:
        for offence in offences:
            self._errors.add(Problem(file.name, offence.line, offence.column, offence.reason))
            self._bad_keys.append(offence.register_key)

    def _leave_alone(self) -> None:
        staging.leave_alone(self._bad_keys)
        self._bad_keys.clear()


def _same_day(files: Sequence[RegisterFile], given: date | None) -> date:
    said = {file.name: file.header.as_of or given for file in files}
    days = set(said.values())
    if None in days:
        raise UnusableFile(
            "The files do not say of which day they are. Begin each with a line such as "
            "'# as-of: 2026-01-31', or give the day with --as-of."
        )
    if given is not None:
        days.add(given)
    if len(days) > 1:
        raise UnusableFile("The files, or they and --as-of, speak of different days.")
    (day,) = days
    assert day is not None  # noqa: S101 - None was refused
    if day > timezone.localdate():
        raise UnusableFile("The files speak of a day that has not come yet.")
    return day


def _refuse_at_the_same_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [REGISTER_LOCK])
        if not cursor.fetchone()[0]:
            raise AnotherImportRuns("Another import is running; wait until it has ended.")


def _refuse_while_keys_change() -> None:
    if any(count_stale(model) for model in (Person, ContactPoint)):
        raise KeysChangeOver(
            "The keys are being changed over: run rotate_keys to its end, then import."
        )


def _refuse_older(as_of: date) -> None:
    last = RegisterImport.objects.order_by("-as_of").first()
    if last is not None and as_of < last.as_of:
        raise OlderThanLast(
            f"These files are of {as_of.isoformat()}, but the register here is already of "
            f"{last.as_of.isoformat()}."
        )


def _merge(*, skipped: int) -> RegisterChanges:
    now = timezone.now()
    protected = merging.newly_protected()
    changes = RegisterChanges(
        people=merging.merge_people(now),
        guardianships=merging.merge_guardianships(now),
        contacts=merging.merge_contacts(now),
        newly_protected=len(protected),
        skipped=skipped,
    )
    if changes.people.new:
        signals.people_arrived.send(sender=RegisterImport, people=merging.new_people())
    if protected:
        signals.became_protected.send(sender=RegisterImport, person_ids=protected)
    return changes
