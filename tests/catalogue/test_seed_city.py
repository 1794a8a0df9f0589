"""seed_city: a city to try everything on, in one command."""

from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from django.utils import timezone
from pytest_django.fixtures import Settings

from citizens.models import Person, RegisteredFact
from citizens.synthetic.city import City, preschool_year
from citizens.synthetic.daycares import Daycare
from citizens.synthetic.sources import cells
from offers.catalogue.load import read_catalogue
from offers.models import AdmissionArea, Capacity, Unit
from tests.rounds.city import a_round

pytestmark = pytest.mark.django_db


def seed(**options: Any) -> str:
    said = StringIO()
    call_command("seed_city", stdout=said, **{"people": 400, "families": 30, **options})
    return said.getvalue()


def test_a_city_has_people_units_seats_and_areas() -> None:
    assert "400" in seed()

    assert Person.objects.count() == 400
    born = preschool_year(timezone.localdate()) - 6
    sixes = Person.objects.resident().filter(birth_date__year=born)
    seats = Capacity.objects.filter(service__code="preschool").aggregate(all=Sum("seats"))["all"]
    assert 30 <= sixes.count() <= 33
    assert sixes.count() <= seats
    assert set(Capacity.objects.values_list("group", flat=True)) == {"fi", "sv"}
    named = Unit.objects.filter(identifiers__has_keys=["asti", "evaka"])
    assert named.count() == Unit.objects.count() > 0
    areas = AdmissionArea.objects.annotate(served_by=Count("units"))
    assert areas.count() == 2 * 84
    assert not areas.filter(served_by=0).exists()


def test_the_city_has_every_fact_that_the_catalogue_asks_for() -> None:
    daycares = [Daycare("1", 60.2, 24.9, ("fi", "sv"))]
    schools = {("fi", cell.postal_code): "1" for cell in cells()}
    city = City(people=20_000, as_of=date(2026, 11, 24), daycares=daycares, schools=schools)

    made = {fact.attribute for household in city.households() for fact in household.facts}

    wanted = {row["code"] for service in read_catalogue() for row in service.attributes}
    assert made == wanted


def test_a_child_who_turns_six_has_a_likely_school_that_serves_the_admission_area() -> None:
    seed(people=2_000, families=200)

    year = preschool_year(timezone.localdate())
    likely = RegisteredFact.objects.filter(attribute__code="likely_school")
    assert likely.exclude(person__birth_date__year=year - 6).count() == 0
    sixes = Person.objects.resident().filter(birth_date__year=year - 6)
    assert likely.filter(person__in=sixes).count() == sixes.count()
    schools = Unit.objects.filter(register_id__in=likely.values("text"))
    assert len(schools) > 1
    assert all("school" in school.name["en"] for school in schools)
    groups = RegisteredFact.objects.filter(attribute__code="daycare_group")
    language_of = dict(groups.values_list("person", "text"))
    has_group = set(Capacity.objects.values_list("unit__register_id", "group"))
    known = [row for row in likely.values_list("person", "text") if row[0] in language_of]
    assert known
    assert {(unit, language_of[person]) for person, unit in known} <= has_group


def test_the_same_seed_makes_the_same_city() -> None:
    def city() -> list[Any]:
        people = Person.objects.order_by("register_key")
        facts = RegisteredFact.objects.order_by("person__register_key", "attribute__code")
        return [
            [(p.register_key, p.full_name, p.unseal("identity_code"), p.unseal("address"))
             for p in people],
            list(facts.values_list("person__register_key", "attribute__code", "text", "date")),
            list(Capacity.objects.order_by("unit__register_id", "group").values_list(
                "unit__register_id", "unit__name", "unit__identifiers", "group", "seats")),
        ]  # fmt: skip

    seed(seed=7)
    first = city()
    seed(seed=7, replace=True)
    assert city() == first
    seed(seed=8, replace=True)
    assert city() != first


def test_a_city_is_not_put_upon_another_by_mistake() -> None:
    seed()

    with pytest.raises(CommandError, match="--replace"):
        seed()

    seed(people=300, replace=True)
    assert Person.objects.count() == 300


def test_people_of_whom_there_is_a_round_are_not_replaced() -> None:
    seed()
    a_round()

    with pytest.raises(CommandError, match="There are rounds"):
        seed(replace=True)
    assert Person.objects.count() == 400


def test_where_real_people_are_served_no_synthetic_ones_are_made(
    settings: Settings,
) -> None:
    settings.DEPLOYED = True

    with pytest.raises(CommandError, match="real people"):
        seed()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"people": 0}, "1 to 700000"),
        ({"people": 700_001}, "1 to 700000"),
        ({"families": -1}, "at least 0"),
        ({"people": 100, "families": 90}, "do not fit"),
    ],
)
def test_a_city_that_cannot_be_is_refused_and_nothing_is_made(
    options: dict[str, int], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        seed(**options)
    assert not Person.objects.exists()
    assert not Unit.objects.exists()
