"""People to ask rules of."""

from datetime import date
from itertools import count
from typing import Any

from citizens.disputes import dispute
from citizens.models import (
    Attribute,
    DisputedFact,
    Guardianship,
    Person,
    RegisteredFact,
    ValueType,
)

_keys = count(1)


def a_person(**values: Any) -> Person:
    """A person living in Helsinki, with what is not said left unknown."""
    known = {
        "register_key": f"eligibility-{next(_keys)}",
        "first_names": "Aino",
        "last_name": "Virtanen",
        "birth_date": date(2021, 5, 3),
        "municipality": "091",
    }
    return Person.objects.create(**known | values)


def a_guardianship(guardian: Person, child: Person, **values: Any) -> Guardianship:
    """A guardianship since the child's birth."""
    known = {"valid_from": child.birth_date}
    return Guardianship.objects.create(guardian=guardian, child=child, **known | values)


def an_attribute(code: str, value_type: ValueType) -> Attribute:
    """A city's own attribute."""
    label = {"fi": code, "sv": code, "en": code}
    return Attribute.objects.create(code=code, value_type=value_type, source="own", label=label)


def a_fact(person: Person, attribute: Attribute, value: object) -> RegisteredFact:
    """The person's value of the attribute."""
    return RegisteredFact.objects.create(
        person=person,
        attribute=attribute,
        as_of=date(2026, 1, 1),
        **{attribute.value_type: value},
    )


def rule(*groups: list[dict[str, Any]] | dict[str, Any]) -> dict[str, Any]:
    """Criteria in their JSON form: each argument is a criterion, or a list of alternatives."""
    return {"all": [{"any": g if isinstance(g, list) else [g]} for g in groups]}


def asked(attribute: str, operator: str, value: Any = None) -> dict[str, Any]:
    """One criterion."""
    form = {"attribute": attribute, "operator": operator}
    return form if value is None else {**form, "value": value}


def a_dispute(person: Person, attribute: str) -> DisputedFact:
    """The person says that the fact is wrong."""
    return dispute(person=person, attribute=attribute, should_be="", because="")
