"""What a rule may ask of a value: operators, each with its opposite, and the range each means.

There is no negation. An unknown value satisfies neither an operator nor its opposite, so that
nobody is chosen, or left out, by what is not known; only ``has`` and ``has_not`` ask whether a
value is known at all.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

Scalar = str | bool | int | Decimal | date
Value = Scalar | tuple[Scalar, ...] | None


class Operator(models.TextChoices):
    IS = "is", _("is")
    IS_NOT = "is_not", _("is not")
    ONE_OF = "one_of", _("is one of")
    NONE_OF = "none_of", _("is none of")
    HAS = "has", _("is known")
    HAS_NOT = "has_not", _("is not known")
    AT_LEAST = "at_least", _("is at least")
    LESS_THAN = "less_than", _("is less than")
    AT_MOST = "at_most", _("is at most")
    MORE_THAN = "more_than", _("is more than")
    BETWEEN = "between", _("is between")
    NOT_BETWEEN = "not_between", _("is not between")
    TURNS = "turns_in_year", _("turns N in the round's year")
    TURNS_NOT = "does_not_turn_in_year", _("does not turn N in the round's year")
    IS_YEARS = "is_years", _("is N–M years old on the round's day")
    IS_NOT_YEARS = "is_not_years", _("is not N–M years old on the round's day")
    YEARS_SINCE = "at_least_years_since", _("is at least N years ago on the round's day")
    FEWER_YEARS_SINCE = "less_than_years_since", _("is less than N years ago on the round's day")

    @property
    def opposite(self) -> "Operator":
        """The operator that holds for exactly the other known values."""
        return OPPOSITES[self]

    @property
    def negative(self) -> bool:
        """Whether it is defined as the opposite of another."""
        return self in NEGATIVE


_PAIRS = [
    (Operator.IS, Operator.IS_NOT),
    (Operator.ONE_OF, Operator.NONE_OF),
    (Operator.HAS, Operator.HAS_NOT),
    (Operator.AT_LEAST, Operator.LESS_THAN),
    (Operator.AT_MOST, Operator.MORE_THAN),
    (Operator.BETWEEN, Operator.NOT_BETWEEN),
    (Operator.TURNS, Operator.TURNS_NOT),
    (Operator.IS_YEARS, Operator.IS_NOT_YEARS),
    (Operator.YEARS_SINCE, Operator.FEWER_YEARS_SINCE),
]
OPPOSITES = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
NEGATIVE = frozenset(negative for _positive, negative in _PAIRS)

PRESENCE = (Operator.HAS, Operator.HAS_NOT)
EQUALITY = (Operator.IS, Operator.IS_NOT)
CHOICE = (Operator.ONE_OF, Operator.NONE_OF)
COMPARISON = (Operator.AT_LEAST, Operator.LESS_THAN, Operator.AT_MOST, Operator.MORE_THAN)
SPAN = (Operator.BETWEEN, Operator.NOT_BETWEEN)
YEARS = (
    Operator.TURNS,
    Operator.TURNS_NOT,
    Operator.YEARS_SINCE,
    Operator.FEWER_YEARS_SINCE,
)
YEAR_SPAN = (Operator.IS_YEARS, Operator.IS_NOT_YEARS)


@dataclass(frozen=True)
class Question:
    """An operator with its value, as asked of one attribute."""

    operator: Operator
    value: Value = None

    @property
    def opposite(self) -> "Question":
        return Question(self.operator.opposite, self.value)


def years_before(day: date, years: int) -> date:
    """The last date that lies whole ``years`` before ``day``.

    From 29 February that is 28 February of a common year; who was born on 29 February is a year
    older on 1 March (as in Person.age_on).
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def bounds(question: Question, as_of: date) -> tuple[Scalar | None, Scalar | None]:
    """The first and last value a positive question about an ordered value means; None is open."""
    operator, value = question.operator, question.value
    match operator:
        case Operator.IS:
            return cast(Scalar, value), cast(Scalar, value)
        case Operator.AT_LEAST:
            return cast(Scalar, value), None
        case Operator.AT_MOST:
            return None, cast(Scalar, value)
        case Operator.BETWEEN:
            first, last = cast("tuple[Scalar, Scalar]", value)
            return first, last
        case Operator.TURNS:
            year = as_of.year - cast(int, value)
            return date(year, 1, 1), date(year, 12, 31)
        case Operator.IS_YEARS:
            youngest, oldest = cast("tuple[int, int]", value)
            return (
                years_before(as_of, oldest + 1) + timedelta(days=1),
                years_before(as_of, youngest),
            )
        case Operator.YEARS_SINCE:
            return None, years_before(as_of, cast(int, value))
    raise ValueError(f"{operator} is not a range")


def crossed(question: Question, days: tuple[date, date]) -> list[tuple[date, date]]:
    """The spans of dates, both ends included, whose answer may differ between the two days."""
    positive = question.opposite if question.operator.negative else question
    if positive.operator not in (*YEARS, *YEAR_SPAN):
        return []
    one, other = (
        cast("tuple[date | None, date | None]", bounds(positive, day)) for day in sorted(days)
    )
    spans = []
    if one[0] and other[0]:
        spans.append((one[0], other[0] - timedelta(days=1)))
    if one[1] and other[1]:
        spans.append((one[1] + timedelta(days=1), other[1]))
    return [(first, last) for first, last in spans if first <= last]


def condition(field: str, question: Question, as_of: date) -> Q:
    """The question as a condition on a column known to hold a value, in ranges an index serves."""
    operator = question.operator
    if operator in (*CHOICE, *EQUALITY) and not isinstance(question.value, date):
        lookup = f"{field}__in" if operator in CHOICE else field
        equal = Q(**{lookup: question.value})
        return ~equal if operator.negative else equal
    if operator.negative:
        low, high = bounds(question.opposite, as_of)
        below = Q() if low is None else Q(**{f"{field}__lt": low})
        above = Q() if high is None else Q(**{f"{field}__gt": high})
        return below | above
    low, high = bounds(question, as_of)
    from_low = Q() if low is None else Q(**{f"{field}__gte": low})
    to_high = Q() if high is None else Q(**{f"{field}__lte": high})
    return from_low & to_high
