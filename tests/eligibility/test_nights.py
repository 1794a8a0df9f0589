"""However facts, rules and days change: what a night writes is what everybody asked gives."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from citizens.disputes import settle
from citizens.models import (
    Attribute,
    DisputedFact,
    DisputeOutcome,
    Guardianship,
    Person,
    RegisteredFact,
)
from offers.eligibility.select import matching
from offers.eligibility.standing import keep_standing
from offers.models import EligibilityRule, Entitlement, StandingRule
from tests.eligibility.independent import Record
from tests.eligibility.people import a_dispute, a_fact, an_attribute
from tests.eligibility.services import a_rule
from tests.eligibility.strategies import BORDERS, CHOICES, DAYS, NUMBERS, OPERATORS, RULES, records
from tests.eligibility.test_one_meaning import FACTS, registered, undone

pytestmark = pytest.mark.django_db
COLUMNS = {
    "birth_date": BORDERS,
    "died_on": st.none() | st.sampled_from(DAYS),
    "moved_out_on": st.none() | st.sampled_from(DAYS),
    **{name: st.sampled_from(CHOICES[name]) for name in ("sex", "mother_tongue", "municipality")},
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text_fact": st.sampled_from(CHOICES["text_fact"]),
    "number_fact": st.sampled_from(NUMBERS),
    "date_fact": BORDERS,
    "boolean_fact": st.booleans(),
}


def somebody(data: st.DataObject) -> Person | None:
    person: Person | None = data.draw(st.sampled_from([None, *Person.objects.order_by("pk")]))
    return person


def a_column(data: st.DataObject) -> None:
    person = somebody(data)
    name = data.draw(st.sampled_from(sorted(COLUMNS)))
    if person:
        Person.objects.filter(pk=person.pk).update(**{name: data.draw(COLUMNS[name])})


def a_value(data: st.DataObject) -> None:
    person = somebody(data)
    attribute = data.draw(st.sampled_from([*Attribute.objects.order_by("code")]))
    if person:
        RegisteredFact.objects.filter(person=person, attribute=attribute).delete()
        if data.draw(st.booleans()):
            a_fact(person, attribute, data.draw(VALUES[attribute.code]))


def a_custody(data: st.DataObject) -> None:
    guardian, child = somebody(data), somebody(data)
    Guardianship.objects.filter(child=child).delete()
    if guardian and child and guardian != child:
        Guardianship.objects.create(
            guardian=guardian,
            child=child,
            valid_from=data.draw(BORDERS),
            may_decide=data.draw(st.booleans()),
        )


def an_end(data: st.DataObject) -> None:
    ends = data.draw(st.none() | st.sampled_from(DAYS))
    Guardianship.objects.update(valid_from=date(2000, 1, 1), valid_until=ends)


def a_contention(data: st.DataObject) -> None:
    person = somebody(data)
    attribute = data.draw(st.sampled_from(sorted(OPERATORS)))
    if person and not DisputedFact.objects.open().filter(person=person, attribute=attribute):
        a_dispute(person, attribute)


def a_settlement(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from([None, *DisputedFact.objects.open().order_by("pk")]))
    if fact:
        settle(fact=fact, outcome=data.draw(st.sampled_from(DisputeOutcome)), told="")


def a_death_of_the_row(data: st.DataObject) -> None:
    person = somebody(data)
    if person:
        person.delete()


def a_newcomer(data: st.DataObject) -> None:
    registered(data.draw(records()), {row.code: row for row in Attribute.objects.all()})


def another_version(data: st.DataObject) -> None:
    in_force = data.draw(st.sampled_from([*EligibilityRule.objects.in_force().order_by("pk")]))
    a_rule(data.draw(RULES), in_force.service)


CHANGES: list[Callable[[st.DataObject], None]] = [
    *(a_column, a_value, a_custody, an_end, a_death_of_the_row, a_newcomer, another_version),
    *(a_contention, a_settlement),
]


@settings(max_examples=30, phases=[Phase.generate])
@given(
    people=st.lists(records(), min_size=1, max_size=3),
    rules=st.lists(RULES, min_size=1, max_size=5),
    days=st.lists(st.sampled_from(DAYS), min_size=2, max_size=4),
    data=st.data(),
)
def test_every_night_leaves_what_asking_everybody_would(
    people: list[Record], rules: list[dict[str, Any]], days: list[date], data: st.DataObject
) -> None:
    with undone():
        attributes = {code: an_attribute(code, kind) for code, kind in FACTS.items()}
        for record in people:
            registered(record, attributes)
        for criteria in rules:
            a_rule(criteria)
        for day in days:
            for change in data.draw(st.lists(st.sampled_from(CHANGES), max_size=4)):
                change(data)
            done = keep_standing(day=day, in_full=data.draw(st.sampled_from([False, False, True])))
            assert done is not None
            as_if_everybody_were_asked(day)


def as_if_everybody_were_asked(day: date) -> None:
    kept = set(Entitlement.objects.values_list("rule", "person"))
    in_force = EligibilityRule.objects.in_force()
    asked = {
        (rule.pk, person)
        for rule in in_force
        for person in matching(rule.criteria, as_of=day).values_list("pk", flat=True)
    }
    assert kept == asked
    counts = dict(StandingRule.objects.values_list("rule", "people"))
    assert counts == {rule.pk: sum(key[0] == rule.pk for key in kept) for rule in in_force}
