"""Criteria that nobody can satisfy: found by trying the values at which an answer changes."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from citizens.lookups import Age, Related, in_birth_dates
from citizens.operators import CHOICE, PRESENCE, Operator, Question, Scalar, bounds
from offers.catalogue.criteria import Criteria, CriteriaError, Criterion, Problem

YEARS_TRIED = 10
Groups = dict[int, list[Question]]  # by the number of the group in the criteria


def refuse_contradiction(criteria: Criteria) -> None:
    """Raise CriteriaError for criteria that contradict each other."""
    number = contradiction(criteria)
    if number is not None:
        reason = _("The rule contradicts itself about %(attribute)s: nobody can match.")
        code = criteria[number][0].attribute.code
        suggestion = _("Compare the groups that ask for it.")
        raise CriteriaError([Problem(("all", number), reason % {"attribute": code}, suggestion)])


def contradiction(criteria: Criteria) -> int | None:
    """The number of the first of the groups that contradict each other, or None.

    Only groups that ask one attribute alone are compared; they contradict each other when no
    value satisfies them all on any day of the years to come.
    """
    for groups in _groups_by_attribute(criteria).values():
        if not any(_satisfiable(groups, day) for day in _days()):
            return min(groups)
    return None


def _groups_by_attribute(criteria: Criteria) -> dict[str, Groups]:
    """The groups that ask about one attribute alone; an age is a question about the birth date."""
    asking: dict[str, Groups] = {}
    for number, group in enumerate(criteria):
        asked = [_in_one_domain(criterion) for criterion in group]
        codes = {code for code, _question in asked}
        if len(codes) == 1 and not isinstance(group[0].attribute.lookup, Related):
            questions = [question for _code, question in asked]
            asking.setdefault(codes.pop(), {})[number] = questions
    return asking


def _in_one_domain(criterion: Criterion) -> tuple[str, Question]:
    if isinstance(criterion.attribute.lookup, Age):
        return "birth_date", in_birth_dates(criterion.question)
    return criterion.attribute.code, criterion.question


def _days() -> Iterator[date]:
    today = timezone.localdate()
    yield today
    for year in range(today.year, today.year + YEARS_TRIED):
        yield date(year, 1, 1)
        yield date(year, 12, 31)


def _satisfiable(groups: Groups, day: date) -> bool:
    return any(
        all(any(_holds(question, value, day) for question in group) for group in groups.values())
        for value in [None, *_telling_values(groups, day)]
    )


def _telling_values(groups: Groups, day: date) -> Iterator[Scalar]:
    """A value of every kind the questions tell apart: each border, and its two neighbours."""
    yield "\N{REPLACEMENT CHARACTER}"  # a text none of them names
    for question in (question for group in groups.values() for question in group):
        if question.operator in PRESENCE:
            continue
        for border in _borders(question, day):
            yield from _around(border)


def _borders(question: Question, day: date) -> list[Scalar]:
    if isinstance(question.value, tuple) and question.operator in CHOICE:
        return list(question.value)
    positive = question.opposite if question.operator.negative else question
    return [border for border in bounds(positive, day) if border is not None]


def _around(border: Scalar) -> Iterator[Scalar]:
    yield border
    if isinstance(border, bool):
        yield not border
    elif isinstance(border, date):
        for day in (-1, 1):  # the calendar's first and last day have one neighbour
            with suppress(OverflowError):
                yield border + timedelta(days=day)
    elif isinstance(border, Decimal):
        yield border - Decimal("0.000001")
        yield border + Decimal("0.000001")


def _holds(question: Question, value: Scalar | None, day: date) -> bool:
    if question.operator in PRESENCE:
        return (value is not None) == (question.operator is Operator.HAS)
    if value is None:
        return False
    if question.operator.negative:
        return not _holds(question.opposite, value, day)
    if isinstance(question.value, tuple) and question.operator in CHOICE:
        return value in question.value
    low, high = bounds(question, day)
    if not all(isinstance(value, type(border)) for border in (low, high) if border is not None):
        return False
    return (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]
