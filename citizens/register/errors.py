"""What can be wrong with the registers' files, in words for whoever delivers them."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class RegisterError(Exception):
    """Nothing was imported; the message says why and what to do."""


class UnusableFile(RegisterError):  # noqa: N818 - these read as "raise UnusableFile"
    """A file as a whole cannot be read."""


class BadRows(RegisterError):  # noqa: N818
    """Some rows are wrong; the error file lists them."""


class OlderThanLast(RegisterError):  # noqa: N818
    """The files speak of an earlier day than what is already here."""


class TooManyGone(RegisterError):  # noqa: N818
    """So much would vanish that the files are more likely cut than true."""


class KeysChangeOver(RegisterError):  # noqa: N818
    """Rows are compared by an index, and some still have the former key's."""


class AnotherImportRuns(RegisterError):  # noqa: N818
    """Two imports at once would undo each other."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line. The reason never repeats a value: it may be personal."""

    file: str
    line: int
    column: str
    reason: str


class ErrorFile:
    """The problems of one import, written to a CSV file; there is no file without problems."""

    SHOWN = 10

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: list[Problem] = []
        self._lines: set[tuple[str, int]] = set()
        with suppress(FileNotFoundError):
            path.unlink()

    @property
    def rows(self) -> int:
        """How many rows have a problem."""
        return len(self._lines)

    def add(self, problem: Problem) -> None:
        """Note a problem. Raises RegisterError if the file cannot be written."""
        try:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                if not self.count:
                    writer.writerow(("file", "line", "column", "reason"))
                writer.writerow((problem.file, problem.line, problem.column, problem.reason))
        except OSError as error:
            raise RegisterError(
                f"The error file {self.path} cannot be written: {error.strerror}."
            ) from None
        self.count += 1
        self._lines.add((problem.file, problem.line))
        if len(self.first) < self.SHOWN:
            self.first.append(problem)

    def said(self) -> Iterator[str]:
        """The first problems, as sentences."""
        for problem in self.first:
            column = f", {problem.column}" if problem.column else ""
            yield f"{problem.file}, line {problem.line}{column}: {problem.reason}"
