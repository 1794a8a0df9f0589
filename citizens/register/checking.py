"""Whole rows: each column through its parser, and what the columns say together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from citizens.identity_codes import date_of_birth
from citizens.languages import ContactLanguage
from citizens.models import ContactKind, Sex, ValueType
from citizens.register.parsers import (
    EARLIEST_BIRTH,
    Parser,
    Wrong,
    day,
    day_between,
    decimal,
    email,
    identity_code,
    like,
    needed,
    number_between,
    one_of,
    optional,
    phone,
    remembered,
    text,
    yes_or_no,
)

REGISTER_KEY = needed(text(64))
SEXES = [Sex.FEMALE.value, Sex.MALE.value]
ISO_639 = like("[a-z]{2,3}", "a code of ISO 639")
CONTACT_LANGUAGE = one_of(ContactLanguage.values)
FINNISH = ContactLanguage.FINNISH.value
POSTAL_CODE = like(r"\d{5}", "a postal code's five digits")
TYPES: dict[ValueType, Parser] = {
    ValueType.TEXT: text(200),
    ValueType.NUMBER: decimal,
    ValueType.DATE: day,
    ValueType.BOOLEAN: yes_or_no,
}


class Person(NamedTuple):
    """A checked row of people.csv; identity code and address are still in clear."""

    register_key: str
    identity_code: str
    first_names: str
    last_name: str
    birth_date: date
    sex: str
    mother_tongue: str
    contact_language: str
    municipality: str
    address: str
    postal_code: str
    latitude: float | None
    longitude: float | None
    protected: bool
    place_by_hand: bool
    died_on: date | None
    moved_out_on: date | None


class Guardianship(NamedTuple):
    """A checked row of guardianships.csv; guardian and child are register keys."""

    guardian: str
    child: str
    may_decide: bool
    valid_from: date
    valid_until: date | None


class Contact(NamedTuple):
    """A checked row of contacts.csv, its value in its normal form and still in clear."""

    person: str
    kind: str
    value: str
    priority: int


class Fact(NamedTuple):
    """A checked row of a file of facts; the value is of its attribute's type."""

    person: str
    attribute: str
    value: str | Decimal | date | bool


Problems = Iterator[tuple[str, str]]
"""Column and reason."""


@dataclass(frozen=True)
class RowCheck:
    """How the rows of one kind of file are checked."""

    parsers: tuple[tuple[str, Parser], ...]
    whole: Callable[[list[Any]], Problems]

    def read(self, values: Sequence[str], problems: list[tuple[str, str]]) -> list[Any]:
        """The parsed values; what is wrong is added to ``problems``."""
        try:
            parsed = [parse(value) for parse, value in zip(self._parse, values, strict=True)]
        except Wrong:
            parsed = self._read_each(values, problems)
        if not problems:
            problems.extend(self.whole(parsed))
        return parsed

    @cached_property
    def _parse(self) -> tuple[Parser, ...]:
        return tuple(parse for _, parse in self.parsers)

    def _read_each(self, values: Sequence[str], problems: list[tuple[str, str]]) -> list[Any]:
        parsed: list[Any] = []
        for (column, parse), value in zip(self.parsers, values, strict=True):
            try:
                parsed.append(parse(value))
            except Wrong as error:
                problems.append((column, str(error)))
        return parsed


def people(as_of: date) -> RowCheck:
    """How people.csv is checked that speaks of the day ``as_of``."""
    past = remembered(needed(day_between(EARLIEST_BIRTH, as_of)))
    past_or_never = remembered(optional(past))
    return RowCheck(
        parsers=(
            ("register_key", REGISTER_KEY),
            ("identity_code", optional(identity_code, otherwise="")),
            ("first_names", needed(text(200))),
            ("last_name", needed(text(200))),
            ("birth_date", past),
            ("sex", remembered(optional(one_of(SEXES), otherwise=""))),
            ("mother_tongue", remembered(optional(ISO_639, otherwise=""))),
            ("contact_language", remembered(optional(CONTACT_LANGUAGE, otherwise=FINNISH))),
            ("municipality", remembered(needed(like(r"\d{3}", "a municipality's three digits")))),
            ("address", text(300)),
            ("postal_code", remembered(optional(POSTAL_CODE, otherwise=""))),
            ("latitude", optional(number_between(-90, 90))),
            ("longitude", optional(number_between(-180, 180))),
            ("protected", remembered(needed(yes_or_no))),
            ("place_by_hand", remembered(optional(yes_or_no, otherwise=False))),
            ("died_on", past_or_never),
            ("moved_out_on", past_or_never),
        ),
        whole=_whole_person,
    )


def guardianships() -> RowCheck:
    """How guardianships.csv is checked."""
    return RowCheck(
        parsers=(
            ("guardian", REGISTER_KEY),
            ("child", REGISTER_KEY),
            ("may_decide", remembered(needed(yes_or_no))),
            ("valid_from", remembered(needed(day))),
            ("valid_until", remembered(optional(day))),
        ),
        whole=_whole_guardianship,
    )


def contacts() -> RowCheck:
    """How contacts.csv is checked."""
    return RowCheck(
        parsers=(
            ("person", REGISTER_KEY),
            ("kind", remembered(needed(one_of(ContactKind.values)))),
            ("value", needed(text(254))),
            ("priority", remembered(optional(_priority, otherwise=0))),
        ),
        whole=_whole_contact,
    )


def facts(attributes: Mapping[str, ValueType]) -> RowCheck:
    """How a file of facts is checked, where these attributes are known, with their types."""
    parsers = {code: TYPES[value_type] for code, value_type in attributes.items()}

    def whole(row: list[Any]) -> Problems:
        parse = parsers.get(row[1])
        if parse is None:
            yield "attribute", "no attribute of this name is registered"
            return
        try:
            row[2] = parse(row[2])
        except Wrong as error:
            yield "value", str(error)

    return RowCheck(
        parsers=(
            ("person", REGISTER_KEY),
            ("attribute", needed(text(64))),
            ("value", needed(text(200))),
        ),
        whole=whole,
    )


def _priority(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) < 1000):
        raise Wrong("not a whole number from 0 to 999")
    return int(value)


def _whole_person(row: list[Any]) -> Problems:
    person = Person(*row)
    if person.identity_code and date_of_birth(person.identity_code) != person.birth_date:
        yield "identity_code", "the identity code is of another date of birth"
    if (person.latitude is None) != (person.longitude is None):
        yield "latitude", "a location needs both latitude and longitude"
    if person.died_on and person.died_on < person.birth_date:
        yield "died_on", "before the date of birth"


def _whole_guardianship(row: list[Any]) -> Problems:
    guardianship = Guardianship(*row)
    if guardianship.guardian == guardianship.child:
        yield "guardian", "nobody is their own guardian"
    if guardianship.valid_until and guardianship.valid_until < guardianship.valid_from:
        yield "valid_until", "a guardianship ends after it has begun"


def _whole_contact(row: list[Any]) -> Problems:
    parse = phone if row[1] == ContactKind.SMS else email
    try:
        row[2] = parse(row[2])
    except Wrong as error:
        yield "value", str(error)
