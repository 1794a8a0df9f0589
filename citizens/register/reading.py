"""Reading a register's file line by line, whatever has happened to it on the way."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from citizens.register.errors import UnusableFile

LONGEST_LINE = 64 * 1024
"""Bytes. No row of any register is as long; a longer line is skipped without being held."""

FIRST_LINE = re.compile(r"#\s*as-of:\s*(?P<as_of>\d{4}-\d{2}-\d{2})(?:\s+rows:\s*(?P<rows>\d+))?")
BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}

Report = Callable[[int, str, str, str], None]
"""Told of a bad row: line, column, reason, and the register key it begins with."""


class BadLine(ValueError):  # noqa: N818 - read as "raise BadLine"
    """This line is no row; the message says why."""


@dataclass
class Header:
    """What a file says of itself before its rows."""

    as_of: date | None
    promised: int | None
    delimiter: str
    order: list[int | None]
    """For each column of the format, where it is in the file, if it is."""


class RegisterFile:
    """One file, read once; ``digest`` is its SHA-256 as far as it has been read."""

    def __init__(self, path: Path, columns: Sequence[str], *, optional: Sequence[str] = ()) -> None:
        """Open it and read its header. Raises UnusableFile.

        A file may do without the ``optional`` ones of the columns: they are empty in every row.
        """
        self.name = path.name
        self._columns = columns
        self._optional = optional
        self._line = 0
        self._sha = hashlib.sha256()
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise UnusableFile(f"{path} cannot be opened: {error.strerror}.") from None
        try:
            self.header = self._read_header()
        except UnusableFile:
            self._file.close()
            raise

    @property
    def digest(self) -> bytes:
        """SHA-256 of what has been read."""
        return self._sha.digest()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def rows(self, report: Report) -> Iterator[tuple[int, list[str]]]:
        """Each row's line number and values, in the format's order of columns.

        Lines that are no rows go to ``report``. Raises UnusableFile at the end of a cut file.
        """
        count = 0
        order, delimiter = self.header.order, self.header.delimiter
        for raw in self._lines():
            count += 1
            try:
                values = self._values(raw, delimiter)
            except BadLine as error:
                report(self._line, "", str(error), _key(raw, delimiter))
                continue
            yield self._line, ["" if index is None else values[index].strip() for index in order]
        promised = self.header.promised
        if promised is not None and promised != count:
            raise UnusableFile(
                f"{self.name} says that it has {promised} rows, but has {count}: "
                "it has been cut, or put together of several."
            )

    def _read_header(self) -> Header:
        first = self._text_line()
        promise = FIRST_LINE.fullmatch(first)
        names = self._text_line() if promise else first
        delimiter = ";" if ";" in names and "," not in names else ","
        columns = [name.strip().strip('"') for name in names.split(delimiter)]
        self._refuse_columns(columns)
        try:
            as_of = date.fromisoformat(promise["as_of"]) if promise else None
        except ValueError:
            raise UnusableFile(f"{self.name}: the day after as-of is no date.") from None
        rows = promise["rows"] if promise else None
        return Header(
            as_of=as_of,
            promised=int(rows) if rows else None,
            delimiter=delimiter,
            order=[columns.index(n) if n in columns else None for n in self._columns],
        )

    def _refuse_columns(self, columns: list[str]) -> None:
        there = {*columns, *self._optional}
        missing = [name for name in self._columns if name not in there]
        unknown = sorted({name for name in columns if name not in self._columns})
        twice = sorted({name for name in columns if columns.count(name) > 1})
        said = [
            f"{what}: {', '.join(names)[:200]}"
            for what, names in (
                ("missing columns", missing),
                ("unknown columns", unknown),
                ("columns that come twice", twice),
            )
            if names
        ]
        if said:
            raise UnusableFile(
                f"{self.name} does not have the columns of this file ({'; '.join(said)}). "
                f"They are: {','.join(self._columns)}"
            )

    def _text_line(self) -> str:
        raw = next(self._lines(), None)
        if raw is None:
            raise UnusableFile(f"{self.name} is empty.")
        if self._line == 1:
            if raw[:2] in BYTE_ORDER_MARKS:
                raise UnusableFile(f"{self.name} is in UTF-16; it must be saved as UTF-8.")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode().strip()
        except UnicodeDecodeError:
            raise UnusableFile(f"{self.name} is not in UTF-8; save it as UTF-8.") from None

    def _lines(self) -> Iterator[bytes]:
        while line := self._file.readline(LONGEST_LINE):
            self._line += 1
            self._sha.update(line)
            if not line.endswith(b"\n"):
                line = self._rest_of(line)
            yield line

    def _rest_of(self, line: bytes) -> bytes:
        """Skip what is left of a line that is too long. Raises UnusableFile if the file ends."""
        too_long = len(line) == LONGEST_LINE
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = self._file.readline(LONGEST_LINE)
            self._sha.update(rest)
        if not rest:
            raise UnusableFile(
                f"{self.name} ends in the middle of line {self._line}: it has been cut."
            )
        return line if too_long else line + rest

    def _values(self, raw: bytes, delimiter: str) -> list[str]:
        if len(raw) >= LONGEST_LINE:
            raise BadLine(f"the line is longer than {LONGEST_LINE} bytes")
        try:
            line = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise BadLine("the line is not in UTF-8 (in Latin-1, perhaps?)") from None
        if "\0" in line:
            raise BadLine("the line has a NUL character in it")
        values = self._split(line, delimiter)
        columns = len(self.header.order) - self.header.order.count(None)
        if len(values) != columns:
            raise BadLine(f"the line has {len(values)} columns instead of {columns}")
        return values

    def _split(self, line: str, delimiter: str) -> list[str]:
        if '"' not in line:
            return line.split(delimiter)
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            raise BadLine("a quotation mark is not closed, or stands within a value") from None


def _key(raw: bytes, delimiter: str) -> str:
    """What may be the register key of a line that cannot be read."""
    return raw[:200].decode(errors="replace").split(delimiter)[0].strip().strip('"')
