"""The catalogue for measuring: hundreds of conditions that differ, none for everybody or nobody."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django.fixtures import Settings

from citizens.models import Person
from citizens.register.errors import ErrorFile
from citizens.register.importing import RegisterFiles, import_register
from citizens.synthetic.city import City
from offers.catalogue.load import load_catalogue
from offers.eligibility.generated import LEAST, MOST, TooFewConditionsError, generate_catalogue
from offers.eligibility.select import matching
from offers.models import EligibilityRule, Service
from tests.eligibility.people import a_person

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 31)


@pytest.mark.timeout(300)
def test_eight_hundred_conditions_each_match_some_and_none_most(tmp_path: Path) -> None:
    load_catalogue()
    assert sum(City(people=4_000, as_of=DAY).write(tmp_path)) == 4_000
    files = RegisterFiles(
        people=tmp_path / "people.csv",
        guardianships=tmp_path / "guardianships.csv",
        contacts=tmp_path / "contacts.csv",
    )
    import_register(files=files, errors=ErrorFile(tmp_path / "errors.csv"))
    with connection.cursor() as cursor:
        # Rows that other tests have rolled back mislead the planner; loops in loops took minutes.
        cursor.execute("SET LOCAL enable_nestloop = off")
    made = generate_catalogue(services=835, day=DAY)
    assert len(made) == 835
    rules = EligibilityRule.objects.filter(service__in=[one.service for one in made])
    assert len({json.dumps(rule.criteria, sort_keys=True) for rule in rules}) >= 800
    people = Person.objects.count()
    for rule in rules.order_by("pk")[::20]:
        assert LEAST <= matching(rule.criteria, as_of=DAY).count() / people <= MOST


def test_too_few_people_are_said_and_nothing_is_made() -> None:
    a_person()
    with pytest.raises(TooFewConditionsError, match="Only"):
        generate_catalogue(services=5, day=DAY)
    assert not EligibilityRule.objects.exists()
    with pytest.raises(CommandError, match="Only"):
        call_command("generate_catalogue", "--services", "5")


def test_where_people_are_served_it_refuses(settings: Settings) -> None:
    settings.DEPLOYED = True
    with pytest.raises(CommandError, match="must not meet real people"):
        call_command("generate_catalogue")


@pytest.mark.parametrize("services", ["0", "-1"])
def test_no_services_at_all_are_not_made(services: str) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("generate_catalogue", "--services", services)
    assert not Service.objects.exists()
