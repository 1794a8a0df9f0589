"""Standing eligibility: who is entitled to what, kept by a nightly run that writes only changes.

A rule's answer about a person changes when a fact does, when a date passes, or when the rule's
meaning does. The run looks at the people of the first two (``examined``) and asks all rules of
those few; a rule of another meaning is asked of everybody. Data use is not recorded here: nobody
is contacted, decided upon or shown; whoever shows a person's entitlements records that.
"""

import hashlib
import inspect
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.utils import timezone

from citizens import attributes, lookups, operators
from citizens import disputes as disputing
from citizens.attributes import known_attributes
from citizens.disputes import Disputes, open_disputes
from citizens.models import Person, guardianships, people
from consents.models import LegalBasis, Operation
from offers.catalogue.criteria import Criteria, CriteriaError, as_json, parse_criteria
from offers.eligibility import differences, examined, select
from offers.eligibility.select import holding, insert_select
from offers.models import EligibilityRule, Entitlement, StandingRule

logger = logging.getLogger(__name__)
LOCK = 4_202
"""The advisory lock of the run that keeps entitlements."""

FEW = 0.1
"""Of all people; to look at more one by one costs more than to ask every rule of everybody."""


@dataclass(frozen=True)
class Night:
    """What a run did: the rules kept, how many of them in full, people looked at, rows written."""

    day: date
    rules: int
    in_full: int
    examined: int
    came: int
    went: int


@dataclass(frozen=True)
class _Kept:
    """A rule to keep, read."""

    pk: int
    criteria: Criteria
    meaning: str


def keep_standing_nightly(*, now: datetime) -> Night | None:
    """Keep the entitlements of the day ``now`` is in, unless they are kept already."""
    today = timezone.localdate(now)
    if StandingRule.objects.filter(as_of__gte=today).exists():
        return None
    return keep_standing(day=today)


@transaction.atomic
def keep_standing(*, day: date, in_full: bool | None = None) -> Night | None:
    """Make the entitlements those of the rules in force on ``day``, whatever was missed before.

    All or nothing, in one transaction. ``in_full`` asks every rule of everybody; if not said, so
    is done where most would have to be looked at anyway. None if another run is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    rules = _rules_in_force(day)
    stood = {rule.pk: rule for rule in StandingRule.objects.all()}
    went = _let_go(stood.keys() - {rule.pk for rule in rules})
    same = [rule for rule in rules if rule.pk in stood and rule.meaning == stood[rule.pk].meaning]
    days = [(standing, day) for standing in {stood[rule.pk].as_of for rule in same}]
    count = examined.gather([rule.criteria for rule in same], days)
    disputes = open_disputes()  # after the queue is emptied: a later one waits there for tomorrow
    if count > FEW * Person.objects.count() if in_full is None else in_full:
        same = []
    by_difference = {rule.pk for rule in same}
    others = [rule for rule in rules if rule.pk not in by_difference]
    came, left = _ask_everybody(others, day, stood, disputes)
    went += left
    arrived, left = differences.apply({rule.pk: rule.criteria for rule in same}, day, disputes)
    StandingRule.objects.filter(pk__in=by_difference).exclude(as_of=day).update(as_of=day)
    return Night(day, len(rules), len(others), count, came + arrived, went + left)


def _rules_in_force(day: date) -> list[_Kept]:
    """The rules of the services in use; one that cannot be asked is kept for nobody, and said.

    Where people are selected on consent alone nobody is looked at beforehand.
    """
    known = known_attributes()
    kept = []
    on_consent = LegalBasis.objects.on_consent_alone(day).filter(operation=Operation.SELECTING)
    in_force = (
        EligibilityRule.objects.in_force()
        .filter(service__active=True)
        .exclude(service__purpose__in=on_consent.values("purpose"))
    )
    for rule in in_force.select_related("service").order_by("pk"):
        try:
            criteria = parse_criteria(rule.criteria, known)
        except CriteriaError:
            logger.exception("the rule of service %s cannot be asked", rule.service.code)
            continue
        kept.append(_Kept(rule.pk, criteria, _meaning(criteria)))
    return kept


def _meaning(criteria: Criteria) -> str:
    lookups_used = [repr(one.attribute.lookup) for group in criteria for one in group]
    meant = json.dumps([as_json(criteria), lookups_used, _code()])
    return hashlib.sha256(meant.encode()).hexdigest()


@cache
def _code() -> str:
    """A digest of the code that says what criteria mean."""
    modules = (attributes, disputing, lookups, operators, guardianships, people, select)
    source = "".join(inspect.getsource(module) for module in modules)
    return hashlib.sha256(source.encode()).hexdigest()


def _let_go(rules: Iterable[int]) -> int:
    """Take away what was kept for rules no longer in force."""
    went = 0
    for rule in rules:
        went += Entitlement.objects.filter(rule=rule).delete()[0]
    StandingRule.objects.filter(pk__in=rules).delete()
    return went


def _ask_everybody(
    rules: Iterable[_Kept], day: date, stood: Mapping[int, StandingRule], disputes: Disputes
) -> tuple[int, int]:
    """Keep rules by asking them of everybody; how many rows came and went."""
    residents = Person.objects.resident()
    rows, came, went = [], 0, 0
    for rule in rules:
        holders = holding(residents, rule.criteria, day, disputes)
        before = stood.get(rule.pk)
        left = _take_away(rule.pk, holders) if before else 0
        columns: dict[str, Any] = {"rule": Value(rule.pk), "person": "pk"}
        arrived = insert_select(Entitlement, holders, columns, skip_existing=before is not None)
        people = (before.people if before else 0) + arrived - left
        rows.append(StandingRule(rule_id=rule.pk, meaning=rule.meaning, as_of=day, people=people))
        came, went = came + arrived, went + left
    StandingRule.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["rule"],
        update_fields=["meaning", "as_of", "people"],
    )
    return came, went


def _take_away(rule: int, holders: "QuerySet[Person]") -> int:
    """Let those go who no longer hold the rule."""
    there = Entitlement.objects.filter(rule=rule)
    return there.exclude(Exists(holders.filter(pk=OuterRef("person")))).delete()[0]
