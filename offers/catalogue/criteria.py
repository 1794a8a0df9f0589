"""Criteria: all of (any of (attribute, operator, value)), read from their JSON form.

The JSON form, as in EligibilityRule.criteria and in a service's file, is
``{"all": [{"any": [{"attribute": "age", "operator": "at_least", "value": 65}]}]}``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from citizens.attributes import AttributeDefinition, known_attributes
from citizens.operators import Operator, Question
from offers.catalogue.values import BadValueError, read_value, written

MOST_CRITERIA = 200
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Criterion:
    """One question about one attribute."""

    attribute: AttributeDefinition
    question: Question


Criteria = tuple[tuple[Criterion, ...], ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a part of the criteria; ``path`` leads to it through the JSON form."""

    path: Path
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.reason} {self.suggestion}".strip()


class CriteriaError(ValueError):
    """These criteria can't be asked."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def parse_criteria(
    data: object, attributes: Mapping[str, AttributeDefinition] | None = None
) -> Criteria:
    """Read criteria in their JSON form. Raises CriteriaError with everything that is wrong.

    ``attributes`` are those that may be asked for; by default all that the city knows.
    """
    try:
        groups = list(_groups(data))
    except _BadPartError as bad:
        raise CriteriaError([bad.problem]) from None
    known = known_attributes(_codes(groups)) if attributes is None else attributes
    problems: list[Problem] = []
    criteria: list[tuple[Criterion, ...]] = []
    for number, group in enumerate(groups):
        read = []
        for place, item in enumerate(group):
            try:
                read.append(_criterion(item, known, ("all", number, "any", place)))
            except _BadPartError as bad:
                problems.append(bad.problem)
        criteria.append(tuple(read))
    if problems:
        raise CriteriaError(problems)
    return tuple(criteria)


def as_json(criteria: Criteria) -> dict[str, object]:
    """The JSON form of parsed criteria; equal criteria have equal forms."""
    return {"all": [{"any": [criterion_json(one) for one in group]} for group in criteria]}


def criterion_json(criterion: Criterion) -> dict[str, object]:
    """The JSON form of one criterion."""
    form: dict[str, object] = {
        "attribute": criterion.attribute.code,
        "operator": criterion.question.operator.value,
    }
    if criterion.question.value is not None:
        form["value"] = written(criterion.question.value)
    return form


class _BadPartError(Exception):
    def __init__(self, path: Path, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.problem = Problem(path, reason, suggestion)


def _groups(data: object) -> Iterator[list[object]]:
    groups = data.get("all") if isinstance(data, Mapping) else None
    if not isinstance(groups, list) or not groups:
        raise _BadPartError(
            ("all",),
            _("There are no criteria: everybody would match."),
            _("Give at least one attribute, operator and value."),
        )
    count = 0
    for number, group in enumerate(groups):
        items = group.get("any") if isinstance(group, Mapping) else None
        if not isinstance(items, list) or not items:
            raise _BadPartError(
                ("all", number),
                _("This group holds no criteria: nobody would match."),
                _("Give at least one criterion, or take the group away."),
            )
        count += len(items)
        if count > MOST_CRITERIA:
            raise _BadPartError(
                ("all", number),
                _("There are more than %(most)s criteria.") % {"most": MOST_CRITERIA},
                _("Use one criterion with several values, or a registered fact."),
            )
        yield items


def _codes(groups: list[list[object]]) -> set[str]:
    return {
        str(item.get("attribute"))
        for group in groups
        for item in group
        if isinstance(item, Mapping)
    }


def _criterion(item: object, known: Mapping[str, AttributeDefinition], path: Path) -> Criterion:
    if not isinstance(item, Mapping):
        raise _BadPartError(path, _("A criterion has an attribute, an operator and a value."))
    extra = sorted(str(key) for key in item if key not in ("attribute", "operator", "value"))
    if extra:
        raise _BadPartError(
            (*path, extra[0]),
            _("A criterion knows nothing of %(name)s.") % {"name": _shown(extra[0])},
            _("It has an attribute, an operator and a value."),
        )
    attribute = known.get(str(item.get("attribute", "")))
    if attribute is None:
        raise _BadPartError(
            (*path, "attribute"),
            _("There is no attribute %(name)s.") % {"name": _shown(item.get("attribute"))},
            _nearest(item.get("attribute"), list({**known_attributes(), **known})),
        )
    operator = _operator(item.get("operator"), attribute, path)
    try:
        value = read_value(attribute, operator, item.get("value"))
    except BadValueError as bad:
        raise _BadPartError((*path, "value"), bad.reason, bad.suggestion) from None
    return Criterion(attribute, Question(operator, value))


def _operator(name: object, attribute: AttributeDefinition, path: Path) -> Operator:
    offered = [operator.value for operator in attribute.operators]
    if name not in Operator.values:
        raise _BadPartError(
            (*path, "operator"),
            _("There is no operator %(name)s.") % {"name": _shown(name)},
            _nearest(name, offered),
        )
    if name not in offered:
        raise _BadPartError(
            (*path, "operator"),
            _("The operator %(name)s can't be asked of %(attribute)s.")
            % {"name": name, "attribute": attribute.code},
            _("Possible are: %(names)s.") % {"names": ", ".join(offered)},
        )
    return Operator(str(name))


def _nearest(name: object, possible: list[str]) -> str:
    near = get_close_matches(str(name), possible, n=1, cutoff=0.6)
    if near:
        return _("Did you mean %(name)s?") % {"name": near[0]}
    return _("Possible are: %(names)s.") % {"names": ", ".join(sorted(possible))}


def _shown(name: object) -> str:
    return f"“{str(name)[:60]}”" if name not in (None, "") else _("without a name")
