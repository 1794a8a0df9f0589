"""What an import of the register changes, and what it leaves alone."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from citizens import signals
from citizens.models import ContactHealth, ContactPoint, Guardianship, Person, RegisterImport
from citizens.register.comparing import Changes
from citizens.register.errors import OlderThanLast, TooManyGone
from citizens.register.formats import ContactRow
from tests.citizens.delivery import AS_OF, CHILD, FATHER, MOTHER, OTHERS, Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path)


NOTHING = {"new": 0, "changed": 0, "gone": 0}


def changed(changes: Changes) -> dict[str, int]:
    return {name: getattr(changes, name) for name in NOTHING}


def test_everybody_of_the_files_is_there_afterwards(delivery: Delivery) -> None:
    changes = delivery.write().load()

    assert changed(changes.people) == {"new": 103, "changed": 0, "gone": 0}
    child = Person.objects.with_identity_code(CHILD.identity_code).get()
    assert child.birth_date == date(2020, 5, 6)
    assert child.unseal("identity_code") == CHILD.identity_code
    assert child.unseal("address") == CHILD.address
    assert (child.latitude, child.longitude) == (60.239895, 24.879782)
    assert {g.guardian.first_names for g in child.guardians.all()} == {"Maija Anneli", "Åke"}
    assert RegisterImport.objects.get().as_of == AS_OF


def test_somebody_without_an_identity_code_is_known_by_the_register_key(delivery: Delivery) -> None:
    delivery.write().load()

    mother = Person.objects.get(register_key=MOTHER.register_key)
    assert mother.identity_code is None
    assert mother.identity_code_index is None


def test_a_phone_number_is_kept_in_its_international_form(delivery: Delivery) -> None:
    delivery.write().load()

    father = Person.objects.get(register_key=FATHER.register_key)
    assert father.contact_points.get().unseal("value") == "+358477654321"
    assert ContactPoint.objects.with_value("sms", "+358477654321").get().person == father


def test_nothing_personal_is_stored_or_staged_in_clear(delivery: Delivery) -> None:
    delivery.write().load()

    with connection.cursor() as cursor:
        for table in ("citizens_person", "new_people", "citizens_contactpoint", "new_contacts"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0]
            for secret in (CHILD.identity_code, CHILD.address, "maija@example.org", "7654321"):
                assert secret not in text
                assert secret.encode().hex() not in text


def test_the_same_files_again_change_nothing(delivery: Delivery) -> None:
    delivery.write().load()
    before = list(Person.objects.order_by("pk").values())

    changes = delivery.load()

    for part in (changes.people, changes.guardianships, changes.contacts):
        assert changed(part) == NOTHING
    assert list(Person.objects.order_by("pk").values()) == before


def test_a_changed_identity_code_is_the_same_person(delivery: Delivery) -> None:
    delivery.write().load()
    before = Person.objects.get(register_key=CHILD.register_key).pk

    delivery.people[2] = CHILD._replace(identity_code="060520A9047")
    changes = delivery.write().load()

    child = Person.objects.with_identity_code("060520A9047").get()
    assert child.pk == before
    assert child.unseal("identity_code") == "060520A9047"
    assert changed(changes.people) == {**NOTHING, "changed": 1}


def test_two_people_may_change_identity_codes_with_each_other(delivery: Delivery) -> None:
    one = CHILD
    other = CHILD._replace(register_key="K4", identity_code="060520A9047")
    delivery.people.append(other)
    delivery.write().load()

    delivery.people[2] = one._replace(identity_code=other.identity_code)
    delivery.people[-1] = other._replace(identity_code=one.identity_code)
    delivery.write().load()

    assert Person.objects.with_identity_code(one.identity_code).get().register_key == "K4"
    assert Person.objects.with_identity_code(other.identity_code).get().register_key == "K3"


def test_each_fact_that_changes_is_taken_over(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.people[2] = CHILD._replace(
        last_name="Öhman", address="Kannelpolku 7", municipality="049", place_by_hand="1",
        moved_out_on="2026-01-15", latitude="", longitude="",
    )  # fmt: skip
    delivery.write().load()

    child = Person.objects.get(register_key=CHILD.register_key)
    assert child.full_name == "Aino Öhman"
    assert child.unseal("address") == "Kannelpolku 7"
    assert child.municipality == "049"
    assert child.place_by_hand
    assert child.moved_out_on == date(2026, 1, 15)
    assert child.latitude is None


def test_whoever_is_not_in_the_files_is_gone_and_may_come_back(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.people.pop()
    changes = delivery.write().load()
    assert changed(changes.people) == {**NOTHING, "gone": 1}
    assert not Person.objects.in_register().filter(register_key="N099").exists()

    delivery.people.append(OTHERS[-1])
    changes = delivery.write().load()

    assert changed(changes.people) == {**NOTHING, "changed": 1}
    assert Person.objects.in_register().filter(register_key="N099").exists()


def test_a_guardianship_ends_or_goes_as_the_register_says(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.guardianships[0] = delivery.guardianships[0]._replace(valid_until="2026-01-10")
    changes = delivery.write().load()
    assert changed(changes.guardianships) == {**NOTHING, "changed": 1}
    assert Guardianship.objects.valid_on(AS_OF).count() == 1

    del delivery.guardianships[0]
    changes = delivery.write().load(allow_shrink=True)

    assert changed(changes.guardianships) == {**NOTHING, "gone": 1}


def test_what_is_known_of_a_contact_survives(delivery: Delivery) -> None:
    delivery.write().load()
    ContactPoint.objects.filter(kind="sms").update(health=ContactHealth.OPTED_OUT)

    delivery.load()

    assert set(ContactPoint.objects.filter(kind="sms").values_list("health", flat=True)) == {
        ContactHealth.OPTED_OUT
    }


def test_somebody_who_wants_no_messages_at_a_number_still_wants_none_when_it_comes_back(
    delivery: Delivery,
) -> None:
    delivery.write().load()
    number = ContactPoint.objects.with_value("sms", "+358471234567")
    number.update(health=ContactHealth.OPTED_OUT)
    phone = delivery.contacts.pop(0)
    delivery.write().load(allow_shrink=True)
    assert number.get().gone_at is not None

    delivery.contacts.append(phone)
    delivery.write().load()

    assert number.get().gone_at is None
    assert number.get().health == ContactHealth.OPTED_OUT
    assert not number.healthy().exists()


def test_a_contact_of_which_nothing_is_known_is_forgotten(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.contacts.pop(0)

    changes = delivery.write().load(allow_shrink=True)

    assert changed(changes.contacts) == {**NOTHING, "gone": 1}
    assert not ContactPoint.objects.with_value("sms", "+358471234567").exists()


def test_both_guardians_may_have_the_same_number(delivery: Delivery) -> None:
    delivery.contacts.append(ContactRow("K2", "email", "Maija@Example.org", "1"))

    delivery.write().load()

    shared = ContactPoint.objects.with_value("email", "maija@example.org")
    assert {point.person.register_key for point in shared} == {"K1", "K2"}


def test_somebody_newly_protected_is_told_to_the_others_before_anything_is_committed(
    delivery: Delivery,
) -> None:
    heard: list[tuple[list[int], bool]] = []

    def hear(person_ids: list[int], **_: Any) -> None:
        heard.append((person_ids, Person.objects.get(pk=person_ids[0]).protected))

    delivery.people.append(CHILD._replace(register_key="K4", identity_code="", protected="1"))
    delivery.write().load()
    child = Person.objects.get(register_key=CHILD.register_key)
    delivery.people[2] = CHILD._replace(protected="1")
    signals.became_protected.connect(hear)
    try:
        changes = delivery.write().load()
        delivery.load()
    finally:
        signals.became_protected.disconnect(hear)

    assert heard == [([child.pk], True)]
    assert changes.newly_protected == 1


def test_a_dry_run_shows_what_would_change_and_changes_nothing(delivery: Delivery) -> None:
    shown: list[Any] = []

    changes = delivery.write().load(dry_run=True, review=shown.append)

    assert shown == [changes]
    assert changed(changes.people) == {"new": 103, "changed": 0, "gone": 0}
    assert not Person.objects.exists()
    assert not RegisterImport.objects.exists()


def test_what_would_change_is_shown_before_it_is_committed(delivery: Delivery) -> None:
    class StopHere(Exception):  # noqa: N818
        pass

    def stop(changes: object) -> None:
        raise StopHere

    with pytest.raises(StopHere):
        delivery.write().load(review=stop)

    assert not Person.objects.exists()


def test_files_older_than_the_last_are_refused(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.as_of = date(2026, 1, 30)

    with pytest.raises(OlderThanLast, match="2026-01-30"):
        delivery.write().load()


def test_more_than_two_percent_of_the_people_do_not_vanish_by_mistake(delivery: Delivery) -> None:
    delivery.write().load()
    del delivery.people[-3:]

    with pytest.raises(TooManyGone, match="3 of 103 people"):
        delivery.write().load()
    assert Person.objects.in_register().count() == 103

    changes = delivery.load(allow_shrink=True)
    assert changes.people.gone == 3


def test_two_percent_of_the_people_may_vanish(delivery: Delivery) -> None:
    delivery.write().load()
    del delivery.people[-2:]

    assert delivery.write().load().people.gone == 2


def test_a_wrong_row_is_left_out_and_nobody_it_speaks_of_is_gone(delivery: Delivery) -> None:
    delivery.write().load()
    delivery.people[1] = FATHER._replace(birth_date="31.12.1988")
    delivery.people[-1] = OTHERS[-1]._replace(last_name="Uusinimi")

    changes = delivery.write().load(skip_bad=True)

    assert changed(changes.people) == {**NOTHING, "changed": 1}
    assert changed(changes.guardianships) == NOTHING
    assert changed(changes.contacts) == NOTHING
    assert changes.skipped == 1
    father = Person.objects.in_register().get(register_key="K2")
    assert father.birth_date == date(1988, 12, 31)
    assert father.contact_points.healthy().exists()


def test_people_in_the_register_may_be_imported_a_second_time_at_the_same_second(
    delivery: Delivery,
) -> None:
    delivery.write().load()
    first = Person.objects.get(register_key="K1").changed_at
    delivery.load()
    assert Person.objects.get(register_key="K1").changed_at == first <= timezone.now()
