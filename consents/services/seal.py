"""The sealer: chains the digests of what was written into blocks, each bound to the one before.

It never reads the sealed rows and inserters never wait for it: their digests lie ready, one row
for each statement, and whatever has been committed by now is taken. A transaction that commits
late is simply sealed later. Only sealers wait for each other.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils import timezone

from consents.models import SealBlock, UnsealedDigests
from consents.models.digests import BLOCK_ROWS
from consents.services.heads import CutOffError, last_published, publish_heads, sign

LOCK = 0x5EA1
"""The advisory lock of the sealer."""

BEGINNING = bytes(32)
"""What the first block follows."""


@dataclass(frozen=True, slots=True)
class BlockContent:
    """What a head speaks for."""

    number: int
    at: datetime
    table_name: str
    rows: int
    first_id: int
    last_id: int
    digest: bytes
    """SHA-256 of the block's digests."""
    previous: bytes

    def head(self) -> bytes:
        """SHA-256 of everything in the block and of the head before it."""
        lines = (
            f"number={self.number}",
            f"at={self.at.astimezone(UTC).isoformat()}",
            f"table={self.table_name}",
            f"rows={self.rows}",
            f"first_id={self.first_id}",
            f"last_id={self.last_id}",
            f"digest={self.digest.hex()}",
            f"previous={self.previous.hex()}",
        )
        return hashlib.sha256("\n".join(lines).encode()).digest()


@dataclass(slots=True)
class _Batch:
    """Statements of one table that become one block."""

    table_name: str
    ids: list[int]
    rows: int
    first_id: int
    last_id: int


def seal() -> int:
    """Chain everything that waits and publish the new heads; returns the number of new blocks.

    What a crash left unpublished is published first. Raises CutOffError when the published heads
    know of more than the database has, HeadsLostError when they have lost what they knew.
    """
    publish_heads()
    with transaction.atomic(durable=True):
        blocks = _seal() if _alone() else 0
    publish_heads()
    return blocks


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _seal() -> int:
    last = SealBlock.objects.order_by("-number").values_list("number", "head").first()
    number, head = last or (0, BEGINNING)
    if last_published() > number:
        raise CutOffError("the published heads know of blocks that the database does not have")
    blocks = 0
    for batch in _batches():
        number += 1
        blocks += 1
        head = _chain(batch, number=number, previous=bytes(head))
    return blocks


def _batches() -> Iterator[_Batch]:
    """What waits, table by table, in blocks of BLOCK_ROWS rows at most."""
    waiting = UnsealedDigests.objects.order_by("table_name", "pk")
    batch: _Batch | None = None
    fields = ("pk", "table_name", "rows", "first_id", "last_id")
    for pk, table_name, rows, first_id, last_id in list(waiting.values_list(*fields)):
        if batch and batch.table_name == table_name and batch.rows + rows <= BLOCK_ROWS:
            batch.ids.append(pk)
            batch.rows += rows
            batch.first_id = min(batch.first_id, first_id)
            batch.last_id = max(batch.last_id, last_id)
            continue
        if batch:
            yield batch
        batch = _Batch(table_name, [pk], rows, first_id, last_id)
    if batch:
        yield batch


def _chain(batch: _Batch, *, number: int, previous: bytes) -> bytes:
    """Move the batch into the next block; returns its head. The digests stay in the database."""
    digests = "string_agg(digests, '' ORDER BY id)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sha256({digests}) FROM consents_unsealeddigests WHERE id = ANY(%s)",
            [batch.ids],
        )
        content = BlockContent(
            number=number,
            at=timezone.now(),
            table_name=batch.table_name,
            rows=batch.rows,
            first_id=batch.first_id,
            last_id=batch.last_id,
            digest=bytes(cursor.fetchone()[0]),
            previous=previous,
        )
        head = content.head()
        cursor.execute(
            f"""
            WITH taken AS (
                DELETE FROM consents_unsealeddigests WHERE id = ANY(%s) RETURNING id, digests
            )
            INSERT INTO consents_sealblock (
                number, at, table_name, rows, first_id, last_id, previous, head, signature, digests
            )
            SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, {digests} FROM taken
            """,
            [
                *(batch.ids, content.number, content.at, content.table_name, content.rows),
                *(content.first_id, content.last_id, content.previous, head, sign(head)),
            ],
        )
    return head
