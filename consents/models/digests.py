"""The digest of a row, computed by the database when the row is written.

A statement's rows are digested together after it, whether it was one INSERT, an INSERT ... SELECT
or a COPY, and wait in ``UnsealedDigests`` for the sealer. That is an insert like the rows' own:
nobody waits for anybody, and rows of a transaction that commits late wait from then on.
"""

import pgtrigger
from django.db import models

ID_BYTES = 8
DIGEST_BYTES = 32
BLOCK_ROWS = 10_000
"""Rows whose digests are kept together at most: 400 kB."""


def digest_sql(model: type[models.Model] | models.Model) -> str:
    """SQL for the SHA-256 of a row's text: the table, then a line ``column=value`` for each value.

    The text is the same in every session: times are in UTC, bytes in hexadecimal, texts quoted as
    in JSON. A column that is null has no line, so a table may be given a nullable column later.
    """
    fields = model._meta.local_concrete_fields
    lines = ", ".join(sorted(f"'{field.column}=' || {_text(field)}" for field in fields))
    text = f"concat_ws(chr(10), '{model._meta.db_table}', {lines})"
    return f"sha256(convert_to({text}, 'UTF8'))"


def _text(field: "models.Field[object, object]") -> str:
    column = f'"{field.column}"'
    match field:
        case models.BinaryField():
            return f"encode({column}, 'hex')"
        case models.DateTimeField():
            return f"to_json({column} AT TIME ZONE 'UTC')::text"
        case models.IntegerField() | models.ForeignKey():
            return column
    return f"to_json({column})::text"


def put_down_sql(model: type[models.Model] | models.Model, *, rows: str) -> str:
    """SQL that puts down the digests of ``rows``, a table with the model's columns."""
    return f"""
        INSERT INTO consents_unsealeddigests (table_name, rows, first_id, last_id, digests)
        SELECT '{model._meta.db_table}', count(*), min(id), max(id),
            string_agg(digest, '' ORDER BY id)
        FROM (
            SELECT id, int8send(id) || {digest_sql(model)} AS digest,
                (row_number() OVER () - 1) / {BLOCK_ROWS} AS part
            FROM {rows}
        ) arrived GROUP BY part;
    """


class DigestArrivingRows(pgtrigger.Trigger):
    """After each INSERT, put down the digests of its rows to be sealed."""

    name = "digest"
    level = pgtrigger.Statement
    when = pgtrigger.After
    operation = pgtrigger.Insert
    referencing = pgtrigger.Referencing(new="arriving")

    def get_func(self, model: models.Model) -> str:
        """The trigger's function for this model's columns."""
        return f"{put_down_sql(model, rows='arriving')} RETURN NULL;"


class Digests(models.Model):
    """Digests of rows of one table: for each row its id (8 bytes) and SHA-256 (32), by id."""

    table_name = models.CharField(max_length=63)
    rows = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    digests = models.BinaryField(editable=False)

    class Meta:
        abstract = True
