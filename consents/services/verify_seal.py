"""Whether everything that was ever sealed is still there, unchanged; and if not, where.

First the chain: each block's digests, head and signature, its place, and the published heads.
Then the rows: each row of a sealed table must have exactly one digest in a block, or waiting for
one, and be what was digested. Rows go through memory by tens of thousands.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, Func, Sum
from django.utils import timezone

from consents.models import SealBlock, Sealed, SealPruning, UnsealedDigests
from consents.models.digests import DIGEST_BYTES, ID_BYTES, digest_sql
from consents.services.heads import ONE_RUN, PublishedHead, SealError, is_signed, published_heads
from consents.services.seal import BEGINNING, BlockContent

logger = logging.getLogger(__name__)

WINDOW_ROWS = 50_000
VERIFIED_AT = 2
"""The hour of the night, in Helsinki."""

NAMED = 100
"""So many findings are told one by one; all are counted."""


class Fault(StrEnum):
    """What is not as it was sealed, in words for whoever runs the verification."""

    CHANGED = "the row is not what was sealed"
    GONE = "the row was sealed and is gone"
    NEVER_DIGESTED = "the row was written with the guards switched off"
    TWICE = "the row has several digests"
    BLOCK_CHANGED = "the block is not what was signed"
    BLOCK_OUT_OF_PLACE = "the block does not follow the one before it"
    HEAD_DIFFERS = "the published head of the block is another one"
    CUT_OFF = "the block was published and is gone"
    NOT_PUBLISHED = "the block is not among the published heads"
    PRUNING_UNSIGNED = "nobody signed that blocks were taken off up to this one"
    HEADS_UNREADABLE = "the published heads cannot be read after this block"


@dataclass(frozen=True, slots=True)
class Finding:
    """``number`` is the row's id in ``table``, or the block's number."""

    fault: Fault
    table: str
    number: int


@dataclass
class SealVerdict:
    """Truthy when nothing was found. ``findings`` are the first hundred of ``broken``."""

    blocks: int = 0
    rows: int = 0
    waiting: int = 0
    """Rows whose digests wait for the sealer."""
    begins: int = 1
    """The first block there should be: those before it were taken off, and that is signed."""
    broken: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.broken

    def note(self, fault: Fault, table: str, number: int) -> None:
        """Count a finding, and keep it if there is room."""
        self.broken += 1
        if len(self.findings) < NAMED:
            self.findings.append(Finding(fault, table, number))


def verify_at_night(*, now: datetime) -> SealVerdict | None:
    """``verify_seal`` in its hour of the night; what it finds is logged as an error, by ids."""
    if timezone.localtime(now).hour != VERIFIED_AT:
        return None
    verdict = verify_seal()
    for finding in verdict.findings:
        logger.error("the seal is broken: %s %s: %s", finding.table, finding.number, finding.fault)
    return verdict


def verify_seal() -> SealVerdict:
    """Look at every block and every row of the sealed tables. Changes nothing, locks nothing."""
    verdict = SealVerdict()
    _verify_chain(verdict)
    for model in apps.get_models():
        if issubclass(model, Sealed):
            _verify_rows(verdict, model)
    return verdict


def _verify_chain(verdict: SealVerdict) -> None:
    heads = _readable_heads(verdict)
    published = next(heads, None)
    previous, expected = _beginning(verdict)
    while published and published.number < expected:
        last = published.number == expected - 1
        if last and published.head != previous:
            verdict.note(Fault.HEAD_DIFFERS, SealBlock._meta.db_table, published.number)
        published = next(heads, None)
    for content, head, signature in _blocks():
        verdict.blocks += 1
        while published and published.number < content.number:
            verdict.note(Fault.CUT_OFF, SealBlock._meta.db_table, published.number)
            published = next(heads, None)
        _compare(verdict, content, head, published)
        if published and published.number == content.number:
            published = next(heads, None)
        if content.head() != head or not is_signed(head, signature):
            verdict.note(Fault.BLOCK_CHANGED, SealBlock._meta.db_table, content.number)
        if content.number != expected or content.previous != previous:
            verdict.note(Fault.BLOCK_OUT_OF_PLACE, SealBlock._meta.db_table, content.number)
        previous, expected = head, content.number + 1
    while published:
        verdict.note(Fault.CUT_OFF, SealBlock._meta.db_table, published.number)
        published = next(heads, None)


def _compare(
    verdict: SealVerdict, content: BlockContent, head: bytes, published: PublishedHead | None
) -> None:
    """Hold the block against the next published head, which is its own or a later one's.

    Only a new block, as the last, may not have been published yet.
    """
    if published and published.number == content.number:
        if published.head != head or not is_signed(published.head, published.signature):
            verdict.note(Fault.HEAD_DIFFERS, SealBlock._meta.db_table, content.number)
    elif published or content.at < timezone.now() - ONE_RUN:
        verdict.note(Fault.NOT_PUBLISHED, SealBlock._meta.db_table, content.number)


def _beginning(verdict: SealVerdict) -> tuple[bytes, int]:
    """What the first block follows, and its number."""
    pruning = SealPruning.objects.order_by("through", "pk").last()
    if pruning is None:
        return BEGINNING, 1
    if not is_signed(pruning.statement(), pruning.signature):
        verdict.note(Fault.PRUNING_UNSIGNED, SealPruning._meta.db_table, pruning.through)
        return BEGINNING, 1
    verdict.begins = pruning.through + 1
    return bytes(pruning.head), verdict.begins


def _readable_heads(verdict: SealVerdict) -> Iterator[PublishedHead]:
    number = 0
    try:
        for published in published_heads():
            yield published
            number = published.number
    except SealError:
        verdict.note(Fault.HEADS_UNREADABLE, SealBlock._meta.db_table, number)


def _blocks() -> Iterator[tuple[BlockContent, bytes, bytes]]:
    """Every block in order: its content, head and signature. Its digests stay in the database."""
    digest = Func("digests", function="sha256", output_field=BinaryField())
    blocks = SealBlock.objects.defer("digests").annotate(digest=digest).order_by("number")
    for block in blocks.iterator():
        content = BlockContent(
            number=block.number,
            at=block.at,
            table_name=block.table_name,
            rows=block.rows,
            first_id=block.first_id,
            last_id=block.last_id,
            digest=bytes(block.digest),
            previous=bytes(block.previous),
        )
        yield content, bytes(block.head), bytes(block.signature)


def _verify_rows(verdict: SealVerdict, model: type[Sealed]) -> None:
    table = model._meta.db_table
    waiting = UnsealedDigests.objects.filter(table_name=table)
    verdict.waiting += waiting.aggregate(rows=Sum("rows"))["rows"] or 0
    for actual, sealed in _windows(model):
        verdict.rows += len(actual)
        digests = dict(sealed)
        for number, digest in digests.items():
            if number not in actual:
                verdict.note(Fault.GONE, table, number)
            elif actual[number] != digest:
                verdict.note(Fault.CHANGED, table, number)
        for number in actual.keys() - digests.keys():
            verdict.note(Fault.NEVER_DIGESTED, table, number)
        if len(digests) != len(sealed):
            times = Counter(number for number, _digest in sealed)
            for number in (number for number, count in times.items() if count > 1):
                verdict.note(Fault.TWICE, table, number)


Digest = tuple[int, bytes]


def _windows(model: type[Sealed]) -> Iterator[tuple[dict[int, bytes], list[Digest]]]:
    """The digests of the rows as they are, and of the same ids as sealed, from id to id.

    Both sides of a window come from one statement: rows and digests are committed together.
    """
    table = model._meta.db_table
    overlapping = "table_name = %(table)s AND first_id <= %(last)s AND last_id > %(after)s"
    after, end = -(2**63) - 1, 2**63 - 1
    while after < end:
        last = _edge(table, after) or end
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT 'actual', string_agg(int8send(id) || {digest_sql(model)}, '' ORDER BY id)
                FROM {table} WHERE id > %(after)s AND id <= %(last)s
                UNION ALL SELECT 'sealed', digests FROM consents_sealblock WHERE {overlapping}
                UNION ALL SELECT 'sealed', digests FROM consents_unsealeddigests
                WHERE {overlapping}
                """,
                {"table": table, "after": after, "last": last},
            )
            actual: dict[int, bytes] = {}
            sealed: list[Digest] = []
            for side, digests in cursor:
                if side == "actual":
                    actual.update(_split(digests or b""))
                else:
                    sealed.extend(each for each in _split(digests) if after < each[0] <= last)
        yield actual, sealed
        after = last


def _edge(table: str, after: int) -> int | None:
    """The id with which a window ends; None if fewer rows are left than a window has."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {table} WHERE id > %s ORDER BY id OFFSET %s LIMIT 1",
            [after, WINDOW_ROWS - 1],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _split(digests: bytes | memoryview) -> Iterator[Digest]:
    data = bytes(digests)
    size = ID_BYTES + DIGEST_BYTES
    for start in range(0, len(data), size):
        number = int.from_bytes(data[start : start + ID_BYTES], signed=True)
        yield number, data[start + ID_BYTES : start + size]
