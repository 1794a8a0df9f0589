"""An objection outlives its person's erasure, and works when a register brings them back."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from citizens.encryption import keyring
from citizens.models import Person
from citizens.register.formats import PersonRow
from citizens.rotation import rotate_keys
from consents.models import Objection, ObjectionTombstone
from consents.models.statements import How
from consents.services.objections import lift_objection, raise_objection
from offers.models import Outcome, Subject
from offers.rounds.erasing import forget_people
from tests.citizens.delivery import CHILD, FATHER, MOTHER, Delivery
from tests.consents.records import a_purpose
from tests.rounds.city import preschool, seats
from tests.rounds.journeys import prepared

pytestmark = pytest.mark.django_db

CODES = [
    MOTHER._replace(register_key=f"C{nth}", identity_code=code, birth_date=born)
    for nth, (code, born) in enumerate(
        [("131052-308T", "1952-10-13"), ("010594Y9021", "1994-05-01"), ("", "1980-01-01")]
    )
]
"""Two people with identity codes and one without."""


def erase(person: Person) -> None:
    forget_people([person.pk])


def known_as(key: str) -> Person:
    return Person.objects.get(register_key=key)


def objecting() -> set[str]:
    """The register keys of those who object now."""
    standing = Objection.objects.standing().filter(purpose=a_purpose())
    return set(standing.values_list("person__register_key", flat=True)) & {
        row.register_key for row in CODES
    }


def test_the_next_round_leaves_out_who_objected_before_being_erased(tmp_path: Path) -> None:
    year = timezone.localdate().year - 6
    child = CHILD._replace(birth_date=f"{year}-03-01", identity_code="")
    delivery = Delivery(tmp_path, people=[MOTHER, FATHER, child])
    delivery.guardianships = [
        row._replace(valid_from=child.birth_date) for row in delivery.guardianships
    ]
    delivery.write().load()
    before = known_as(child.register_key)
    raise_objection(person=before, purpose=preschool().purpose, how=How.PHONE)
    erase(before)
    delivery.write().load(allow_shrink=True)
    again = known_as(child.register_key)
    assert again.pk != before.pk
    seats(1)
    round = prepared()
    assert Subject.objects.get(round=round, person=again).outcome == Outcome.OBJECTED
    assert not Subject.objects.filter(round=round, person=before).exists()


def test_it_is_known_by_the_code_under_another_register_key_too(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path, people=[FATHER], guardianships=[], contacts=[])
    delivery.write().load()
    raise_objection(person=known_as("K2"), purpose=a_purpose(), how=How.LETTER)
    erase(known_as("K2"))
    delivery.people = [FATHER._replace(register_key="another register's")]
    delivery.write().load(allow_shrink=True)
    standing = Objection.objects.standing().get(person__register_key="another register's")
    assert standing.how == How.LETTER
    assert not ObjectionTombstone.objects.exists()


def test_what_was_taken_back_before_or_after_does_not_come_again(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path, people=CODES, guardianships=[], contacts=[]).write()
    delivery.load()
    for key in ("C0", "C1"):
        raise_objection(person=known_as(key), purpose=a_purpose(), how=How.WEB)
    lift_objection(person=known_as("C0"), purpose=a_purpose(), how=How.WEB)
    erase(known_as("C0"))
    erase(known_as("C1"))
    delivery.load(allow_shrink=True)
    assert objecting() == {"C1"}
    lift_objection(person=known_as("C1"), purpose=a_purpose(), how=How.WEB)
    erase(known_as("C1"))
    delivery.load(allow_shrink=True)
    assert objecting() == set()


def test_an_import_that_is_only_tried_raises_nothing(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path, people=[FATHER], guardianships=[], contacts=[]).write()
    delivery.load()
    raise_objection(person=known_as("K2"), purpose=a_purpose(), how=How.WEB)
    erase(known_as("K2"))
    delivery.load(allow_shrink=True, dry_run=True)
    assert ObjectionTombstone.objects.count() == 1
    assert Objection.objects.count() == 1


def test_a_tombstone_tells_nothing_of_who_it_was(tmp_path: Path) -> None:
    Delivery(tmp_path, people=[FATHER], guardianships=[], contacts=[]).write().load()
    person = known_as("K2")
    raise_objection(person=person, purpose=a_purpose(), how=How.WEB)
    erase(person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM consents_objectiontombstone t")
        [(kept,)] = cursor.fetchall()
    for known in (FATHER.register_key, FATHER.identity_code, FATHER.last_name, f",{person.pk},"):
        assert known not in kept
        assert known.encode().hex() not in kept


@contextmanager
def another_key() -> Iterator[None]:
    """The ring has a second key; nothing else of it changes."""
    before = os.environ["HP_KEYS"]
    ring = json.loads(before)
    ring["keys"]["2"] = base64.b64encode(os.urandom(32)).decode()
    use_ring(json.dumps(ring))
    try:
        yield
    finally:
        use_ring(before)


def use_ring(text: str) -> None:
    os.environ["HP_KEYS"] = text
    keyring.cache_clear()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["object", "lift", "erase", "import", "rename", "rotate"]),
        st.integers(0, len(CODES) - 1),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_happens_who_objects_is_who_said_so_last(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder, transaction.atomic(), another_key():
        said: set[int] = set()
        delivery = Delivery(Path(folder), people=list(CODES), guardianships=[], contacts=[])
        delivery.write().load(allow_shrink=True)
        for what, nth in steps:
            _step(what, nth, delivery, said)
        delivery.write().load(allow_shrink=True)
        standing = Objection.objects.standing().filter(person__gone_at=None)
        keys = set(standing.values_list("person__register_key", flat=True))
        assert keys == {delivery.people[nth].register_key for nth in said}
        assert not ObjectionTombstone.objects.exists()
        transaction.set_rollback(True)


def _step(what: str, nth: int, delivery: Delivery, said: set[int]) -> None:
    row: PersonRow = delivery.people[nth]
    person = Person.objects.filter(register_key=row.register_key).first()
    if what == "import":
        delivery.write().load(allow_shrink=True)
    elif what == "rotate":
        use_ring(json.dumps(json.loads(os.environ["HP_KEYS"]) | {"current": 2}))
        rotate_keys()
    elif person is None:
        if what == "rename" and row.identity_code:  # another register: only the code is the same
            delivery.people[nth] = row._replace(register_key=f"{row.register_key}'")
    elif what == "object" and nth not in said:
        raise_objection(person=person, purpose=a_purpose(), how=How.WEB)
        said.add(nth)
    elif what == "lift" and nth in said:
        lift_objection(person=person, purpose=a_purpose(), how=How.WEB)
        said.discard(nth)
    elif what == "erase":
        erase(person)
