"""Selecting, explaining and plain Python agree on every person and every rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from citizens.models import Attribute, Guardianship, Person, RegisteredFact, ValueType
from citizens.operators import CHOICE, COMPARISON, PRESENCE, SPAN, YEAR_SPAN, YEARS
from offers.eligibility.explain import explain, with_facts
from offers.eligibility.select import matching
from tests.eligibility.independent import Custody, Record, judge, matches
from tests.eligibility.people import a_dispute, a_person, an_attribute, rule
from tests.eligibility.strategies import CHOICES, DAYS, OPERATORS, RULES, YEARS_ASKED, records

pytestmark = pytest.mark.django_db
FACTS = {
    "text_fact": ValueType.TEXT,
    "number_fact": ValueType.NUMBER,
    "date_fact": ValueType.DATE,
    "boolean_fact": ValueType.BOOLEAN,
}
COLUMNS = ("birth_date", "sex", "mother_tongue", "postal_code", "contact_language", "municipality")

ABOUT_YEARS = {"birth_date": (*YEARS, *YEAR_SPAN), "age": (*COMPARISON, *SPAN)}


def asked_alone(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    return rule({"attribute": attribute, "operator": operator, "value": value})


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
        other = _relative(custody)
        _custody(custody, guardian=other, child=person)
    for custody in record.children:
        other = _relative(custody)
        _custody(custody, guardian=person, child=other)
    for attribute in sorted(record.disputed):
        a_dispute(person, attribute)
    return person


def _relative(custody: Custody) -> Person:
    other = a_person(birth_date=custody.other_birth_date)
    if custody.other_disputes:
        a_dispute(other, "birth_date")
    return other


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
        all_agree(people, rules, day)


def all_agree(people: list[Record], rules: list[dict[str, Any]], day: date) -> None:
    """Each way of asking says the same of each of the people."""
    attributes = {code: an_attribute(code, kind) for code, kind in FACTS.items()}
    rows = {registered(record, attributes).pk: record for record in people}
    for criteria in rules:
        found = matching(criteria, as_of=day).filter(pk__in=rows)
        selected = set(found.values_list("pk", flat=True))
        assert selected == {pk for pk, record in rows.items() if matches(record, criteria, day)}
        explained: Any = with_facts(Person.objects.filter(pk__in=rows), criteria, as_of=day)
        for person in explained:
            record, answers = rows[person.pk], person.facts["all"]
            assert [[one["held"] for one in group["any"]] for group in answers] == [
                [judge(record, one, day) for one in group["any"]] for group in criteria["all"]
            ]
            for one in (one for group in answers for one in group["any"]):
                assert one["attribute"] not in record.disputed or one["fact"] is None


@settings(max_examples=60)
@given(
    people=st.lists(records(disputing=True), min_size=1, max_size=4),
    rules=st.lists(RULES, min_size=1, max_size=6),
    day=st.sampled_from(DAYS),
)
def test_what_somebody_disputes_is_unknown_of_them_and_of_nobody_else(
    people: list[Record], rules: list[dict[str, Any]], day: date
) -> None:
    with undone():
        all_agree(people, rules, day)


@pytest.mark.parametrize("day", DAYS)
def test_every_date_operator_agrees_on_every_border(day: date) -> None:
    born = {one for years in YEARS_ASKED for one in _around_birthday(day, years)}
    people = {a_person(birth_date=one).pk: Record({"birth_date": one}) for one in sorted(born)}
    for attribute in ("birth_date", "age"):
        for operator in OPERATORS[attribute]:
            for years in YEARS_ASKED if operator in ABOUT_YEARS[attribute] else ():
                value = [years, years + 2] if operator in (*SPAN, *YEAR_SPAN) else years
                criteria = asked_alone(attribute, operator, value)
                selected = set(matching(criteria, as_of=day).values_list("pk", flat=True))
                expected = {pk for pk, person in people.items() if matches(person, criteria, day)}
                assert selected == expected, (attribute, operator, years)


@pytest.mark.parametrize("code", [*FACTS, "sex", "mother_tongue", "postal_code"])
def test_an_unknown_value_satisfies_neither_an_operator_nor_its_opposite(code: str) -> None:
    for name, kind in FACTS.items():
        an_attribute(name, kind)
    person = a_person()
    for operator in OPERATORS[code]:
        if operator in PRESENCE:
            continue
        criteria = asked_alone(code, operator, _any(code, operator))
        assert not matching(criteria, as_of=DAYS[0]).filter(pk=person.pk).exists()
        assert explain(criteria, person=person, as_of=DAYS[0])["all"][0]["any"][0]["held"] is None


def _around_birthday(day: date, years: int) -> list[date]:
    """The days about which an answer changes, and the ends of the year."""
    year = day.year - years
    day_of_year = (day - date(day.year, 1, 1)).days
    shifts = range(day_of_year - 3, day_of_year + 4)
    near = [date(year, 1, 1) + timedelta(days=shift) for shift in shifts]
    return [*near, date(year, 1, 1), date(year, 12, 31)]


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


def test_a_dispute_costs_the_rules_of_other_facts_nothing() -> None:
    born, speaks = asked_alone("age", "at_least", 6), asked_alone("mother_tongue", "is", "so")
    before = [str(matching(criteria, as_of=DAYS[0]).query) for criteria in (born, speaks)]
    a_dispute(a_person(mother_tongue="so"), "mother_tongue")
    after = [str(matching(criteria, as_of=DAYS[0]).query) for criteria in (born, speaks)]
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


def test_a_missing_fact_is_looked_up_in_one_way_whoever_disputes_it() -> None:
    """NOT EXISTS alone: an OR beside it would have PostgreSQL look everybody up one by one."""
    an_attribute("last_seen", ValueType.DATE)
    missing = rule({"attribute": "last_seen", "operator": "has_not"})
    a_dispute(a_person(), "last_seen")
    asked = str(matching(missing, as_of=DAYS[0]).query)
    assert asked.count("EXISTS") == 1
    assert " OR " not in asked
