"""Who matches a rule: the borders, and what is code and can't be taken from a rule."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from citizens.models import ValueType
from offers.catalogue.criteria import CriteriaError
from offers.eligibility.select import matching, not_resident
from tests.eligibility.people import a_fact, a_guardianship, a_person, an_attribute, asked, rule

pytestmark = pytest.mark.django_db
PRESCHOOL = rule(asked("birth_date", "turns_in_year", 6))
DAY = date(2027, 1, 15)


@pytest.mark.parametrize(
    ("born", "matches"),
    [
        (date(2020, 12, 31), False),
        (date(2021, 1, 1), True),
        (date(2021, 12, 31), True),
        (date(2022, 1, 1), False),
    ],
)
def test_turning_six_in_the_year_is_a_calendar_year(born: date, matches: bool) -> None:
    a_person(birth_date=born)
    assert matching(PRESCHOOL, as_of=DAY).exists() is matches


@pytest.mark.parametrize(
    ("day", "matches"),
    [(date(2085, 2, 28), False), (date(2085, 3, 1), True), (date(2084, 2, 29), False)],
)
def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_first_of_march(
    day: date, matches: bool
) -> None:
    person = a_person(birth_date=date(2020, 2, 29))
    assert matching(rule(asked("age", "at_least", 65)), as_of=day).exists() is matches
    assert (person.age_on(day) >= 65) is matches


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"died_on": date(2026, 5, 1)}, "died"),
        ({"gone_at": timezone.now()}, "gone"),
        ({"moved_out_on": date(2026, 5, 1)}, "moved"),
        ({"municipality": "049"}, "elsewhere"),
    ],
)
def test_who_is_not_a_living_resident_never_matches_and_is_counted(
    values: dict[str, Any], reason: str
) -> None:
    a_person(**values)
    assert not matching(PRESCHOOL, as_of=DAY).exists()
    assert not_resident(PRESCHOOL, as_of=DAY) == {reason: 1}


def test_a_protected_child_has_the_same_right() -> None:
    a_person(protected=True, place_by_hand=True)
    assert matching(PRESCHOOL, as_of=DAY).count() == 1
    assert not_resident(PRESCHOOL, as_of=DAY) == {}


def test_somebody_with_several_relations_is_selected_once() -> None:
    child, one, other = a_person(), a_person(), a_person()
    a_guardianship(one, child)
    a_guardianship(other, child)
    guarded = rule(asked("guardian_birth_date", "has"))
    assert list(matching(guarded, as_of=DAY)) == [child]


def test_every_five_years_is_never_or_long_ago() -> None:
    last = an_attribute("last_screening", ValueType.DATE)
    never, recent, old = a_person(), a_person(), a_person()
    a_fact(recent, last, date(2022, 1, 16))
    a_fact(old, last, date(2022, 1, 15))
    due = rule(
        [asked("last_screening", "has_not"), asked("last_screening", "at_least_years_since", 5)]
    )
    assert set(matching(due, as_of=DAY)) == {never, old}


def test_a_rule_that_cannot_be_read_asks_nothing_of_the_database() -> None:
    with pytest.raises(CriteriaError, match="no attribute"):
        matching(rule(asked("shoe_size", "is", 42)), as_of=DAY)
