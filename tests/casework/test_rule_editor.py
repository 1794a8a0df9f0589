"""The form loses nothing of a rule: what is opened and sent back unchanged is the same rule."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings

from citizens.models import Attribute, ValueType
from offers.admin.rules.editor import RuleEditor
from offers.catalogue.criteria import as_json, parse_criteria
from offers.catalogue.load import read_catalogue
from offers.eligibility.versions import check_rule
from tests.eligibility.strategies import RULES

pytestmark = pytest.mark.django_db
FACTS = {
    "text_fact": ValueType.TEXT,
    "number_fact": ValueType.NUMBER,
    "date_fact": ValueType.DATE,
    "boolean_fact": ValueType.BOOLEAN,
}


def attribute(code: str, value_type: str) -> None:
    label = {"fi": code, "sv": code, "en": code}
    Attribute.objects.get_or_create(
        code=code, defaults={"value_type": value_type, "source": "test", "label": label}
    )


def sent_back(criteria: dict[str, Any]) -> RuleEditor:
    """The form of the rule, as the browser sends it when nothing was touched."""
    post = QueryDict(mutable=True)
    for group in RuleEditor.of(criteria).groups:
        for form in group:
            for field in form:
                value = field.value()
                if isinstance(value, str):
                    post[field.html_name] = value
    return RuleEditor.sent(post)


def test_every_shipped_rule_passes_through_the_form() -> None:
    files = read_catalogue()
    for row in (row for file in files for row in file.attributes):
        attribute(row["code"], row["value_type"])
    for file in files:
        assert sent_back(file.criteria).criteria == file.criteria


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=RULES)
def test_any_rule_passes_through_the_form(rule: dict[str, Any]) -> None:
    for code, value_type in FACTS.items():
        attribute(code, value_type)
    criteria = as_json(parse_criteria(rule))
    editor = sent_back(criteria)
    try:
        check_rule(criteria)
    except ValueError:  # it contradicts itself: the form says so, too
        assert editor.criteria is None
    else:
        assert editor.criteria == criteria
