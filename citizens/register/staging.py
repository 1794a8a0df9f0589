"""Checked rows into temporary tables, each already with its key and its encrypted values.

A value is encrypted only where it is new: the keyed index tells whether it is the one that is
there. No value that is encrypted in the database is ever written to it in clear, not even into a
temporary table.
"""

from collections.abc import Sequence
from operator import itemgetter

from django.db import connection

from citizens.copying import copy_rows
from citizens.encryption import context, encrypt
from citizens.models import ContactPoint, reserve_ids
from citizens.models import Person as Person_
from citizens.models.contact_points import contact_index
from citizens.models.people import address_index, identity_code_index
from citizens.register.checking import Contact, Guardianship, Person

TABLES = """
DROP TABLE IF EXISTS new_people, new_guardianships, new_contacts, left_alone, known_people;
CREATE TEMP TABLE new_people ON COMMIT DROP AS
    SELECT 0 AS line, false AS is_new, id, register_key, identity_code, identity_code_index,
        first_names, last_name, birth_date, sex, mother_tongue, contact_language, municipality,
        address, address_index, postal_code, latitude, longitude, protected, place_by_hand,
        died_on, moved_out_on
    FROM citizens_person WITH NO DATA;
CREATE TEMP TABLE new_guardianships (
    line integer, guardian text, child text, may_decide boolean, valid_from date, valid_until date,
    guardian_id bigint, child_id bigint
) ON COMMIT DROP;
CREATE TEMP TABLE new_contacts (
    line integer, id bigint, person text, kind text, value bytea, value_index bytea,
    priority smallint, person_id bigint
) ON COMMIT DROP;
CREATE TEMP TABLE left_alone (register_key text) ON COMMIT DROP;
"""
PLAIN_COLUMNS = tuple(
    column for column in Person._fields if column not in ("identity_code", "address")
)
plain_values = itemgetter(*(Person._fields.index(column) for column in PLAIN_COLUMNS))
PEOPLE_COLUMNS = (
    "line", "is_new", "id", "identity_code", "identity_code_index", "address", "address_index",
    *PLAIN_COLUMNS,
)  # fmt: skip
PERSON_TABLE = Person_._meta.db_table
CONTACT_TABLE = ContactPoint._meta.db_table


def create_tables() -> None:
    """Make the temporary tables, which last until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)


def stage_people(rows: Sequence[tuple[int, Person]]) -> None:
    """Take in a part of people.csv: line numbers and rows."""
    known = _known_people([person.register_key for _, person in rows])
    new = sum(person.register_key not in known for _, person in rows)
    ids = iter(reserve_ids(Person_, new))
    staged = []
    for line, person in rows:
        before = known.get(person.register_key)
        pk, code_before, place_before = before or (next(ids), None, None)
        code = identity_code_index(person.identity_code)
        place = address_index(person.address)
        staged.append(
            (
                line,
                before is None,
                pk,
                _sealed("identity_code", pk, person.identity_code, changed=code != code_before),
                code,
                _sealed("address", pk, person.address, changed=place != place_before),
                place,
                *plain_values(person),
            )
        )
    copy_rows("new_people", PEOPLE_COLUMNS, staged)


def stage_guardianships(rows: Sequence[tuple[int, Guardianship]]) -> None:
    """Take in a part of guardianships.csv."""
    columns = ("line", *Guardianship._fields)
    copy_rows("new_guardianships", columns, [(line, *row) for line, row in rows])


def stage_contacts(rows: Sequence[tuple[int, Contact]]) -> None:
    """Take in a part of contacts.csv; a contact point that is there already gets no new key."""
    known = _known_contacts({contact.person for _, contact in rows})
    indices = [contact_index(contact.kind, contact.value) for _, contact in rows]
    is_new = [
        (contact.person, contact.kind, index) not in known
        for (_, contact), index in zip(rows, indices, strict=True)
    ]
    ids = iter(reserve_ids(ContactPoint, sum(is_new)))
    staged = []
    for (line, contact), index, new in zip(rows, indices, is_new, strict=True):
        pk = next(ids) if new else None
        value = encrypt(contact.value, where=context(CONTACT_TABLE, "value", pk)) if new else None
        staged.append((line, pk, contact.person, contact.kind, value, index, contact.priority))
    columns = ("line", "id", "person", "kind", "value", "value_index", "priority")
    copy_rows("new_contacts", columns, staged)


def leave_alone(register_keys: Sequence[str]) -> None:
    """Note people some of whose rows are left out: nothing of theirs may count as gone."""
    rows = [(key[:64].replace("\0", ""),) for key in register_keys]
    copy_rows("left_alone", ("register_key",), rows)


def _known_people(keys: Sequence[str]) -> dict[str, tuple[int, bytes | None, bytes | None]]:
    rows = Person_.objects.filter(register_key__in=keys).values_list(
        "register_key", "id", "identity_code_index", "address_index"
    )
    return {key: (pk, _bytes(code), _bytes(place)) for key, pk, code, place in rows}


def _known_contacts(keys: set[str]) -> set[tuple[str, str, bytes]]:
    rows = ContactPoint.objects.filter(person__register_key__in=keys).values_list(
        "person__register_key", "kind", "value_index"
    )
    return {(key, kind, bytes(index)) for key, kind, index in rows}


def _sealed(column: str, pk: int, value: str, *, changed: bool) -> bytes | None:
    if not (value and changed):
        return None
    return encrypt(value, where=context(PERSON_TABLE, column, pk))


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
