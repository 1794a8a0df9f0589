"""A small city: families, units and a preschool round, written as the register would."""

from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils import timezone

from citizens.models import (
    Attribute,
    ContactKind,
    ContactPoint,
    Guardianship,
    Person,
    RegisteredFact,
)
from helsinki_proactive.staff.models import User
from offers.catalogue.load import CATALOGUE, load_catalogue
from offers.models import Capacity, Round, Service, Unit

_numbers = count(1)
RAILWAY_STATION = (60.1710, 24.9414)


def a_user(name: str) -> User:
    """An employee."""
    user, _ = User.objects.get_or_create(username=name)
    return user


def a_person(**values: Any) -> Person:
    """An adult in Helsinki."""
    number = next(_numbers)
    latitude, longitude = RAILWAY_STATION
    known = {
        "register_key": f"round-{number}",
        "first_names": f"Nimi{number}",
        "last_name": "Koe",
        "birth_date": date(1990, 5, 3),
        "municipality": "091",
        "latitude": latitude,
        "longitude": longitude,
    }
    return Person.objects.create(**known | values)


def a_child(**values: Any) -> Person:
    """A child who turns six this year: whom the preschool rule selects."""
    return a_person(**{"birth_date": date(timezone.localdate().year - 6, 3, 1)} | values)


def guard(guardian: Person, *children: Person, **values: Any) -> None:
    """Make the adult a guardian who may decide about the children."""
    for child in children:
        known = {"valid_from": child.birth_date}
        Guardianship.objects.create(guardian=guardian, child=child, **known | values)


def a_phone(person: Person, number: str | None = None, **values: Any) -> ContactPoint:
    """A mobile phone of the person."""
    return _contact(person, ContactKind.SMS, number or f"+35840{next(_numbers):07}", values)


def an_address(person: Person, **values: Any) -> ContactPoint:
    """An e-mail address of the person."""
    return _contact(person, ContactKind.EMAIL, f"p{next(_numbers)}@example.org", values)


def _contact(person: Person, kind: str, value: str, values: dict[str, Any]) -> ContactPoint:
    point = ContactPoint(person=person, kind=kind, **values)
    point.set_value(value)
    point.save(force_insert=True)
    return point


def a_family(*, children: int = 1, guardians: int = 1, **values: Any) -> list[Person]:
    """Children with as many guardians, each with a phone; returns the children."""
    brood = [a_child(**values) for _ in range(children)]
    for _ in range(guardians):
        adult = a_person(contact_language=values.get("contact_language", "fi"))
        a_phone(adult)
        guard(adult, *brood)
    return brood


def at_address(address: str, *people: Person) -> None:
    """The register says that the people live here."""
    for person in people:
        person.set_address(address)
        person.postal_code = "00420"
        person.save()


def protect(person: Person) -> None:
    """The register says from now on that nobody may learn where the person is."""
    person.protected = True
    person.save(update_fields=["protected"])


def a_fact(person: Person, code: str, value: object) -> None:
    """A registered fact of the person."""
    attribute = Attribute.objects.get(code=code)
    RegisteredFact.objects.create(
        person=person,
        attribute=attribute,
        as_of=timezone.localdate(),
        **{attribute.value_type: value},
    )


def seats(number: int, *, group: str = "fi", north_m: int = 0, **values: Any) -> Capacity:
    """A unit with this many preschool seats, so far north of the railway station."""
    serial = next(_numbers)
    latitude, longitude = RAILWAY_STATION
    unit = Unit.objects.create(
        register_id=f"unit-{serial}",
        identifiers={"evaka": f"evaka-unit-{serial}"},
        name={"fi": f"Päiväkoti {serial}", "sv": f"Daghem {serial}", "en": f"Daycare {serial}"},
        address={"fi": "Koekatu 1", "sv": "Provgatan 1", "en": "Koekatu 1"},
        latitude=latitude + north_m / 111_195,
        longitude=longitude,
    )
    known = {"service": preschool(), "period": "autumn", "group": group}
    return Capacity.objects.create(unit=unit, seats=number, **known | values)


def preschool() -> Service:
    """The shipped service, loaded when first asked for."""
    if not Service.objects.filter(code="preschool").exists():
        load_catalogue(folder=Path(_only_preschool().name))
    return Service.objects.get(code="preschool")


@cache
def _only_preschool() -> "TemporaryDirectory[str]":
    """A catalogue of this one service: the others take time to check and are not asked here."""
    folder = TemporaryDirectory()
    for name in ("preschool", "shared_texts"):
        (Path(folder.name) / name).symlink_to(CATALOGUE / name)
    return folder


def deadline() -> datetime:
    """Two weeks from now, in the afternoon."""
    return timezone.localtime().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(14)


def a_round(**values: Any) -> Round:
    """A draft of a preschool round."""
    today = timezone.localdate()
    known = {
        "service": preschool(),
        "name": "Esiopetus",
        "period": "autumn",
        "as_of": today,
        "begins_on": today + timedelta(days=200),
        "deadline_at": deadline(),
        "created_by": a_user("caseworker"),
    }
    return Round.objects.create(**known | values)
