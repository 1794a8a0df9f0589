"""What one person is entitled to."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from citizens.models import Person, ValueType
from offers.eligibility.entitlements import entitlements
from offers.eligibility.explain import TOGETHER, explain, explain_all
from offers.eligibility.standing import keep_standing
from tests.eligibility.people import a_person, an_attribute, asked, rule
from tests.eligibility.services import a_rule

pytestmark = pytest.mark.django_db
DAY = date(2027, 6, 15)
GIRLS = rule(asked("sex", "is", "female"))
EVERYBODY_KNOWN = rule(asked("sex", "has"))


def services_of(person: Person) -> list[str]:
    return [one.service.code for one in entitlements(person=person)]


def test_what_somebody_is_entitled_to_comes_with_the_reason() -> None:
    person = a_person(sex="female")
    a_person(sex="male")
    codes = [a_rule(criteria).service.code for criteria in (GIRLS, EVERYBODY_KNOWN)]
    keep_standing(day=timezone.localdate())
    assert services_of(person) == sorted(codes)
    facts = entitlements(person=person)[0].facts
    assert facts["all"][0]["any"][0]["fact"] == "female"


def test_what_no_longer_holds_is_left_out_at_once() -> None:
    person = a_person(sex="female")
    a_rule(GIRLS)
    known = a_rule(EVERYBODY_KNOWN).service.code
    keep_standing(day=timezone.localdate())
    Person.objects.update(sex="male")
    assert services_of(person) == [known]
    Person.objects.update(municipality="049")
    assert services_of(person) == []


def test_what_holds_since_today_is_there_tomorrow() -> None:
    person = a_person()
    service = a_rule(GIRLS).service.code
    keep_standing(day=timezone.localdate())
    Person.objects.update(sex="female")
    assert services_of(person) == []
    keep_standing(day=timezone.localdate())
    assert services_of(person) == [service]


def test_a_rule_whose_fact_the_registry_has_lost_since_last_night_hides_itself_alone() -> None:
    zone = an_attribute("zone", ValueType.TEXT)
    person = a_person(sex="female")
    a_rule(rule(asked("zone", "has_not")))
    girls = a_rule(GIRLS).service.code
    keep_standing(day=timezone.localdate())
    assert len(services_of(person)) == 2
    zone.delete()
    assert services_of(person) == [girls]


def test_many_rules_are_explained_in_few_statements_and_in_their_order(
    django_assert_num_queries: Any,
) -> None:
    person = a_person(sex="female")
    many = [rule(asked("age", "at_least", age)) for age in range(2 * TOGETHER + 1)]
    with django_assert_num_queries(2 + 3):
        explained = list(explain_all(many, person=person, as_of=DAY))
    assert explained == [explain(one, person=person, as_of=DAY) for one in many]
