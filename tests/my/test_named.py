"""Where a register has a code, a parent reads a name, in each of the languages."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.models import Attribute, Person, RegisteredFact
from offers.eligibility.explain import explain
from offers.eligibility.say import fact_sentences, sentences
from tests.eligibility.people import asked, rule
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, signed_in, with_code
from tests.rounds.city import a_child, a_person, at_address, guard, preschool, seats

pytestmark = pytest.mark.django_db


def a_fact(child: Person, code: str, value: str) -> None:
    attribute = Attribute.objects.get(code=code)
    today = timezone.localdate()
    RegisteredFact.objects.create(person=child, attribute=attribute, text=value, as_of=today)


@pytest.fixture
def client(provider: IdentityProvider) -> Client:
    preschool()
    guardian, child = with_code(a_person()), a_child()
    guard(guardian, child)
    at_address("Koekatu 7", guardian, child)
    unit = seats(1).unit
    unit.name = {"fi": "Päiväkoti Kannel", "sv": "Daghemmet Kannel", "en": "Daycare Kannel"}
    unit.save()
    a_fact(child, "daycare_unit", unit.register_id)
    a_fact(child, "likely_school", "9000245")
    a_fact(child, "daycare_group", "sv")
    a_fact(child, "evaka_id", "9d7c0f4e")
    return signed_in(provider)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", ("Päiväkoti Kannel", "ruotsi", "toimipaikka 9000245 palvelukartassa")),
        ("sv", ("Daghemmet Kannel", "svenska", "enhet 9000245 i servicekartan", "Helsingfors")),
        ("en", ("Daycare Kannel", "Swedish", "unit 9000245 of the service map")),
    ],
)
def test_units_and_languages_are_named(
    client: Client, language: str, said: tuple[str, ...]
) -> None:
    words = look(client, language).words
    file = client.get(reverse("my:export", args=[language])).json()
    values = [one["value"] for child in file["children"] for one in child["data"]]
    for name in said:
        assert name in words
        assert name in values
    assert "sv" not in values


@pytest.mark.parametrize(
    ("language", "tongue", "city"),
    [
        ("fi", "somali", "Helsinki"),
        ("sv", "somaliska", "Helsingfors"),
        ("en", "Somali", "Helsinki"),
    ],
)
def test_in_rules_and_in_why_too(language: str, tongue: str, city: str) -> None:
    asking = rule(asked("mother_tongue", "is", "so"), asked("municipality", "is", "091"))
    person = a_person(mother_tongue="so")
    facts = explain(asking, person=person, as_of=timezone.localdate())
    for said in (sentences(asking, language), fact_sentences(facts, language)):
        assert f": {tongue}" in said[0]
        assert f": {city}" in said[1]
