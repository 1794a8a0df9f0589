"""Who could be served and is not: those entitled now beside those whom a round has met."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from offers.models import (
    EligibilityRule,
    Entitlement,
    Outcome,
    RoundState,
    Service,
    StandingRule,
    Subject,
)

SINCE = timedelta(days=365)
"""Rounds whose list is of a day before this are not looked at: a new year has new people."""

MET = (RoundState.AWAITING, RoundState.APPROVED, RoundState.RUNNING, RoundState.CLOSED)


@dataclass(frozen=True)
class Coverage:
    """Of the people entitled to a service last night: in how many cases something was done."""

    service: Service
    rule: StandingRule
    entitled: int
    met: int
    """In a round of the past year that is awaiting approval, under way or closed."""
    accepted: int

    @property
    def unserved(self) -> int:
        """Entitled, and in no round."""
        return self.entitled - self.met

    @property
    def unserved_percent(self) -> int:
        """Of those entitled; 0 where nobody is."""
        return 100 * self.unserved // self.entitled if self.entitled else 0


def coverage(rules: Iterable[StandingRule]) -> list[Coverage]:
    """For each rule (with its ``rule__service``) how far it is served. One statement for all.

    Nobody's data is shown or used to decide: only counts leave the database.
    """
    rules = list(rules)
    of_service = {rule.rule.service_id: rule for rule in rules}
    entitled = Entitlement.objects.filter(
        rule__service=OuterRef("round__service"), person=OuterRef("person")
    )
    since = timezone.localdate() - SINCE
    people = Count("person", distinct=True)
    counted = (
        Subject.objects.filter(Exists(entitled))
        .filter(round__service__in=of_service, round__state__in=MET, round__as_of__gt=since)
        .values("round__service")
        .annotate(met=people, accepted=Count("person", distinct=True, filter=ACCEPTED))
    )
    found = {row["round__service"]: row for row in counted}
    nobody = {"met": 0, "accepted": 0}
    return [
        Coverage(
            service=rule.rule.service,
            rule=rule,
            entitled=rule.people,
            met=found.get(service, nobody)["met"],
            accepted=found.get(service, nobody)["accepted"],
        )
        for service, rule in of_service.items()
    ]


ACCEPTED = Q(outcome__in=(Outcome.ACCEPTED, Outcome.PLACED_BY_HAND))


def not_kept_yet() -> int:
    """How many services in use have an approved rule that no night has asked yet."""
    in_force = EligibilityRule.objects.in_force().filter(service__active=True, standing=None)
    return in_force.count()
