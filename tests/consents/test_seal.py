"""What is written is digested with it, and chained without anybody waiting."""

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import cursor

from citizens.models import Person
from consents.models import (
    DataUse,
    Processing,
    SealBlock,
    Sealed,
    UnsealedDigests,
)
from consents.models.digests import BLOCK_ROWS, digest_sql
from consents.services import seal as sealing
from consents.services.heads import CutOffError, is_signed, publish_heads, published_heads
from consents.services.processing import record_use
from consents.services.seal import seal
from consents.services.verify_seal import verify_at_night, verify_seal
from tests.consents.records import a_viewing, guards_off, used
from tests.rounds.city import a_person

committed = pytest.mark.django_db(transaction=True)


def waiting(model: type[Sealed] = DataUse) -> int:
    rows = UnsealedDigests.objects.filter(table_name=model._meta.db_table)
    return sum(rows.values_list("rows", flat=True))


@pytest.mark.django_db
def test_consents_answers_use_and_approvals_are_sealed() -> None:
    sealed = {model.__name__ for model in apps.get_models() if issubclass(model, Sealed)}
    assert sealed == {
        *("Answer", "Approval", "ConsentEvent", "DataUse", "Objection", "Processing"),
        "SealPruning",
    }


@pytest.mark.django_db
def test_a_row_is_digested_however_it_is_written() -> None:
    processing, person = a_viewing(), a_person()
    others = [a_person() for _ in range(4)]
    DataUse.objects.create(processing=processing, person=person)
    DataUse.objects.bulk_create(DataUse(processing=processing, person=each) for each in others[:2])
    with connection.cursor() as raw:
        raw.execute(
            "INSERT INTO consents_datause (at, processing_id, person_id) SELECT now(), %s, id"
            " FROM citizens_person WHERE id = %s",
            [processing.pk, others[2].pk],
        )
        line = f"2026-03-29 03:30+03\t{processing.pk}\t{others[3].pk}\n"
        raw.copy_expert(
            "COPY consents_datause (at, processing_id, person_id) FROM STDIN", StringIO(line)
        )

    assert waiting() == DataUse.objects.count() == 5
    assert verify_seal()


@pytest.mark.django_db
def test_rows_already_there_are_not_digested_again() -> None:
    people = Person.objects.filter(pk=a_person().pk)
    processing = a_viewing()

    assert [record_use(processing=processing, people=people) for _ in range(2)] == [1, 0]
    assert waiting() == 1


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_sealed() -> None:
    with transaction.atomic():
        used()
        transaction.set_rollback(True)
    seal()
    assert (SealBlock.objects.count(), verify_seal().rows) == (0, 0)


@pytest.mark.django_db
def test_the_same_row_has_the_same_digest_in_every_session() -> None:
    processing, people = a_viewing(), Person.objects.filter(pk=a_person().pk)
    with transaction.atomic(), connection.cursor() as session:
        for name, value in (
            ("timezone", "Pacific/Auckland"),
            ("datestyle", "German"),
            ("bytea_output", "escape"),
            ("extra_float_digits", "-3"),
        ):
            session.execute(f"SET LOCAL {name} = '{value}'")
        record_use(processing=processing, people=people)
        for name in ("timezone", "datestyle", "bytea_output", "extra_float_digits"):
            session.execute(f"SET LOCAL {name} TO DEFAULT")
    assert DataUse.objects.count() == 1
    assert verify_seal()


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
REASON_AND_EMPLOYEE = st.tuples(WORDS, st.none() | st.integers(1, 20))


@pytest.mark.django_db
@given(one=REASON_AND_EMPLOYEE, other=REASON_AND_EMPLOYEE)
def test_two_rows_have_one_digest_only_if_they_are_the_same(
    one: tuple[str, int | None], other: tuple[str, int | None]
) -> None:
    assert (_digest(*one) == _digest(*other)) == (one == other)


def test_words_that_look_like_another_column_are_still_words(db: None) -> None:
    assert _digest("x\nreason=y", None) != _digest("x", None)
    assert _digest('x"\nby_id=7', None) != _digest("x", 7)


def _digest(reason: str, by: int | None) -> bytes:
    values = (
        "1::bigint AS id, 'round'::varchar AS kind, 2::bigint AS purpose_id, '{}'::jsonb AS"
        " department, %s::timestamptz AS at, %s::varchar AS reason, %s::bigint AS by_id"
    )
    with connection.cursor() as database:
        database.execute(
            f"SELECT {digest_sql(Processing)} FROM (SELECT {values}) processing",
            [datetime(2026, 10, 25, 1, 30, tzinfo=UTC), reason, by],
        )
        return bytes(database.fetchone()[0])


@committed
def test_blocks_are_numbered_chained_signed_and_published(heads: Path) -> None:
    for _ in range(3):
        used()
        seal()

    blocks = list(SealBlock.objects.order_by("number"))
    assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
    assert [bytes(b.previous) for b in blocks[1:]] == [bytes(b.head) for b in blocks[:-1]]
    assert all(is_signed(block.head, block.signature) for block in blocks)
    assert [each.head for each in published_heads()] == [bytes(b.head) for b in blocks]
    assert [json.loads(line)["number"] for line in heads.read_text().splitlines()] == [
        block.number for block in blocks
    ]
    assert not UnsealedDigests.objects.exists()


@committed
def test_many_rows_make_several_blocks_and_many_statements_make_one() -> None:
    processing = a_viewing()
    Person.objects.bulk_create(
        Person(register_key=f"many-{n}", first_names="A", last_name="B", birth_date="1990-01-01")
        for n in range(BLOCK_ROWS + 1)
    )
    record_use(processing=processing, people=Person.objects.all())
    seal()
    assert list(_blocks_of_use()) == [BLOCK_ROWS, 1]

    for _ in range(5):
        used(people=1)
    seal()
    assert _blocks_of_use() == [BLOCK_ROWS, 1, 5]
    assert verify_seal()


def _blocks_of_use() -> list[int]:
    blocks = SealBlock.objects.filter(table_name="consents_datause").order_by("number")
    return list(blocks.values_list("rows", flat=True))


@contextmanager
def another_session() -> Iterator[cursor]:
    """The application once more, in a transaction of its own that is committed at the end."""
    database = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with database, database.cursor() as session:
            yield session
    finally:
        database.close()


INSERT = "INSERT INTO consents_datause (at, processing_id, person_id) VALUES (now(), %s, %s)"


@committed
def test_a_row_that_is_committed_late_is_sealed_late() -> None:
    processing, early, late = a_viewing(), a_person(), a_person()
    with another_session() as session:
        session.execute(INSERT, [processing.pk, late.pk])
        DataUse.objects.create(processing=processing, person=early)
        seal()
        assert verify_seal()
        assert [use.person for use in DataUse.objects.all()] == [early]
    assert waiting() == 1
    seal()

    first, second = DataUse.objects.order_by("pk")
    assert (first.person, second.person) == (late, early)
    assert _blocks_of_use() == [1, 1]
    assert verify_seal()


@committed
def test_nobody_who_writes_waits_for_the_sealer(superuser: cursor) -> None:
    processing, person = a_viewing(), a_person()
    with transaction.atomic():
        sealing._seal()
        with another_session() as session:
            session.execute("SET lock_timeout = '1ms'")
            session.execute(INSERT, [processing.pk, person.pk])
    seal()
    assert verify_seal()


@committed
def test_many_write_and_several_seal_at_once() -> None:
    processing = a_viewing()
    people = [a_person().pk for _ in range(120)]
    done = threading.Event()

    def write(share: list[int]) -> None:
        for person in share:
            with another_session() as session:
                session.execute(INSERT, [processing.pk, person])

    def keep_sealing() -> None:
        while not done.is_set():
            seal()
        connection.close()

    with ThreadPoolExecutor(5) as pool:
        sealers = [pool.submit(keep_sealing) for _ in range(2)]
        writers = [pool.submit(write, people[start::3]) for start in range(3)]
        for writer in writers:
            writer.result()
        done.set()
        for sealer in sealers:
            sealer.result()
    seal()

    numbers = list(SealBlock.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert [each.number for each in published_heads()] == numbers
    verdict = verify_seal()
    assert verdict
    assert (verdict.rows, verdict.waiting) == (121, 0)


@committed
def test_a_head_that_was_not_published_before_a_crash_is_published_later(heads: Path) -> None:
    used()
    seal()
    lines = heads.read_text()
    heads.write_text(lines[: len(lines) // 2])
    publish_heads()
    assert heads.read_text() == lines


@committed
def test_the_sealer_does_not_cover_a_tail_that_was_cut_off(superuser: cursor) -> None:
    used()
    seal()
    with guards_off(superuser):
        superuser.execute("DELETE FROM consents_sealblock")
    used()
    with pytest.raises(CutOffError):
        seal()
    assert not SealBlock.objects.exists()


@committed
def test_the_command_says_where(superuser: cursor) -> None:
    use = used()[1]
    seal()
    said = StringIO()
    call_command("verify_seal", stdout=said)
    assert "The seal is whole: 4 rows" in said.getvalue()

    with guards_off(superuser):
        superuser.execute("DELETE FROM consents_datause WHERE id = %s", [use.pk])
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_seal", stdout=said)
    assert f"consents_datause {use.pk}" in said.getvalue()


@committed
def test_at_night_findings_are_logged_by_their_ids(
    superuser: cursor, caplog: pytest.LogCaptureFixture
) -> None:
    use = used()[1]
    seal()
    night = timezone.localtime().replace(hour=2)
    assert verify_at_night(now=night.replace(hour=14)) is None
    assert verify_at_night(now=night)
    assert not caplog.records

    with guards_off(superuser):
        superuser.execute("DELETE FROM consents_datause WHERE id = %s", [use.pk])
    assert not verify_at_night(now=night)
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert f"consents_datause {use.pk}" in record.getMessage()


@pytest.mark.django_db
def test_no_time_is_lost_on_compressing_digests() -> None:
    with connection.cursor() as database:
        database.execute("SELECT attstorage FROM pg_attribute WHERE attname = 'digests'")
        assert {storage for (storage,) in database.fetchall()} == {"e"}
