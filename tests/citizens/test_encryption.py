"""What is encrypted opens in its own row and column only, under a key of the ring."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citizens.encryption import EncryptionError, context, decrypt, encrypt
from citizens.models import ContactKind, ContactPoint, Person
from citizens.models.contact_points import contact_indexes
from tests.rounds.city import a_person, a_phone

PLACES = st.builds(
    context,
    st.sampled_from(["citizens_person", "offers_message"]),
    st.sampled_from(["address", "identity_code", "body"]),
    st.integers(1, 2**63 - 1),
)


@given(st.text(), PLACES, PLACES)
def test_it_opens_where_it_was_put_and_nowhere_else(value: str, here: str, there: str) -> None:
    sealed = encrypt(value, where=here)
    assert decrypt(sealed, where=here) == value
    assert encrypt(value, where=here) != sealed
    if there != here:
        with pytest.raises(EncryptionError):
            decrypt(sealed, where=there)


def _turned(place: int) -> Callable[[bytes], bytes]:
    def turn(sealed: bytes) -> bytes:
        changed = bytearray(sealed)
        changed[place] ^= 1
        return bytes(changed)

    return turn


@pytest.mark.parametrize(
    "bend", [_turned(0), _turned(5), _turned(-1), lambda sealed: sealed[:-1], lambda sealed: b"x"]
)
def test_what_was_bent_does_not_open_and_the_error_tells_nothing(
    bend: Callable[[bytes], bytes],
) -> None:
    sealed = encrypt("Salakatu 5", where="citizens_person.address:1")
    with pytest.raises(EncryptionError) as error:
        decrypt(bend(sealed), where="citizens_person.address:1")
    assert "Salakatu" not in str(error.value)


@pytest.mark.django_db
def test_a_value_copied_to_another_row_or_column_does_not_open() -> None:
    one, other = a_person(), a_person()
    one.set_address("Salakatu 5")
    one.save()
    Person.objects.filter(pk=other.pk).update(address=one.address)
    Person.objects.filter(pk=one.pk).update(identity_code=one.address)
    other.refresh_from_db()
    one.refresh_from_db()
    assert one.unseal("address") == "Salakatu 5"
    for person, column in ((other, "address"), (one, "identity_code")):
        with pytest.raises(EncryptionError):
            person.unseal(column)


@pytest.mark.django_db
def test_what_is_written_in_bulk_is_found_by_its_index() -> None:
    person = a_person()
    numbers = [f"+35840{number:07}" for number in range(50)]
    points = []
    for number in numbers:
        point = ContactPoint(person=person, kind=ContactKind.SMS)
        point.set_value(number)
        points.append(point)
    ContactPoint.objects.bulk_create(points)
    for number in numbers:
        indexes = contact_indexes(ContactKind.SMS, number)
        found = ContactPoint.objects.get(value_index__in=indexes)
        assert found.unseal("value") == number


@pytest.mark.django_db
def test_the_database_holds_nothing_of_it_in_clear() -> None:
    point = a_phone(a_person(), "+358401234567")
    stored = bytes(ContactPoint.objects.get(pk=point.pk).value)
    assert b"1234567" not in stored
