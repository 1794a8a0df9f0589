"""What the import commands have in common: their options, and how they end."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from citizens.register.errors import ErrorFile, RegisterError


class ImportCommand(BaseCommand):
    """A command that imports files, or says why not."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument(
            "--skip-bad", action="store_true", help="leave wrong rows out and import the others"
        )
        parser.add_argument(
            "--errors",
            type=Path,
            metavar="FILE",
            help="where wrong rows are listed; beside the first file if not given",
        )

    @contextmanager
    def errors(self, beside: Path, given: Path | None) -> Iterator[ErrorFile]:
        """The file for wrong rows; afterwards says how the import ended."""
        errors = ErrorFile(given or beside.with_suffix(".errors.csv"))
        try:
            yield errors
        except RegisterError as error:
            self._list(errors)
            raise CommandError(str(error)) from None
        self._list(errors)

    def show(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        """Print a table of numbers."""
        table = Table(*columns, title=title)
        for name, *numbers in rows:
            table.add_row(str(name), *(f"{number:,}" for number in numbers))
        console_of(self).print(table)

    def end(self, *, dry_run: bool) -> None:
        """Say whether anything was written."""
        said = "Nothing was changed: this was a dry run." if dry_run else "Imported."
        self.stdout.write(said)

    def _list(self, errors: ErrorFile) -> None:
        for sentence in errors.said():
            self.stderr.write(sentence)
        if errors.count > len(errors.first):
            self.stderr.write(f"... and {errors.count - len(errors.first)} more, see {errors.path}")


def console_of(command: BaseCommand) -> Console:
    """A console that prints where the command does."""
    return Console(file=cast(IO[str], command.stdout))


def day(value: str) -> date:
    """A day on the command line, as 2026-01-31."""
    return date.fromisoformat(value)
