"""Who matches a rule: examples for each kind of attribute and each border."""

from datetime import date

import pytest

from citizens.models import Person, ValueType
from offers.eligibility.explain import explain, with_facts
from offers.eligibility.select import insert_select, matching, not_resident
from tests.eligibility.people import a_fact, a_guardianship, a_person, an_attribute, asked, rule

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 15)


def test_smoke() -> None:
    p = a_person()
    assert list(matching(rule(asked("birth_date", "turns_in_year", 6)), as_of=DAY)) == [p]
    a = an_attribute("last_screening", ValueType.DATE)
    c = rule(
        asked("birth_date", "turns_in_year", 6),
        [asked("last_screening", "has_not"), asked("last_screening", "at_least_years_since", 5)],
        asked("age", "less_than", 6),
        asked("sex", "is", "female"),
        asked("guardian_birth_date", "has_not"),
    )
    print(matching(c, as_of=DAY).query)
    print(explain(c, person=p, as_of=DAY))
