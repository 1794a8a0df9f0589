"""Selecting, explaining and plain Python agree on every person and every rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from citizens.models import Attribute, Guardianship, Person, RegisteredFact, ValueType
from citizens.operators import CHOICE, PRESENCE, SPAN, YEAR_SPAN, YEARS
from offers.eligibility.explain import explain, with_facts
from offers.eligibility.select import matching
from tests.eligibility.independent import Record, judge, matches
from tests.eligibility.people import a_person, an_attribute
from tests.eligibility.strategies import CHOICES, DAYS, OPERATORS, RULES, records

pytestmark = pytest.mark.django_db
FACTS = {
    "text_fact": ValueType.TEXT,
    "number_fact": ValueType.NUMBER,
    "date_fact": ValueType.DATE,
    "boolean_fact": ValueType.BOOLEAN,
}
COLUMNS = ("birth_date", "sex", "mother_tongue", "postal_code", "contact_language", "municipality")


@contextmanager
def undone() -> Iterator[None]:
    """Each example has the register to itself."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def registered(record: Record, attributes: dict[str, Attribute]) -> Person:
    """The record as rows."""
    columns = {name: record.values[name] or "" for name in COLUMNS}
    person = a_person(**columns)
    RegisteredFact.objects.bulk_create(
        RegisteredFact(
            person=person,
            attribute=attribute,
            as_of=date(2026, 1, 1),
            **{attribute.value_type: record.values[code]},
        )
        for code, attribute in attributes.items()
        if record.values[code] is not None
    )
    for custody in record.guardians:
        other = a_person(birth_date=custody.other_birth_date)
        _custody(custody, guardian=other, child=person)
    for custody in record.children:
        other = a_person(birth_date=custody.other_birth_date)
        _custody(custody, guardian=person, child=other)
    return person


def _custody(custody: Any, *, guardian: Person, child: Person) -> None:
    Guardianship.objects.create(
        guardian=guardian,
        child=child,
        may_decide=custody.may_decide,
        valid_from=custody.valid_from,
        valid_until=custody.valid_until,
    )


@settings(max_examples=40)
@given(
    people=st.lists(records(), min_size=1, max_size=4),
    rules=st.lists(RULES, min_size=1, max_size=6),
    day=st.sampled_from(DAYS),
)
def test_selection_explanation_and_plain_python_agree(
    people: list[Record], rules: list[dict[str, Any]], day: date
) -> None:
    with undone():
        attributes = {code: an_attribute(code, kind) for code, kind in FACTS.items()}
        rows = {registered(record, attributes).pk: record for record in people}
        for rule in rules:
            selected = set(
                matching(rule, as_of=day).filter(pk__in=rows).values_list("pk", flat=True)
            )
            assert selected == {pk for pk, record in rows.items() if matches(record, rule, day)}
            for person in with_facts(Person.objects.filter(pk__in=rows), rule, as_of=day):
                answers = [[c["held"] for c in group["any"]] for group in person.facts["all"]]
                assert answers == [
                    [judge(rows[person.pk], c, day) for c in group["any"]] for group in rule["all"]
                ]


@pytest.mark.parametrize("code", [*FACTS, "sex", "mother_tongue", "postal_code"])
def test_an_unknown_value_satisfies_neither_an_operator_nor_its_opposite(code: str) -> None:
    for name, kind in FACTS.items():
        an_attribute(name, kind)
    person = a_person()
    for operator in OPERATORS[code]:
        if operator in PRESENCE:
            continue
        rule = {
            "all": [
                {"any": [{"attribute": code, "operator": operator, "value": _any(code, operator)}]}
            ]
        }
        assert not matching(rule, as_of=DAYS[0]).filter(pk=person.pk).exists()
        assert explain(rule, person=person, as_of=DAYS[0])["all"][0]["any"][0]["held"] is None


def _any(code: str, operator: str) -> Any:
    """Some value the operator takes."""
    scalars = {"number_fact": 1, "date_fact": "2020-02-29", "boolean_fact": True}
    scalar = scalars.get(code, (CHOICES.get(code) or [""])[0])
    if operator in YEARS:
        return 5
    if operator in YEAR_SPAN:
        return [1, 5]
    if operator in SPAN:
        return [scalar, scalar]
    return [scalar] if operator in CHOICE else scalar
