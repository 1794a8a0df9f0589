"""Saying: criteria and explanations as sentences, for caseworkers, families and everybody."""

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from citizens.attributes import AttributeDefinition, known_attributes, source_name
from citizens.languages import say
from citizens.lookups import Related
from citizens.models import Person, ValueType
from citizens.operators import PRESENCE, SPAN, YEAR_SPAN, YEARS, Operator, Value
from offers.catalogue.criteria import Criterion, parse_criteria

PHRASES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8")
)


def sentences(criteria: object, language: str, as_of: date | None = None) -> list[str]:
    """The rule in words: a sentence for each group, and that one lives in the city.

    ``as_of`` puts the round's year and day into the words. Raises CriteriaError.
    """
    phrases = _phrases(language)
    said = [
        phrases["or"].join(_criterion(one, language, as_of) for one in group) + "."
        for group in parse_criteria(criteria)
    ]
    return [*said, phrases["resident"]]


class Reader(StrEnum):
    """Who reads an explanation: oneself or the city, a guardian in the same home, or in another."""

    ALL = "all"
    AT_HOME = "at_home"
    ELSEWHERE = "elsewhere"


OF_ANY_HOME = ("birth_date", "sex", "mother_tongue", "contact_language")
"""What tells nothing of where a child lives, nor of anybody else."""


def reader_of(subject: Person, reader: Person) -> Reader:
    """How much of what is registered of the subject the person may read."""
    if subject.pk == reader.pk:
        return Reader.ALL
    return Reader.AT_HOME if subject.lives_with(reader) else Reader.ELSEWHERE


def fact_sentences(
    facts: Mapping[str, Any] | None, language: str, reader: Reader = Reader.ALL
) -> list[str]:
    """The facts of an explanation in words, each with its source register; nothing for none.

    Of a group that held, what held is said; of one that didn't, everything that was asked.
    To a guardian what is disputed is only not known, as they may not learn who said so, and
    nothing is said of other guardians; elsewhere nothing of the child's own home either.
    """
    groups = facts["all"] if facts else []
    known = known_attributes([answer["attribute"] for group in groups for answer in group["any"]])
    said = []
    for group in groups:
        held = [answer for answer in group["any"] if answer["held"]]
        for answer in held or group["any"]:
            if _may_read(answer["attribute"], known, reader):
                told = answer if reader == Reader.ALL else {**answer, "disputed": False}
                said.append(_fact(known, told, language))
    return said


def _may_read(code: str, known: Mapping[str, AttributeDefinition], reader: Reader) -> bool:
    match reader:
        case Reader.ALL:
            return True
        case Reader.AT_HOME:
            return code not in known or not isinstance(known[code].lookup, Related)
        case Reader.ELSEWHERE:
            return code in (*OF_ANY_HOME, "age")


def shown_date(day: date, language: str) -> str:
    """A date as people write it in the language."""
    if language == "en":
        return f"{day.day} {day:%B} {day.year}"
    return f"{day.day}.{day.month}.{day.year}"


def _phrases(language: str) -> dict[str, str]:
    return PHRASES.get(language, PHRASES["fi"])


def _criterion(criterion: Criterion, language: str, as_of: date | None) -> str:
    attribute, question = criterion.attribute, criterion.question
    phrases = _phrases(language)
    asked = question.operator.value
    is_date = attribute.value_type == ValueType.DATE
    special = f"{asked}_0" if question.value == 0 else f"{asked}_date" if is_date else asked
    phrase = phrases.get(special, phrases[asked])
    values = _values(attribute, question.operator, question.value, language)
    return f"{say(attribute.label, language)}: " + phrase.format(
        **values, **_times(phrases, language, as_of)
    )


def _values(
    attribute: AttributeDefinition, operator: Operator, value: Value, language: str
) -> dict[str, str]:
    if operator in PRESENCE:
        return {}
    if operator in YEARS or operator in YEAR_SPAN:
        items = [str(item) for item in (value if isinstance(value, tuple) else (value,))]
    else:
        items = [
            shown_value(attribute, item, language)
            for item in (value if isinstance(value, tuple) else (value,))
        ]
    if operator in SPAN or operator in YEAR_SPAN:
        return {"span": "–".join(dict.fromkeys(items))}  # 4, not 4–4
    return {"value": ", ".join(items)}


def _times(phrases: Mapping[str, str], language: str, as_of: date | None) -> dict[str, str]:
    if as_of is None:
        return {"year": phrases["years_year"], "day": phrases["years_day"]}
    return {
        "year": phrases["in_year"].format(year=as_of.year),
        "day": phrases["on_day"].format(day=shown_date(as_of, language)),
    }


def shown_value(attribute: AttributeDefinition | None, value: object, language: str) -> str:
    """One value as people write it; dates come as dates, or as JSON holds them."""
    phrases = _phrases(language)
    if isinstance(value, bool):
        return phrases["yes" if value else "no"]
    if isinstance(value, list):
        return ", ".join(shown_value(attribute, item, language) for item in value)
    if attribute and attribute.value_type == ValueType.DATE and isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, date):
        return shown_date(value, language)
    if attribute and value in attribute.choices:
        return say(attribute.choices[str(value)], language)
    if attribute and attribute.says:
        return attribute.says(str(value), language)
    return str(value)


def _fact(
    known: Mapping[str, AttributeDefinition], answer: Mapping[str, Any], language: str
) -> str:
    phrases = _phrases(language)
    attribute = known.get(answer["attribute"])
    label = say(attribute.label, language) if attribute else answer["attribute"]
    fact = answer["fact"]
    if answer.get("disputed"):
        shown = phrases["disputed"]
    else:
        shown = phrases["unknown"] if fact in (None, []) else shown_value(attribute, fact, language)
    failed = "" if answer["held"] else f" – {phrases['failed']}"
    return f"{label}: {shown} ({source_name(answer['source'], language)}){failed}."
