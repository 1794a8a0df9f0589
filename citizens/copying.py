"""Many rows into a table at once, through PostgreSQL's COPY."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")

Value = str | int | float | bool | bytes | date | Decimal | None

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write ``rows`` into ``table``. They are held in memory as text: give a part at a time."""
    lines = ("\t".join([WRITTEN[type(value)](value) for value in row]) for row in rows)
    text = StringIO("\n".join(lines))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text, size=1 << 18)


def in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most ``size``."""
    iterator = iter(rows)
    while part := list(islice(iterator, size)):
        yield part


def _escaped(value: str) -> str:
    if value.isprintable() and "\\" not in value:
        return value
    return value.translate(ESCAPES)


WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _none: "\\N",
    str: _escaped,
    bool: lambda flag: "t" if flag else "f",
    bytes: lambda data: "\\\\x" + data.hex(),
    int: str,
    float: repr,
    date: date.isoformat,
    Decimal: str,
}
"""How COPY's text format writes each type of value."""
