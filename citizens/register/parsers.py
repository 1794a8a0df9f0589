"""One value of a file: as the database holds it, or what is wrong with it."""

import re
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import phonenumbers

from citizens.identity_codes import date_of_birth

EARLIEST_BIRTH = date(1890, 1, 1)
FINNISH_MOBILE = re.compile(r"\+358(?:4[0-8]|50)\d{4,8}")
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
DECIMAL = re.compile(r"-?\d{1,14}(?:\.\d{1,6})?", re.ASCII)
FLAGS = {"1": True, "0": False, "true": True, "false": False}

Parser = Callable[[str], Any]


class Wrong(ValueError):  # noqa: N818 - read as "raise Wrong"
    """What is wrong with a value; the message never repeats it."""


def remembered(parse: Parser) -> Parser:
    """What ``parse`` reads, for columns in which the same values come again and again."""
    return lru_cache(maxsize=50_000)(parse)


def text(longest: int) -> Parser:
    """Any text up to so many characters."""

    def parse(value: str) -> str:
        if len(value) > longest:
            raise Wrong(f"longer than {longest} characters")
        return value

    return parse


def needed(parse: Parser) -> Parser:
    """What ``parse`` reads, but not nothing."""

    def parse_needed(value: str) -> Any:
        if not value:
            raise Wrong("missing")
        return parse(value)

    return parse_needed


def optional(parse: Parser, *, otherwise: Any = None) -> Parser:
    """What ``parse`` reads, or ``otherwise`` for nothing."""

    def parse_optional(value: str) -> Any:
        return parse(value) if value else otherwise

    return parse_optional


def like(pattern: str, description: str) -> Parser:
    """A text of a certain form."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(value: str) -> str:
        if not compiled.fullmatch(value):
            raise Wrong(f"not {description}")
        return value

    return parse


def one_of(choices: Collection[str]) -> Parser:
    """One of a few words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise Wrong(f"not one of: {', '.join(choices)}")
        return value

    return parse


def day(value: str) -> date:
    """A date as year-month-day."""
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Wrong("not a date of the form 2026-01-31")


def day_between(first: date, last: date) -> Parser:
    """A date not before ``first`` and not after ``last``."""

    def parse(value: str) -> date:
        found = day(value)
        if found > last:
            raise Wrong(f"after the day the file speaks of ({last.isoformat()})")
        if found < first:
            raise Wrong(f"before {first.isoformat()}")
        return found

    return parse


def number_between(lowest: float, highest: float) -> Parser:
    """A decimal number with a point."""

    def parse(value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            raise Wrong("not a number such as 60.1699") from None
        if not lowest <= found <= highest:
            raise Wrong(f"not between {lowest} and {highest}")
        return found

    return parse


def decimal(value: str) -> Decimal:
    """A decimal number with a point: up to 14 digits before it, 6 after it."""
    if not DECIMAL.fullmatch(value):
        raise Wrong("not a number such as 12.5")
    return Decimal(value)


def yes_or_no(value: str) -> bool:
    """1 or 0."""
    try:
        return FLAGS[value.lower()]
    except KeyError:
        raise Wrong("not 1 or 0") from None


def identity_code(value: str) -> str:
    """A Finnish identity code in capitals, the artificial ones included."""
    code = value.upper()
    try:
        date_of_birth(code)
    except ValueError:
        raise Wrong("not a valid identity code (form, date or check character)") from None
    return code


def phone(value: str) -> str:
    """A phone number in E.164; one without a country is Finnish."""
    if FINNISH_MOBILE.fullmatch(value):
        return value
    try:
        number = phonenumbers.parse(value, "FI")
    except phonenumbers.NumberParseException:
        raise Wrong("not a phone number") from None
    if not phonenumbers.is_possible_number(number):
        raise Wrong("not a phone number: too long or too short")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(value: str) -> str:
    """An e-mail address."""
    if len(value) > 254 or not EMAIL.fullmatch(value):
        raise Wrong("not an e-mail address")
    return value
