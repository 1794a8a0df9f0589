"""Selecting, explaining and plain Python agree on every person and every rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from citizens.models import Attribute, Guardianship, Person, RegisteredFact, ValueType
from offers.eligibility.explain import explain, with_facts
from offers.eligibility.select import matching
from tests.eligibility.independent import Record, judge, matches
from tests.eligibility.people import a_person, an_attribute
from tests.eligibility.strategies import DAYS, RULES, records

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
            selected = set(matching(rule, as_of=day).filter(pk__in=rows).values_list("pk", flat=True))
            assert selected == {pk for pk, record in rows.items() if matches(record, rule, day)}
            explained = with_facts(Person.objects.filter(pk__in=rows), rule, as_of=day)
            for pk, facts in explained.values_list("pk", "facts"):
                assert [[c["held"] for c in group["any"]] for group in facts["all"]] == [
                    [judge(rows[pk], c, day) for c in group["any"]] for group in rule["all"]
                ]


@given(record=records(), rule=RULES, day=st.sampled_from(DAYS))
def test_an_unknown_value_satisfies_neither_an_operator_nor_its_opposite(
    record: Record, rule: dict[str, Any], day: date
) -> None:
    from_operator = {
        "attribute": "text_fact",
        "operator": "is",
        "value": "fi",
    }
    with undone():
        attributes = {code: an_attribute(code, kind) for code, kind in FACTS.items()}
        record.values["text_fact"] = None
        person = registered(record, attributes)
        for operator in ("is", "is_not"):
            asked = {"all": [{"any": [{**from_operator, "operator": operator}]}]}
            assert not matching(asked, as_of=day).filter(pk=person.pk).exists()
            assert explain(asked, person=person, as_of=day)["all"][0]["any"][0]["held"] is None
