"""Our check of identity codes and python-stdnum's say the same."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.fi import hetu

from citizens.identity_codes import CHECK_CHARACTERS, check_character, date_of_birth

DIGITS = st.text("0123456789", min_size=6, max_size=6)
INDIVIDUAL = st.integers(0, 999).map(lambda number: f"{number:03d}")


def accepted(code: str) -> bool:
    try:
        date_of_birth(code)
    except ValueError:
        return False
    return True


@given(
    day=st.one_of(DIGITS, st.dates(date(1850, 1, 1)).map(lambda day: day.strftime("%d%m%y"))),
    sign=st.sampled_from("+-YXWVUABCDEFGZ"),
    individual=INDIVIDUAL,
    check=st.one_of(st.none(), st.sampled_from(CHECK_CHARACTERS + "GIOQZ")),
)
@example(day="290200", sign="-", individual="900", check=None)
@example(day="290200", sign="A", individual="900", check=None)
@example(day="010101", sign="A", individual="001", check=None)
def test_both_accept_the_same_codes(
    day: str, sign: str, individual: str, check: str | None
) -> None:
    code = day + sign + individual + (check or check_character(day + individual))

    assert accepted(code) == hetu.is_valid(code, allow_temporary=True)


@pytest.mark.parametrize(
    ("code", "born"),
    [
        ("131052-308T", date(1952, 10, 13)),
        ("060520A9025", date(2020, 5, 6)),
        ("311288-999L", date(1988, 12, 31)),
    ],
)
def test_the_date_of_birth_is_in_the_code(code: str, born: date) -> None:
    assert date_of_birth(code) == born


@pytest.mark.parametrize("text", ["", "131052-308", "131052-308T ", "١٣١٠٥٢-308T", "131052-308t"])
def test_what_is_not_of_the_form_is_no_code(text: str) -> None:
    assert not accepted(text)
