"""Many rows into a table at once, through PostgreSQL's COPY."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import TypeVar

from django.db import connection

T = TypeVar("T")

Value = str | int | float | bool | bytes | date | Decimal | None

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write ``rows`` into ``table``. They are held in memory as text: give a part at a time."""
    lines = ("\t".join([_text(value) for value in row]) for row in rows)
    text = StringIO("\n".join(lines))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text, size=1 << 18)


def in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most ``size``."""
    iterator = iter(rows)
    while part := list(islice(iterator, size)):
        yield part


def _text(value: Value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES) if _has_special(value) else value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)


def _has_special(value: str) -> bool:
    return "\\" in value or not value.isprintable()
