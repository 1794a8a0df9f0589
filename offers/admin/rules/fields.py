"""A criterion in the form: the attribute, what may be asked of it, and a widget for the value."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from citizens.attributes import NOTHING_UNKNOWN, AttributeDefinition, source_name
from citizens.languages import say
from citizens.lookups import Age
from citizens.models import ValueType
from citizens.operators import CHOICE, PRESENCE, SPAN, YEAR_SPAN, YEARS, Operator
from offers.admin.rounds.forms import DayInput
from offers.catalogue.values import MOST_VALUES, OLDEST

Entry = Mapping[str, list[str]]
"""What a browser sends of one criterion: each part's values, all of them texts."""

PARTS = ("attribute", "operator", "value", "first", "last", "values")
CHOOSE = _("Choose …")


class CriterionForm(forms.Form):
    """One criterion: ``entry`` as the browser sent it, or as ``entry_of`` wrote it.

    Its operators are the attribute's, its value's widgets those of the operator; where the
    attribute was changed and the operator does not fit any more, its first one is shown.
    """

    def __init__(
        self, entry: Entry, *, prefix: str, known: Mapping[str, AttributeDefinition]
    ) -> None:
        self.definition = known.get("".join(entry.get("attribute", [])))
        asked = "".join(entry.get("operator", []))
        self.outdated = self.definition is not None and asked not in self.definition.operators
        self.operator = self._operator(asked)
        data = {f"{prefix}-{part}": values for part, values in entry.items()}
        if self.operator:
            data[f"{prefix}-operator"] = [self.operator.value]
        super().__init__(MultiValueDict(data), prefix=prefix, use_required_attribute=False)
        self.fields["attribute"] = forms.ChoiceField(
            label=_("Fact"),
            choices=list(_by_source(known)),
            error_messages={
                "required": _("Choose a fact."),
                "invalid_choice": _("There is no such fact."),
            },
        )
        if self.definition and self.operator:
            self.fields["operator"] = forms.ChoiceField(
                label=_("Comparison"),
                choices=[(one.value, one.label) for one in self.definition.operators],
                help_text=_unknown(self.definition),
            )
            self.fields |= _value_fields(self.definition, self.operator)

    def _operator(self, asked: str) -> Operator | None:
        if self.definition is None:
            return None
        return self.definition.operators[0] if self.outdated else Operator(asked)

    def clean(self) -> dict[str, Any]:
        """A comparison that belonged to another fact is not taken for one of this."""
        if self.outdated:
            self.add_error("operator", _gettext("Say how this fact is compared, and with what."))
        return super().clean() or {}

    def criterion(self) -> dict[str, object]:
        """The criterion in its JSON form; of a valid form only."""
        data = self.cleaned_data
        form: dict[str, object] = {"attribute": data["attribute"], "operator": data["operator"]}
        if "first" in data:
            form["value"] = [data["first"], data["last"]]
        elif "values" in data:
            form["value"] = data["values"]
        elif "value" in data:
            form["value"] = data["value"]
        return form

    def refuse(self, path: tuple[str | int, ...], words: str) -> None:
        """Say at the right field what is wrong with the criterion at this path."""
        part = str(path[-1])
        last = next(reversed(self.fields))
        self.add_error(part if part in self.fields else last, words)


class ListField(forms.CharField):
    """Several texts, a line or a comma apart."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The texts that are there."""
        text = str(super().to_python(value) or "").replace(",", "\n")
        return [line.strip() for line in text.splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        """Some, and not too many."""
        super().validate(value)
        if len(value) > MOST_VALUES:
            raise forms.ValidationError(
                _gettext("There are more than %(most)s values.") % {"most": MOST_VALUES}
            )


def entry_of(criterion: Mapping[str, Any]) -> dict[str, list[str]]:
    """A criterion in its JSON form, as a browser would send it."""
    entry = {name: [criterion[name]] for name in ("attribute", "operator")}
    value = criterion.get("value")
    if criterion["operator"] in (*SPAN, *YEAR_SPAN):
        first, last = value or ("", "")
        return entry | {"first": [_sent(first)], "last": [_sent(last)]}
    if isinstance(value, list):
        return entry | {"values": ["\n".join(map(_sent, value))] if value else []}
    return entry if value is None else entry | {"value": [_sent(value)]}


def _sent(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_source(known: Mapping[str, AttributeDefinition]) -> Iterator[tuple[Any, Any]]:
    """The facts, register by register."""
    language = get_language() or "fi"
    groups: dict[str, list[tuple[str, str]]] = {}
    for attribute in known.values():
        group = groups.setdefault(source_name(attribute.source, language), [])
        group.append((attribute.code, say(attribute.label, language)))
    yield "", CHOOSE
    for source in sorted(groups):
        yield source, sorted(groups[source], key=lambda choice: choice[1])


def _value_fields(attribute: AttributeDefinition, operator: Operator) -> dict[str, forms.Field]:
    if operator in PRESENCE:
        return {}
    if operator in YEARS:
        return {"value": _years(_gettext("Years"))}
    if operator in YEAR_SPAN:
        return {"first": _years(_gettext("Years, from")), "last": _years(_gettext("Years, to"))}
    if operator in SPAN:
        return {
            "first": _scalar(attribute, _gettext("From")),
            "last": _scalar(attribute, _gettext("To")),
        }
    if operator in CHOICE:
        hint = _gettext("One a line, or with commas between.")
        label = _gettext("Values")
        return {"values": ListField(label=label, help_text=f"{hint} {_example(attribute)}".strip())}
    return {"value": _scalar(attribute, _gettext("Value"))}


def _unknown(attribute: AttributeDefinition) -> str:
    """What it means that nothing is known of somebody, who then satisfies no comparison."""
    said = say(attribute.unknown, get_language())
    if attribute.unknown is NOTHING_UNKNOWN:
        return said
    return _gettext("Not known: %(meaning)s") % {"meaning": said}


def _scalar(attribute: AttributeDefinition, label: str) -> forms.Field:
    if isinstance(attribute.lookup, Age):
        return _years(label)
    match attribute.value_type:
        case ValueType.DATE:
            return forms.DateField(label=label, widget=DayInput)
        case ValueType.NUMBER:
            return forms.DecimalField(
                label=label, max_digits=20, decimal_places=6, widget=_number(step="any")
            )
        case ValueType.BOOLEAN:
            return forms.TypedChoiceField(
                label=label,
                choices=[("", CHOOSE), ("true", _("yes")), ("false", _("no"))],
                coerce=lambda value: value == "true",
            )
    if attribute.choices:
        language = get_language() or "fi"
        named = [(code, say(texts, language)) for code, texts in attribute.choices.items()]
        return forms.ChoiceField(label=label, choices=[("", CHOOSE), *named])
    return forms.CharField(label=label, max_length=200, help_text=_example(attribute))


def _years(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=OLDEST, widget=_number(min=0, max=OLDEST)
    )


def _number(**attributes: object) -> forms.NumberInput:
    return forms.NumberInput(attrs=attributes)


def _example(attribute: AttributeDefinition) -> str:
    if not attribute.example:
        return ""
    return _gettext("For example %(example)s.") % {"example": attribute.example}
