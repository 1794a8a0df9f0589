"""What one person is entitled to, with the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from citizens.attributes import AttributeDefinition, known_attributes
from citizens.models import Person
from offers.catalogue.criteria import CriteriaError, parse_criteria
from offers.eligibility.explain import Explanation, explain_all
from offers.models import EligibilityRule, Entitlement, Service


@dataclass(frozen=True)
class Entitled:
    """A service the person is entitled to, by which rule, and why, as registered now."""

    rule: EligibilityRule
    facts: Explanation

    @property
    def service(self) -> Service:
        """The service of the rule."""
        return self.rule.service


def entitlements(*, person: Person) -> list[Entitled]:
    """What the person was entitled to last night and still is, by the services' codes.

    What came to be true since is there tomorrow; what no longer is true is left out at once.
    Whoever shows it to anybody but the person records the use of the data.
    """
    today = timezone.localdate()
    if not Person.objects.resident().filter(pk=person.pk).exists():
        return []
    kept = Entitlement.objects.of(person).select_related("rule__service")
    known = known_attributes()
    ordered = (row.rule for row in kept.order_by("rule__service__code"))
    rules = [rule for rule in ordered if _can_be_asked(rule, known)]
    explained = explain_all([rule.criteria for rule in rules], person=person, as_of=today)
    return [
        Entitled(rule, facts)
        for rule, facts in zip(rules, explained, strict=True)
        if still_holds(facts)
    ]


def _can_be_asked(rule: EligibilityRule, known: Mapping[str, AttributeDefinition]) -> bool:
    """Whether the registry still has what the rule reads; the next night lets go of it if not."""
    try:
        parse_criteria(rule.criteria, known)
    except CriteriaError:
        return False
    return True


def still_holds(facts: Explanation) -> bool:
    """Whether every group of the explanation has an answer that held."""
    return all(any(answer["held"] for answer in group["any"]) for group in facts["all"])
