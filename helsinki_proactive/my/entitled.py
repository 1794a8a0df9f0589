"""What a citizen and the children they decide for are entitled to, offered already or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from citizens.languages import say
from citizens.models import Guardianship, Person, is_shielded
from offers.eligibility.entitlements import entitlements
from offers.eligibility.say import sentences
from offers.models import Recipient


@dataclass(frozen=True)
class MyService:
    """A service in words: for whom ("" is oneself), what it is, and whoever is entitled to it."""

    service: str
    child: str
    description: str
    rule: list[str]


def services_of(person: Person, *, language: str, now: datetime) -> Iterator[MyService]:
    """The services, oneself first. Of a child who is shielded nothing, as if there were none.

    The rule is said, not the facts: those of a child tell of the other guardian, too.
    """
    today = timezone.localdate(now)
    yield from _services(person, Recipient.SELF, "", language, today)
    deciding = Guardianship.objects.valid_on(today).may_decide().filter(guardian=person)
    children = Person.objects.filter(~is_shielded("pk", on=today), guardians__in=deciding)
    for child in children.distinct().order_by("birth_date", "pk"):
        yield from _services(child, Recipient.GUARDIANS, child.call_name, language, today)


def _services(
    person: Person, recipient: Recipient, child: str, language: str, today: date
) -> Iterator[MyService]:
    for one in entitlements(person=person):
        if one.service.recipient == recipient:
            yield MyService(
                service=say(one.service.name, language),
                child=child,
                description=say(one.service.description, language),
                rule=sentences(one.rule.criteria, language, today),
            )
