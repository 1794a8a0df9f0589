"""Taking the oldest blocks off the seal, whole, with the rows whose time is over.

Rows that must stay are carried forward: their digests, as they were sealed, wait for the sealer
again. So whatever was bent before stays found, and the chain begins at the block after the last
one taken off. Only the tables' owner can do it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import pgtrigger
from django.db import connection, transaction

from consents.models import Erased, Erasure, SealBlock, Sealed, SealPruning, UnsealedDigests
from consents.models.digests import DIGEST_BYTES, ID_BYTES
from consents.services.heads import sign
from consents.services.seal import LOCK

MOST_BLOCKS = 100
"""In one transaction: a million rows at most."""

Kept = Callable[[list[int]], Collection[int]]
"""Given the ids of rows whose blocks go: those that must stay."""


@dataclass(frozen=True)
class Pruned:
    """What one transaction took off; ``through`` is the last block that went, 0 for none."""

    through: int
    rows: int
    carried: int


@transaction.atomic(durable=True)
def prune_seal(*, older_than: datetime, kept: dict[type[Sealed], Kept]) -> Pruned:
    """Take off the first blocks that are older, at most so many; the last block always stays.

    ``kept`` has the tables in the order in which rows may go: what refers to others first. Rows of
    tables it does not name are all carried forward.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    going = _going(older_than)
    if not going:
        return Pruned(0, 0, 0)
    digests = _digests(going)
    gone = sum(
        _delete(model, digests.get(model._meta.db_table, {}), keep) for model, keep in kept.items()
    )
    carried = sum(_carry(table, rows) for table, rows in digests.items())
    _record(going, older_than, gone)
    return Pruned(going[-1].number, gone, carried)


def _going(older_than: datetime) -> list[SealBlock]:
    """The first blocks in a row that are older; never the last of all."""
    going: list[SealBlock] = []
    for block in SealBlock.objects.order_by("number")[: MOST_BLOCKS + 1]:
        if block.at >= older_than:
            return going
        going.append(block)
    return going[:-1]


def _digests(blocks: list[SealBlock]) -> dict[str, dict[int, bytes]]:
    """Table -> id -> id and digest, as sealed."""
    found: dict[str, dict[int, bytes]] = {}
    size = ID_BYTES + DIGEST_BYTES
    for block in blocks:
        data, rows = bytes(block.digests), found.setdefault(block.table_name, {})
        for start in range(0, len(data), size):
            number = int.from_bytes(data[start : start + ID_BYTES], signed=True)
            rows[number] = data[start : start + size]
    return found


def _delete(model: type[Sealed], digests: dict[int, bytes], keep: Kept) -> int:
    """Delete the rows that need not stay, and take their digests out."""
    stay = set(keep(sorted(digests)))
    ids = [number for number in digests if number not in stay]
    with pgtrigger.ignore(f"{model._meta.label}:append_only"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = ANY(%s)", [ids])
    for number in ids:
        del digests[number]
    return len(ids)


def _carry(table: str, rows: dict[int, bytes]) -> int:
    if rows:
        UnsealedDigests.objects.create(
            table_name=table,
            rows=len(rows),
            first_id=min(rows),
            last_id=max(rows),
            digests=b"".join(rows[number] for number in sorted(rows)),
        )
    return len(rows)


def _record(going: list[SealBlock], older_than: datetime, rows: int) -> None:
    last = going[-1]
    with pgtrigger.ignore("consents.SealBlock:append_only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consents_sealblock WHERE number <= %s", [last.number])
    pruning = SealPruning(through=last.number, head=bytes(last.head), older_than=older_than)
    pruning.signature = sign(pruning.statement())
    pruning.save()
    Erasure.objects.create(what=Erased.SEALED, basis=None, older_than=older_than, rows=rows)


def pruned_through() -> int:
    """The last block that was taken off; 0 for none."""
    last = SealPruning.objects.order_by("through").last()
    return last.through if last else 0
