"""Rows with encrypted columns."""

from typing import ClassVar

from django.db import connections, models, router

from citizens.encryption import context, decrypt, encrypt


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Take ``count`` primary keys of ``model`` from its sequence, for rows still to be written.

    An encrypted value is bound to its row's key, which must be known before the insert.
    """
    meta = model._meta
    column = meta.pk.column
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(  # as one text: a row for each key takes four times as long
            "SELECT string_agg(nextval(sequence)::text, ' ') "
            "FROM pg_get_serial_sequence(%s, %s) sequence, generate_series(1, %s)",
            [meta.db_table, column, count],
        )
        (keys,) = cursor.fetchone()
        return [int(key) for key in keys.split()] if keys else []


class Encrypted(models.Model):
    """A row some of whose columns hold ``citizens.encryption`` values bound to this very row."""

    change_over_together: ClassVar[str] = "pk"
    """The column whose equal rows get the new key in one transaction: they are compared by it."""

    class Meta:
        abstract = True

    def index_of(self, column: str, value: str) -> bytes | None:
        """The search index of ``value`` in ``column``, for a model that has a ``column_index``."""
        raise NotImplementedError(f"{self._meta.label}.{column}")

    def seal(self, column: str, value: str) -> None:
        """Put ``value`` into ``column`` encrypted; an empty value is stored as NULL.

        A new row gets its primary key here; save it with ``force_insert=True``.
        """
        setattr(self, column, encrypt(value, where=self._where(column)) if value else None)

    def unseal(self, column: str) -> str:
        """The value in ``column``, or an empty text. Raises EncryptionError."""
        stored = getattr(self, column)
        return decrypt(stored, where=self._where(column)) if stored else ""

    def _where(self, column: str) -> str:
        return context(self._meta.db_table, column, self._identity())

    def _identity(self) -> object:
        """What binds the values to this row; a model with another fixed key may use that."""
        if self.pk is None:
            self.pk = reserve_ids(type(self), 1)[0]
        return self.pk
