"""Whatever is delivered: it comes in as it is, or not at all, and never with a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from citizens.models import Person, RegisterImport
from citizens.register.errors import RegisterError
from citizens.register.formats import ContactRow, GuardianshipRow, PersonRow
from tests.citizens.delivery import AS_OF, Delivery, exported

pytestmark = pytest.mark.django_db

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r\x85", exclude_categories=["Cc", "Z"]),
    min_size=1,
    max_size=20,
)
FLAGS = st.sampled_from(["0", "1"])
PAST_DAYS = st.dates(min_value=AS_OF.replace(year=1900), max_value=AS_OF).map(str)
PLACES = st.one_of(
    st.just(("", "")),
    st.tuples(
        st.floats(-90, 90, allow_subnormal=False).map(str),
        st.floats(-180, 180, allow_subnormal=False).map(str),
    ),
)


@st.composite
def people(draw: st.DrawFn) -> list[PersonRow]:
    keys = draw(st.lists(NAMES.map(lambda name: f"K{name}"), min_size=1, max_size=8, unique=True))
    rows = []
    for key in keys:
        latitude, longitude = draw(PLACES)
        rows.append(
            PersonRow(
                register_key=key,
                identity_code="",
                first_names=draw(NAMES),
                last_name=draw(NAMES),
                birth_date=draw(PAST_DAYS),
                sex=draw(st.sampled_from(["female", "male", ""])),
                mother_tongue=draw(st.sampled_from(["fi", "sv", "so", ""])),
                contact_language=draw(st.sampled_from(["fi", "sv", "en"])),
                municipality=draw(st.sampled_from(["091", "049"])),
                address=draw(st.one_of(st.just(""), NAMES)),
                postal_code=draw(st.sampled_from(["00100", ""])),
                latitude=latitude,
                longitude=longitude,
                protected=draw(FLAGS),
                place_by_hand=draw(FLAGS),
                died_on="",
                moved_out_on=draw(st.sampled_from(["", AS_OF.isoformat()])),
            )
        )
    return rows


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[PersonRow], list[GuardianshipRow], list[ContactRow]]:
    rows = draw(people())
    older = [(a, b) for a in rows for b in rows if a.birth_date < b.birth_date]
    guardianships = [
        GuardianshipRow(a.register_key, b.register_key, draw(FLAGS), b.birth_date, "")
        for a, b in (draw(st.lists(st.sampled_from(older), unique=True)) if older else [])
    ]
    contacts = [
        ContactRow(row.register_key, "sms", f"+358471{draw(st.integers(0, 999999)):06d}", "3")
        for row in draw(st.lists(st.sampled_from(rows), unique=True))
    ]
    return rows, guardianships, contacts


@contextmanager
def nothing_before() -> Iterator[Path]:
    """A folder and a database that are as they were afterwards."""
    with TemporaryDirectory() as folder, transaction.atomic():
        yield Path(folder)
        transaction.set_rollback(True)


@given(rows=deliveries())
@settings(max_examples=40)
def test_what_was_delivered_is_there_and_delivering_it_back_changes_nothing(
    rows: tuple[list[PersonRow], list[GuardianshipRow], list[ContactRow]],
) -> None:
    with nothing_before() as folder:
        given_rows = Delivery(folder, people=rows[0], guardianships=rows[1], contacts=rows[2])
        given_rows.write().load()

        back = exported(folder)

        assert [row._replace(latitude="", longitude="") for row in back.people] == [
            row._replace(latitude="", longitude="") for row in rows[0]
        ]
        assert sorted(back.guardianships) == sorted(rows[1])
        assert sorted(back.contacts) == sorted(rows[2])
        changes = back.write().load()
        for part in (changes.people, changes.guardianships, changes.contacts):
            assert (part.new, part.changed, part.gone) == (0, 0, 0)


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["people", "guardianships", "contacts"]),
        st.sampled_from(["cut", "drop", "repeat", "put"]),
        st.floats(0, 1),
        st.floats(0, 0.2),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"\0", b'"', b"\n", b",", b";", b"\r", b"K1", b"\xff", b"-", b"9"]),
        ),
    ),
    min_size=1,
    max_size=4,
)


def mutated(file: bytes, *, how: str, where: float, length: float, what: bytes) -> bytes:
    start = int(where * len(file))
    end = start + int(length * len(file))
    if how == "cut":
        return file[:start]
    if how == "drop":
        return file[:start] + file[end:]
    if how == "repeat":
        return file[:end] + file[start:end] + file[end:]
    return file[:start] + what + file[start:]


@given(mutations=MUTATIONS, skip_bad=st.booleans(), loaded_before=st.booleans())
@settings(max_examples=60)
def test_a_delivery_that_something_happened_to_comes_in_or_is_refused_as_a_whole(
    mutations: list[tuple[str, str, float, float, bytes]], skip_bad: bool, loaded_before: bool
) -> None:
    with nothing_before() as folder:
        delivery = Delivery(folder)
        delivery.write()
        if loaded_before:
            delivery.load()
        before = list(Person.objects.order_by("pk").values())
        for name, how, where, length, what in mutations:
            delivery.spoil(name, partial(mutated, how=how, where=where, length=length, what=what))
        try:
            delivery.load(skip_bad=skip_bad, allow_shrink=True)
        except RegisterError:
            assert list(Person.objects.order_by("pk").values()) == before
            assert RegisterImport.objects.count() == int(loaded_before)
        else:
            assert RegisterImport.objects.count() == 1 + int(loaded_before)
            assert skip_bad or not delivery.problems()
