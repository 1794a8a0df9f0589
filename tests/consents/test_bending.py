"""Whoever bends what was sealed is found, with every guard switched off, and it is said where."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from psycopg2.extensions import cursor

from consents.models import DataUse, SealBlock
from consents.models.digests import put_down_sql
from consents.services.heads import HeadsLostError, sign
from consents.services.seal import seal
from consents.services.verify_seal import Fault, verify_seal
from tests.consents.records import a_viewing, found, guards_off, used

pytestmark = pytest.mark.django_db(transaction=True)

USE, BLOCK = "consents_datause", "consents_sealblock"


@pytest.fixture(params=["sealed", "waiting"])
def rows(request: pytest.FixtureRequest) -> list[DataUse]:
    """Rows of several acts, sealed already or waiting for it."""
    written = used() + used()
    if request.param == "sealed":
        seal()
    assert verify_seal()
    return written


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "person_id = (SELECT max(id) FROM citizens_person)",
        "processing_id = (SELECT max(id) FROM consents_processing)",
    ],
)
def test_a_changed_row(rows: list[DataUse], superuser: cursor, change: str) -> None:
    with guards_off(superuser):
        superuser.execute(f"UPDATE {USE} SET {change} WHERE id = %s", [rows[1].pk])
    assert found() == {(Fault.CHANGED, USE, rows[1].pk)}


@pytest.mark.parametrize("which", [0, 2, -1], ids=["first", "middle", "last"])
def test_a_deleted_row(rows: list[DataUse], superuser: cursor, which: int) -> None:
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {USE} WHERE id = %s", [rows[which].pk])
    assert found() == {(Fault.GONE, USE, rows[which].pk)}


def test_two_rows_in_each_others_place(rows: list[DataUse], superuser: cursor) -> None:
    one, other = rows[0].pk, rows[4].pk
    with guards_off(superuser):
        for old, new in ((one, -1), (other, one), (-1, other)):
            superuser.execute(f"UPDATE {USE} SET id = %s WHERE id = %s", [new, old])
    assert found() == {(Fault.CHANGED, USE, one), (Fault.CHANGED, USE, other)}


@pytest.mark.parametrize("number", ["-9223372036854775808", "0", "9223372036854775807"])
def test_a_row_slipped_in(rows: list[DataUse], superuser: cursor, number: str) -> None:
    with guards_off(superuser):
        superuser.execute(
            f"INSERT INTO {USE} (id, at, processing_id, person_id)"
            f" SELECT {number}, at, processing_id, 0 FROM {USE} WHERE id = %s",
            [rows[0].pk],
        )
    assert found() == {(Fault.NEVER_DIGESTED, USE, int(number))}


def test_an_emptied_table(rows: list[DataUse], superuser: cursor) -> None:
    with guards_off(superuser):
        superuser.execute(f"TRUNCATE {USE}")
    assert found() == {(Fault.GONE, USE, row.pk) for row in rows}


def test_a_changed_row_digested_anew(rows: list[DataUse], superuser: cursor) -> None:
    with guards_off(superuser):
        superuser.execute(f"UPDATE {USE} SET at = now() WHERE id = %s", [rows[3].pk])
        changed = f"(SELECT * FROM {USE} WHERE id = {rows[3].pk}) changed"
        superuser.execute(put_down_sql(DataUse, rows=changed))
    assert (Fault.TWICE, USE, rows[3].pk) in found()
    seal()
    assert (Fault.TWICE, USE, rows[3].pk) in found()


def test_digests_that_wait_cannot_be_thrown_away(superuser: cursor) -> None:
    written = used()
    superuser.execute("DELETE FROM consents_unsealeddigests WHERE table_name = %s", [USE])
    seal()
    assert found() == {(Fault.NEVER_DIGESTED, USE, row.pk) for row in written}


@pytest.fixture
def chain() -> list[SealBlock]:
    """Blocks of one table."""
    for _ in range(4):
        a_viewing()
        seal()
    return list(SealBlock.objects.order_by("number"))


@pytest.mark.parametrize(
    "change",
    [
        "digests = digests || '\\x00'",
        "at = at - interval '1 day'",
        "rows = rows + 1",
        "table_name = 'offers_answer'",
        "first_id = first_id - 1",
        "signature = '\\x00'",
        "head = sha256(head)",
    ],
)
def test_a_changed_block(chain: list[SealBlock], superuser: cursor, change: str) -> None:
    with guards_off(superuser):
        superuser.execute(f"UPDATE {BLOCK} SET {change} WHERE number = 2")
    assert (Fault.BLOCK_CHANGED, BLOCK, 2) in found()


@pytest.mark.parametrize("number", [1, 2])
def test_a_block_taken_out(chain: list[SealBlock], superuser: cursor, number: int) -> None:
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number = %s", [number])
    bent = found()
    assert (Fault.CUT_OFF, BLOCK, number) in bent
    assert (Fault.BLOCK_OUT_OF_PLACE, BLOCK, number + 1) in bent
    assert (Fault.NEVER_DIGESTED, "consents_processing", chain[number - 1].first_id) in bent


def test_two_blocks_in_each_others_place(chain: list[SealBlock], superuser: cursor) -> None:
    with guards_off(superuser):
        for old, new in ((2, 20), (3, 2), (20, 3)):
            superuser.execute(f"UPDATE {BLOCK} SET number = %s WHERE number = %s", [new, old])
    assert {(Fault.BLOCK_CHANGED, BLOCK, 2), (Fault.BLOCK_CHANGED, BLOCK, 3)} <= found()


def test_a_tail_cut_off_with_its_blocks(chain: list[SealBlock], superuser: cursor) -> None:
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number > 2")
        superuser.execute("DELETE FROM consents_processing WHERE id > %s", [chain[1].last_id])
    assert found() == {(Fault.CUT_OFF, BLOCK, 3), (Fault.CUT_OFF, BLOCK, 4)}


def test_everything_cut_off(chain: list[SealBlock], superuser: cursor) -> None:
    with guards_off(superuser):
        superuser.execute(f"TRUNCATE {BLOCK}, consents_processing CASCADE")
    assert found() == {(Fault.CUT_OFF, BLOCK, number) for number in (1, 2, 3, 4)}


def test_a_tail_written_anew_by_whoever_has_the_key(
    chain: list[SealBlock], superuser: cursor
) -> None:
    """The published heads remember even what the installation itself would have signed."""
    last = chain[-1]
    head = bytes(31) + b"\1"
    with guards_off(superuser):
        superuser.execute(
            f"UPDATE {BLOCK} SET head = %s, signature = %s WHERE number = %s",
            [head, sign(head), last.number],
        )
    assert (Fault.HEAD_DIFFERS, BLOCK, last.number) in found()


@pytest.mark.parametrize("field", ["head", "signature"])
def test_a_changed_published_head(chain: list[SealBlock], heads: Path, field: str) -> None:
    value = bytes(getattr(chain[1], field)).hex()
    heads.write_text(heads.read_text().replace(value, "00" * (len(value) // 2)))
    assert found() == {(Fault.HEAD_DIFFERS, BLOCK, 2)}


def test_published_heads_that_cannot_be_read(chain: list[SealBlock], heads: Path) -> None:
    heads.write_text(heads.read_text().replace('{"number": 3', "number 3"))
    assert found() == {(Fault.HEADS_UNREADABLE, BLOCK, 2)}


def test_all_findings_are_counted_and_the_first_are_named(superuser: cursor) -> None:
    used(people=120)
    seal()
    with guards_off(superuser):
        superuser.execute(f"TRUNCATE {USE}")
    verdict = verify_seal()
    assert (verdict.broken, len(verdict.findings)) == (120, 100)
    assert not verdict


@pytest.fixture
def long_chain() -> list[SealBlock]:
    """Blocks of an hour, sealed long ago."""
    start = timezone.now() - timedelta(hours=3)
    for minutes in (0, 20, 40, 60):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            a_viewing()
            seal()
    assert verify_seal()
    return list(SealBlock.objects.order_by("number"))


@pytest.mark.parametrize(
    ("lines", "missing"),
    [([], [1, 2, 3, 4]), ([1, 2], [3, 4]), ([1, 3, 4], [2]), ([2, 3, 4], [1])],
    ids=["all", "the end", "the middle", "the beginning"],
)
def test_published_heads_that_are_gone(
    long_chain: list[SealBlock], heads: Path, lines: list[int], missing: list[int]
) -> None:
    kept = heads.read_text().splitlines(keepends=True)
    heads.write_text("".join(kept[number - 1] for number in lines))
    assert found() == {(Fault.NOT_PUBLISHED, BLOCK, number) for number in missing}


def test_heads_that_were_lost_are_not_written_anew_on_the_database_s_word(
    long_chain: list[SealBlock], superuser: cursor, heads: Path
) -> None:
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number > 3")
        superuser.execute("DELETE FROM consents_processing WHERE id > %s", [long_chain[2].last_id])
    copy = heads.read_text()
    heads.unlink()
    a_viewing()
    with pytest.raises(HeadsLostError):
        seal()
    heads.write_text(copy)
    assert found() == {(Fault.CUT_OFF, BLOCK, 4)}


def test_a_person_may_have_them_written_anew(long_chain: list[SealBlock], heads: Path) -> None:
    copy = heads.read_text()
    heads.unlink()
    call_command("verify_seal", "--publish-again")
    assert heads.read_text() == copy
    a_viewing()
    assert seal()
    assert verify_seal()
