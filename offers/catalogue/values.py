"""The values of criteria: read from JSON or TOML, refused with a reason, written back."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from django.utils.translation import gettext as _

from citizens.attributes import AttributeDefinition
from citizens.lookups import Age
from citizens.models import ValueType
from citizens.operators import CHOICE, PRESENCE, SPAN, YEAR_SPAN, YEARS, Operator, Scalar, Value

MOST_VALUES = 1000
OLDEST = 150  # years
LARGEST = Decimal(10) ** 12
# Values are words, codes and numbers: what no value needs, but code does, is refused.
PLAIN_TEXT = re.compile(r"\w[\w .,:/&+-]{0,199}")
CODE = re.compile(
    r"--|\b(select|union|insert\s+into|delete\s+from|drop\s+table|alter\s+table|truncate"
    r"|update\s+\w+\s+set)\b",
    re.IGNORECASE,
)


class BadValueError(ValueError):
    """The value can't be compared with the attribute."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


def read_value(attribute: AttributeDefinition, operator: Operator, raw: object) -> Value:
    """The value as the operator compares it. Raises BadValueError."""
    if operator in PRESENCE:
        if raw is not None:
            raise BadValueError(
                _("The operator %(name)s takes no value.") % {"name": operator.value},
                _("Take the value away."),
            )
        return None
    if raw is None:
        raise BadValueError(_("The value is missing."))
    if operator in YEARS:
        return _years(raw)
    if operator in YEAR_SPAN:
        return _ordered([_years(item) for item in _several(raw, exactly=2)])
    if operator in SPAN:
        return _ordered([_scalar(attribute, item) for item in _several(raw, exactly=2)])
    if operator in CHOICE:
        return tuple(dict.fromkeys(_scalar(attribute, item) for item in _several(raw)))
    return _scalar(attribute, raw)


def written(value: Value) -> object:
    """The value as JSON holds it."""
    if isinstance(value, tuple):
        return [written(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _scalar(attribute: AttributeDefinition, raw: object) -> Scalar:
    if isinstance(attribute.lookup, Age):
        return _years(raw)
    match attribute.value_type:
        case ValueType.DATE:
            return _date(attribute, raw)
        case ValueType.NUMBER:
            return _number(attribute, raw)
        case ValueType.BOOLEAN:
            return _boolean(attribute, raw)
        case _:
            return _text(attribute, raw)


def _years(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= OLDEST:
        raise BadValueError(
            _("%(value)s is not a number of years.") % {"value": _shown(raw)},
            _("Give a whole number from 0 to %(most)s.") % {"most": OLDEST},
        )
    return raw


def _date(attribute: AttributeDefinition, raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise BadValueError(
        _("%(attribute)s is a date, and %(value)s is not.")
        % {"attribute": attribute.code, "value": _shown(raw)},
        _("Write a date as year-month-day, such as 2021-05-03."),
    )


def _number(attribute: AttributeDefinition, raw: object) -> Decimal:
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        try:
            number = Decimal(str(raw))
            if number.is_finite() and abs(number) <= LARGEST:
                return number
        except InvalidOperation:
            pass
    raise BadValueError(
        _("%(attribute)s is a number, and %(value)s is not.")
        % {"attribute": attribute.code, "value": _shown(raw)},
        _("Write a number without quotation marks, such as 65 or 0.5."),
    )


def _boolean(attribute: AttributeDefinition, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise BadValueError(
        _("%(attribute)s is yes or no, and %(value)s is neither.")
        % {"attribute": attribute.code, "value": _shown(raw)},
        _("Write true or false without quotation marks."),
    )


def _text(attribute: AttributeDefinition, raw: object) -> str:
    if not isinstance(raw, str):
        raise BadValueError(
            _("%(attribute)s is a text, and %(value)s is not.")
            % {"attribute": attribute.code, "value": _shown(raw)},
            _("Write a text in quotation marks."),
        )
    if attribute.choices and raw not in attribute.choices:
        near = get_close_matches(raw, attribute.choices, n=1, cutoff=0.5)
        raise BadValueError(
            _("%(attribute)s is never %(value)s.")
            % {"attribute": attribute.code, "value": _shown(raw)},
            _("Did you mean %(name)s?") % {"name": near[0]}
            if near
            else _("Possible are: %(names)s.") % {"names": ", ".join(attribute.choices)},
        )
    if not PLAIN_TEXT.fullmatch(raw) or CODE.search(raw):
        raise BadValueError(
            _("%(value)s is not a plain word, code or number.") % {"value": _shown(raw)},
            _("Only letters, digits, spaces and . , : / & + - are values."),
        )
    if attribute.pattern and not re.fullmatch(attribute.pattern, raw):
        raise BadValueError(
            _("%(attribute)s never looks like %(value)s.")
            % {"attribute": attribute.code, "value": _shown(raw)},
            _("It looks like %(example)s.") % {"example": attribute.example},
        )
    return raw


def _several(raw: object, exactly: int | None = None) -> Sequence[object]:
    if raw == [] and not exactly:
        raise BadValueError(_("The list is empty."), _("Give at least one value."))
    if not isinstance(raw, list | tuple) or not raw or (exactly and len(raw) != exactly):
        raise BadValueError(
            _("The value is a list of %(count)s.") % {"count": exactly}
            if exactly
            else _("The value is a list."),
            _("Write it in square brackets, such as [30, 65]."),
        )
    if len(raw) > MOST_VALUES:
        raise BadValueError(
            _("There are more than %(most)s values.") % {"most": MOST_VALUES},
            _("Use a registered fact instead."),
        )
    return raw


def _ordered(pair: Sequence[Scalar]) -> tuple[Scalar, Scalar]:
    first, last = pair
    if first > last:  # type: ignore[operator]  # both are of the attribute's type
        raise BadValueError(
            _("The first value is greater than the last: nobody would match."),
            _("Write the smaller value first."),
        )
    return first, last


def _shown(raw: object) -> str:
    return f"“{str(raw)[:60]}”"
