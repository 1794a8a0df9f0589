"""The meaning of rules once more, in plain Python, sharing nothing with the product's queries.

A record holds everything known of a person; an attribute that is missing, or None, is unknown.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

TO_MANY = ("guardian_birth_date", "child_birth_date")


@dataclass
class Custody:
    """A guardianship as seen from either side."""

    other_birth_date: date
    child_birth_date: date
    valid_from: date
    valid_until: date | None
    may_decide: bool
    other_disputes: bool = False  # says that their own date of birth is wrong

    def counts(self, day: date) -> bool:
        ended = self.valid_until is not None and self.valid_until < day
        minor = full_years(self.child_birth_date, day) < 18
        return self.may_decide and self.valid_from <= day and not ended and minor


@dataclass
class Record:
    values: dict[str, Any]
    guardians: list[Custody] = field(default_factory=list)
    children: list[Custody] = field(default_factory=list)
    disputed: frozenset[str] = frozenset()


def full_years(start: date, day: date) -> int:
    """Birthdays counted one by one."""
    years = day.year - start.year
    return years if (day.month, day.day) >= (start.month, start.day) else years - 1


def judge(record: Record, criterion: dict[str, Any], day: date) -> bool | None:
    """True, False, or None where it can't be known."""
    name, operator, wanted = (
        criterion["attribute"],
        criterion["operator"],
        criterion.get("value"),
    )
    if _disputed(record, name, day):
        return {"has": False, "has_not": True}.get(operator)
    if name in TO_MANY:
        return _judge_relatives(record, name, operator, wanted, day)
    if name == "age":
        value: Any = full_years(record.values["birth_date"], day)
    else:
        value = record.values.get(name)
    if operator == "has":
        return value is not None
    if operator == "has_not":
        return value is None
    if value is None:
        return None
    return _compare(value, operator, wanted, day)


def _disputed(record: Record, name: str, day: date) -> bool:
    """Whether the fact, or one it is reckoned from, is said to be wrong."""
    if name in record.disputed or (name == "age" and "birth_date" in record.disputed):
        return True
    custodies = {"guardian_birth_date": record.guardians, "child_birth_date": record.children}
    return any(one.other_disputes and one.counts(day) for one in custodies.get(name, ()))


def _judge_relatives(record: Record, name: str, operator: str, wanted: Any, day: date) -> bool:
    custodies = record.guardians if name == "guardian_birth_date" else record.children
    dates = [custody.other_birth_date for custody in custodies if custody.counts(day)]
    if operator in ("has", "has_not"):
        return bool(dates) == (operator == "has")
    for positive, negative in OPPOSITES.items():
        if operator == negative:
            return not any(_compare(value, positive, wanted, day) for value in dates)
    return any(_compare(value, operator, wanted, day) for value in dates)


OPPOSITES = {
    "is": "is_not",
    "one_of": "none_of",
    "at_least": "less_than",
    "at_most": "more_than",
    "between": "not_between",
    "turns_in_year": "does_not_turn_in_year",
    "is_years": "is_not_years",
    "at_least_years_since": "less_than_years_since",
}


def _compare(value: Any, operator: str, wanted: Any, day: date) -> bool:
    for positive, negative in OPPOSITES.items():
        if operator == negative:
            return not _compare(value, positive, wanted, day)
    if operator == "turns_in_year":
        return bool(value.year + wanted == day.year)
    if operator == "is_years":
        return bool(wanted[0] <= full_years(value, day) <= wanted[1])
    if operator == "at_least_years_since":
        return bool(full_years(value, day) >= wanted)
    wanted = _typed(value, wanted)
    if operator == "is":
        return bool(value == wanted)
    if operator == "one_of":
        return value in wanted
    if operator == "at_least":
        return bool(value >= wanted)
    if operator == "at_most":
        return bool(value <= wanted)
    assert operator == "between"
    return bool(wanted[0] <= value <= wanted[1])


def _typed(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, list):
        return [_typed(value, item) for item in wanted]
    if isinstance(value, date):
        return date.fromisoformat(wanted)
    if isinstance(value, Decimal):
        return Decimal(str(wanted))
    return wanted


def matches(record: Record, criteria: dict[str, Any], day: date) -> bool:
    """Whether every group holds a criterion that is surely true."""
    return all(
        any(judge(record, criterion, day) is True for criterion in group["any"])
        for group in criteria["all"]
    )
