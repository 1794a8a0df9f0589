"""Keys change over while the service runs: everything is found and readable at each moment."""

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from citizens.encryption import EncryptionError, keyring
from citizens.models import ContactKind, ContactPoint, Encrypted, Person
from citizens.register.errors import KeysChangeOver
from citizens.rotation import (
    REGISTER_LOCK,
    RotationError,
    count_stale,
    encrypted_columns,
    encrypted_models,
    rotate_keys,
)
from helsinki_proactive.casework.search import find_people
from offers.delivery.contacts import note_health
from offers.models import Message, Reply
from offers.replies import inbox
from tests.citizens.delivery import Delivery
from tests.rounds.city import a_family, a_person, a_phone, seats
from tests.rounds.journeys import running

pytestmark = pytest.mark.django_db(transaction=True)

Rings = Callable[..., None]


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rings]:
    """Give this process another keyring: the keys of these numbers, and which is current."""
    first = json.loads(os.environ["HP_KEYS"])
    made = {1: first["keys"]["1"], 2: base64.b64encode(os.urandom(32)).decode()}

    def choose(*numbers: int, current: int) -> None:
        ring = {"current": current, "keys": {n: made[n] for n in numbers}, "index": first["index"]}
        monkeypatch.setenv("HP_KEYS", json.dumps(ring))
        keyring.cache_clear()

    yield choose
    monkeypatch.undo()
    keyring.cache_clear()


def number(n: int) -> str:
    return f"+35840{n:07}"


def code(n: int) -> str:
    return f"0101{n % 100:02}A{n:03}X"


def townspeople(count: int) -> list[Person]:
    people = []
    for n in range(count):
        person = a_person(address=None)
        person.set_identity_code(code(n))
        person.set_address(f"Koekatu {n}")
        person.save()
        a_phone(person, number(n // 2))  # two and two share a number
        people.append(person)
    return people


def everything(model: type[Encrypted]) -> list[list[str]]:
    rows = model._default_manager.order_by("pk")
    return [[row.unseal(column) for column in encrypted_columns(model)] for row in rows]


def test_everything_encrypted_gets_the_current_key_and_the_former_one_may_go(rings: Rings) -> None:
    people = townspeople(6)
    a_family()
    seats(1)
    running()
    sender = ContactPoint.objects.last()
    assert sender is not None
    inbox.receive(
        provider="twilio",
        provider_id="SM1",
        sender=sender.unseal("value"),
        text="Mitä tämä on?",
        now=Message.objects.get().created_at,
    )
    before = {model: everything(model) for model in encrypted_models()}
    assert any(any(row) for row in before[Reply])
    rings(1, 2, current=2)

    done = rotate_keys(batch=4)

    assert done.left == 0
    rings(2, current=2)
    assert {model: everything(model) for model in encrypted_models()} == before
    assert list(find_people(code(3))) == [people[3]]
    assert set(find_people(number(1))) == {people[2], people[3]}
    assert rotate_keys().rows == 0


def test_before_it_nothing_opens_without_the_former_key(rings: Rings) -> None:
    [person] = townspeople(1)
    rings(2, current=2)
    with pytest.raises(EncryptionError):
        person.unseal("address")
    assert not find_people(code(0)).exists()


def test_nobody_is_missed_meanwhile(rings: Rings) -> None:
    people = townspeople(120)
    rings(1, 2, current=2)
    ended = threading.Event()
    failed: list[BaseException] = []

    def change_over() -> None:
        try:
            rotate_keys(batch=2)
        except BaseException as error:
            failed.append(error)
        finally:
            ended.set()
            connection.close()

    thread = threading.Thread(target=change_over)
    thread.start()
    searches = 0
    while not ended.is_set() or searches < len(people):
        n = searches % len(people)
        assert list(find_people(code(n))) == [people[n]]
        pair = {people[n - n % 2], people[n - n % 2 + 1]}
        assert set(find_people(number(n // 2))) == pair
        searches += 1
    thread.join()
    assert not failed
    assert searches > 0
    assert not any(count_stale(model) for model in encrypted_models())


def test_who_share_a_number_share_it_at_every_moment(rings: Rings) -> None:
    townspeople(20)
    rings(1, 2, current=2)
    shares = set()

    def look(table: str, rows: int) -> None:
        if table == ContactPoint._meta.db_table:
            shares.add(ContactPoint.objects.values("value_index").distinct().count())

    rotate_keys(batch=1, progress=look)
    assert shares == {10}


def test_what_was_stopped_goes_on(rings: Rings) -> None:
    townspeople(10)
    rings(1, 2, current=2)

    def stop(table: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_keys(batch=3, progress=stop)
    left = sum(count_stale(model) for model in encrypted_models())
    assert 0 < left < 20
    assert rotate_keys().rows == left


def test_a_row_that_is_in_use_is_not_waited_for(rings: Rings) -> None:
    people = townspeople(6)
    rings(1, 2, current=2)
    results = []

    def change_over() -> None:
        results.append(rotate_keys(batch=4))
        connection.close()

    with transaction.atomic():
        Person.objects.select_for_update().get(pk=people[2].pk)
        thread = threading.Thread(target=change_over)
        thread.start()
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert results[0].left == 1
    assert rotate_keys().left == 0


def test_what_is_written_meanwhile_under_the_former_key_is_found_and_taken(rings: Rings) -> None:
    [person] = townspeople(1)
    rings(1, 2, current=2)
    rotate_keys()
    rings(1, 2, current=1)
    late = a_phone(a_person(), number(0))
    rings(1, 2, current=2)
    assert set(find_people(number(0))) == {person, late.person}
    note_health(person.contact_points.get(), "bounced")  # type: ignore[arg-type]
    assert set(ContactPoint.objects.values_list("health", flat=True)) == {"bounced"}
    assert rotate_keys().rows == 1
    assert ContactPoint.objects.with_value(ContactKind.SMS, number(0)).count() == 2


def test_no_register_is_imported_until_the_end(rings: Rings, tmp_path: object) -> None:
    delivery = Delivery(tmp_path)  # type: ignore[arg-type]
    delivery.write().load()
    rings(1, 2, current=2)
    with pytest.raises(KeysChangeOver):
        delivery.write().load()
    rotate_keys()
    delivery.write().load()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGISTER_LOCK])
        failed: list[BaseException] = []

        def try_it() -> None:
            try:
                rotate_keys()
            except RotationError as error:
                failed.append(error)
            connection.close()

        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        assert failed


def test_the_command_says_what_it_did(rings: Rings, capsys: pytest.CaptureFixture[str]) -> None:
    townspeople(2)
    rings(1, 2, current=2)
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert "have key 2" in said
    assert "may leave HP_KEYS" in said
    rings(2, current=2)
    townspeople(0)
    call_command("rotate_keys")


def test_a_row_whose_key_is_gone_stops_the_command(rings: Rings) -> None:
    townspeople(1)
    rings(2, current=2)
    with pytest.raises(CommandError, match="no key for"):
        call_command("rotate_keys")
