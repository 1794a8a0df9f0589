"""What registers say of a citizen, and of the children whom they have custody of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from citizens.attributes import BUILT_IN, POPULATION_REGISTER, registered, source_name
from citizens.languages import language_name, say
from citizens.models import (
    ContactKind,
    ContactPoint,
    Guardianship,
    Person,
    RegisteredFact,
    is_shielded,
)
from helsinki_proactive.my.named import named
from offers.eligibility.say import OF_ANY_HOME, shown_date, shown_value

CONTACTS: dict[ContactKind, Promise] = {
    ContactKind.SMS: _("Mobile phone"),
    ContactKind.EMAIL: _("E-mail"),
}
Built = tuple[str, str | Promise, str]


@dataclass(frozen=True)
class MyFact:
    """One fact as registered, and where it comes from; ``code`` names it if it can be disputed."""

    label: str | Promise
    value: str
    source: str
    code: str = ""


@dataclass(frozen=True)
class MyChild:
    """A child in one's custody, and what registers say of it that the guardian may read."""

    person: Person
    name: str
    facts: Sequence[MyFact]


def facts_of(person: Person, language: str) -> Iterator[MyFact]:
    """Everything that registers say of the person, as it is now."""
    register = source_name(POPULATION_REGISTER, language)
    for code, label, value in _registered_of(person, language):
        yield MyFact(label, value, register, code)
    yield from _of_own_registers(person, language)


def children_of(person: Person, language: str) -> list[MyChild]:
    """The children whom the person may decide for, and what the person may read of them.

    Nothing of a child who is shielded, as if there were none; nothing of another household, be it
    an address, a daycare or the other guardian.
    """
    today = timezone.localdate()
    deciding = Guardianship.objects.valid_on(today).may_decide().filter(guardian=person)
    children = Person.objects.filter(~is_shielded("pk", on=today), guardians__in=deciding)
    return [
        MyChild(child, child.call_name, list(_of_child(child, person, language)))
        for child in children.distinct().order_by("birth_date", "pk")
    ]


def _of_child(child: Person, guardian: Person, language: str) -> Iterator[MyFact]:
    register = source_name(POPULATION_REGISTER, language)
    for code, label, value in _themselves(child, language):
        if code in ("name", *OF_ANY_HOME):
            yield MyFact(label, value, register, code)
    if child.lives_with(guardian):
        for code, label, value in _home(child, language):
            yield MyFact(label, value, register, code)
        yield from _of_own_registers(child, language)


def _registered_of(person: Person, language: str) -> Iterator[Built]:
    yield from _themselves(person, language)
    yield from _home(person, language)
    if person.protected:
        yield "", _("Non-disclosure for personal safety"), shown_value(None, True, language)
    for point in ContactPoint.objects.filter(person=person, gone_at=None).in_order():
        yield "", CONTACTS[ContactKind(point.kind)], point.unseal("value")
    today = timezone.localdate()
    valid = Guardianship.objects.valid_on(today).filter(guardian=person)
    children = valid.filter(~is_shielded("child", on=today))  # a new name would tell, too
    for one in children.select_related("child").order_by("child__birth_date", "pk"):
        yield "child_birth_date", _("Guardian of"), one.child.full_name


def _themselves(person: Person, language: str) -> Iterator[Built]:
    yield "name", _("Name"), person.full_name
    yield "identity_code", _("Identity code"), person.unseal("identity_code")
    yield _built_in("birth_date", shown_date(person.birth_date, language), language)
    sex = person.sex and shown_value(BUILT_IN["sex"], person.sex, language)
    yield _built_in("sex", sex, language)
    for code in ("mother_tongue", "contact_language"):
        yield _built_in(code, language_name(getattr(person, code), language), language)


def _home(person: Person, language: str) -> Iterator[Built]:
    """Rules know the address by its postal code."""
    municipality = shown_value(BUILT_IN["municipality"], person.municipality, language)
    yield _built_in("municipality", municipality, language)
    yield "postal_code", _("Address"), f"{person.unseal('address')} {person.postal_code}".strip()


def _built_in(code: str, value: str, language: str) -> Built:
    return code, say(BUILT_IN[code].label, language), value


def _of_own_registers(person: Person, language: str) -> Iterator[MyFact]:
    registered_facts = RegisteredFact.objects.filter(person=person).select_related("attribute")
    facts = list(registered_facts.order_by("attribute__source", "attribute__code"))
    names = named(facts, language)
    for fact in facts:
        attribute = registered(fact.attribute)
        value = getattr(fact, attribute.value_type.value)
        yield MyFact(
            say(attribute.label, language),
            names.get(fact.pk) or shown_value(attribute, value, language),
            source_name(attribute.source, language),
            attribute.code,
        )
