"""Who may decide on a day: from the first day to the last, and never for somebody of age."""

from datetime import date, timedelta

import pytest

from citizens.models import Guardianship
from tests.rounds.city import a_child, a_person, guard

pytestmark = pytest.mark.django_db


def decides(day: date) -> bool:
    return Guardianship.objects.valid_on(day).may_decide().exists()


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (date(2010, 5, 6), date(2028, 5, 5)),
        (date(2010, 1, 1), date(2027, 12, 31)),
        (date(2008, 2, 29), date(2026, 2, 28)),  # of age on 1 March, as age_on counts
    ],
)
def test_it_ends_at_eighteen_whatever_the_register_says(born: date, last: date) -> None:
    child = a_child(birth_date=born)
    guard(a_person(), child)
    assert decides(last)
    first = last + timedelta(days=1)
    assert not decides(first)
    assert child.age_on(last) == 17
    assert child.age_on(first) == 18


def test_it_is_from_its_first_day_to_its_last() -> None:
    child = a_child(birth_date=date(2020, 1, 1))
    guard(a_person(), child, valid_from=date(2024, 3, 1), valid_until=date(2024, 3, 31))
    days = [date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1)]
    assert [decides(day) for day in days] == [False, True, True, False]


def test_who_may_not_decide_is_asked_nothing() -> None:
    guard(a_person(), a_child(birth_date=date(2020, 1, 1)), may_decide=False)
    assert not decides(date(2024, 3, 1))
