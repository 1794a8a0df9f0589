"""Changing encrypted rows over to the current key, with the service running.

A row is read, opened, encrypted anew and given its search indexes anew in one short transaction.
Searches look under every key of the ring, so a row is found before and after. Rows that are
compared by their index (contact points of one number) change over together. What has the current
key is passed over, so whatever stopped goes on where it was.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, models, transaction

from citizens.copying import copy_rows
from citizens.encryption import keyring
from citizens.models import Encrypted

REGISTER_LOCK = 0x48507265
"""Of PostgreSQL's advisory locks, the one held while importing a register or changing keys over."""

BATCH = 1000
INDEX = "_index"

Progress = Callable[[str, int], None]
"""Hears of which table how many rows more have the current key."""


class RotationError(Exception):
    """The keys cannot be changed over now."""


@dataclass(frozen=True)
class Rotated:
    """``left`` rows were locked by others at each try; the next run takes them."""

    rows: int
    left: int


def encrypted_models() -> list[type[Encrypted]]:
    """Every model with encrypted columns."""
    return [model for model in apps.get_models() if issubclass(model, Encrypted)]


def encrypted_columns(model: type[Encrypted]) -> list[str]:
    """The columns that hold encrypted values: all binary ones that are not a search index."""
    binary = [f.name for f in model._meta.local_fields if isinstance(f, models.BinaryField)]
    return [name for name in binary if not name.endswith(INDEX)]


def count_stale(model: type[Encrypted]) -> int:
    """How many rows have a value under another key than the current one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE {_stale(model)}")
        return int(cursor.fetchone()[0])


def rotate_keys(*, progress: Progress = lambda table, rows: None, batch: int = BATCH) -> Rotated:
    """Give every encrypted row the current key. Raises RotationError.

    Not while a register is being imported: it compares rows by their index.
    """
    rows = left = 0
    with _register_held():
        for model in encrypted_models():
            for done in _rotate(model, batch):
                rows += done
                progress(model._meta.db_table, done)
            left += count_stale(model)
    return Rotated(rows, left)


@contextmanager
def _register_held() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [REGISTER_LOCK])
        if not cursor.fetchone()[0]:
            raise RotationError("A register is being imported, or keys are being changed over.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [REGISTER_LOCK])


def _rotate(model: type[Encrypted], batch: int) -> Iterator[int]:
    """Batch by batch, in the order of the column that keeps rows together.

    Rows that somebody else holds are waited for by nobody: the batch gets smaller, and one that is
    held by itself is passed over.
    """
    after: Any = None
    size = batch
    while True:
        together = _next(model, after, size)
        if not together:
            return
        try:
            yield _change_over(model, together)
        except OperationalError:  # somebody holds one of them
            if size > 1:
                size = max(1, size // 4)
                continue
        after, size = together[-1], batch


def _next(model: type[Encrypted], after: Any, size: int) -> list[Any]:
    column, table = _together(model), model._meta.db_table
    beyond = f"AND {column} > %s" if after is not None else ""
    params: list[Any] = [after, size] if after is not None else [size]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {_stale(model)} {beyond}"
            f" ORDER BY {column} LIMIT %s",
            params,
        )
        return [value for (value,) in cursor.fetchall()]


@transaction.atomic
def _change_over(model: type[Encrypted], together: Sequence[Any]) -> int:
    held = model._default_manager.filter(**{f"{model.change_over_together}__in": together})
    rows = list(held.order_by("pk").select_for_update(nowait=True, of=("self",)))
    columns = encrypted_columns(model)
    indexes = [f"{name}{INDEX}" for name in columns if _is_indexed(model, name)]
    for row in rows:
        _encrypt_anew(row, columns)
    _write(model, rows, [*columns, *indexes])
    return len(rows)


def _encrypt_anew(row: Encrypted, columns: Sequence[str]) -> None:
    for name in columns:
        value = row.unseal(name)
        if value:
            row.seal(name, value)
            if _is_indexed(type(row), name):
                setattr(row, f"{name}{INDEX}", row.index_of(name, value))


def _write(model: type[Encrypted], rows: Sequence[Encrypted], columns: Sequence[str]) -> None:
    table = model._meta.db_table
    new = f"anew_{table}"
    with connection.cursor() as cursor:
        typed = ", ".join(f"{name} bytea" for name in columns)
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {new} (id bigint, {typed})")
        cursor.execute(f"TRUNCATE {new}")
        values = ([row.pk, *(_bytes(getattr(row, name)) for name in columns)] for row in rows)
        copy_rows(new, ("id", *columns), values)
        given = ", ".join(f"{name} = {new}.{name}" for name in columns)
        cursor.execute(f"UPDATE {table} SET {given} FROM {new} WHERE {table}.id = {new}.id")


def _is_indexed(model: type[Encrypted], column: str) -> bool:
    return any(field.name == f"{column}{INDEX}" for field in model._meta.local_fields)


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def _together(model: type[Encrypted]) -> str:
    name = model.change_over_together
    return str(model._meta.pk.column) if name == "pk" else name


def _stale(model: type[Encrypted]) -> str:
    """The first byte is another key's; what has been erased is empty."""
    fine = rf"('\x'::bytea, '\x{keyring().current:02x}'::bytea)"
    return " OR ".join(
        f"substr({column}, 1, 1) NOT IN {fine}" for column in encrypted_columns(model)
    ).join("()")
