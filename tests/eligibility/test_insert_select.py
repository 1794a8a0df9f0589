"""One INSERT ... SELECT: defaults filled, doubles left alone, nothing through Python."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from citizens.models import Attribute, Person, RegisteredFact, ValueType
from offers.eligibility.explain import explain, with_facts
from offers.eligibility.select import insert_select, matching
from offers.models import ReviewCase
from tests.eligibility.people import a_person, an_attribute, asked, rule

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 15)
PRESCHOOL = rule(asked("birth_date", "turns_in_year", 6))


@pytest.fixture
def attribute() -> Attribute:
    return an_attribute("noted", ValueType.TEXT)


def note(attribute: Attribute) -> int:
    return insert_select(
        RegisteredFact,
        matching(PRESCHOOL, as_of=DAY),
        {
            "person": "pk",
            "attribute": Value(attribute.pk),
            "text": F("last_name"),
            "as_of": Value(DAY),
        },
    )


def test_one_row_for_each_person_in_one_statement(attribute: Attribute) -> None:
    people = {a_person().pk for _number in range(3)}
    with CaptureQueriesContext(connection) as queries:
        assert note(attribute) == 3
    assert sum("INSERT" in query["sql"] for query in queries) == 1
    assert set(RegisteredFact.objects.values_list("person", flat=True)) == people
    assert set(RegisteredFact.objects.values_list("text", flat=True)) == {"Virtanen"}


def test_a_second_time_nothing_is_new(attribute: Attribute) -> None:
    a_person()
    assert note(attribute) == 1
    a_person()
    assert note(attribute) == 1
    assert note(attribute) == 0
    assert RegisteredFact.objects.count() == 2


def test_nobody_gives_no_rows(attribute: Attribute) -> None:
    assert insert_select(RegisteredFact, Person.objects.none(), {"person": "pk"}) == 0
    assert note(attribute) == 0


def test_fields_left_out_get_their_default() -> None:
    a_person()
    columns = {"kind": Value("call_back"), "due_at": Value("2027-01-01T00:00:00Z")}
    assert insert_select(ReviewCase, matching(PRESCHOOL, as_of=DAY), columns) == 1
    case = ReviewCase.objects.get()
    assert (case.urgent, case.note, case.closed_at) == (False, "", None)
    assert case.opened_at is not None


def test_the_frozen_explanation_is_the_same_as_the_one_read() -> None:
    person = a_person()
    annotated: Any = with_facts(matching(PRESCHOOL, as_of=DAY), PRESCHOOL, as_of=DAY)
    explanation = explain(PRESCHOOL, person=person, as_of=DAY)
    assert [somebody.facts for somebody in annotated] == [explanation]
    assert explanation == {
        "as_of": "2027-01-15",
        "all": [
            {
                "any": [
                    {
                        "attribute": "birth_date",
                        "operator": "turns_in_year",
                        "value": 6,
                        "source": "population_register",
                        "held": True,
                        "fact": "2021-05-03",
                    }
                ]
            }
        ],
    }
