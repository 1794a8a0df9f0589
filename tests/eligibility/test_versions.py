"""A rule is written by one and approved by another; then it stays as it was, whoever asks."""

from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from offers.catalogue.criteria import CriteriaError
from offers.eligibility.versions import (
    NotProposedError,
    NotTheWriterError,
    OutdatedError,
    ProposalChangedError,
    SameRuleError,
    SameWriterError,
    approve_rule,
    change_proposal,
    discard_proposal,
    fingerprint,
    propose_rule,
)
from offers.models import EligibilityRule, Round, Service, Subject
from tests.rounds.city import a_family, a_round, preschool, seats
from tests.rounds.journeys import approver, prepared, preparer

pytestmark = pytest.mark.django_db


def turns(years: int) -> dict[str, Any]:
    """Whoever turns so many years in the round's year."""
    question = {"attribute": "birth_date", "operator": "turns_in_year", "value": years}
    return {"all": [{"any": [question]}]}


def in_force() -> EligibilityRule:
    return EligibilityRule.objects.in_force().get(service=preschool())


def a_proposal(years: int = 5) -> EligibilityRule:
    return propose_rule(service=preschool(), criteria=turns(years), by=preparer())


def an_approved(years: int = 5) -> EligibilityRule:
    rule = a_proposal(years)
    return approve_rule(rule=rule, seen=fingerprint(rule), by=approver())


def test_a_proposal_changes_nothing_until_it_is_approved() -> None:
    rule = a_proposal()
    assert (rule.version, in_force().version) == (2, 1)
    approve_rule(rule=rule, seen=fingerprint(rule), by=approver())
    assert in_force() == rule


def test_whoever_wrote_does_not_approve() -> None:
    rule = a_proposal()
    with pytest.raises(SameWriterError):
        approve_rule(rule=rule, seen=fingerprint(rule), by=preparer())


def test_only_what_was_seen_is_approved() -> None:
    rule = a_proposal()
    seen = fingerprint(rule)
    change_proposal(rule=rule, criteria=turns(4), by=preparer())
    with pytest.raises(ProposalChangedError):
        approve_rule(rule=rule, seen=seen, by=approver())


def test_only_the_writer_changes_a_proposal() -> None:
    with pytest.raises(NotTheWriterError):
        change_proposal(rule=a_proposal(), criteria=turns(4), by=approver())


def test_an_approved_version_is_neither_changed_nor_discarded_nor_approved_again() -> None:
    rule = an_approved()
    with pytest.raises(NotProposedError):
        change_proposal(rule=rule, criteria=turns(4), by=preparer())
    with pytest.raises(NotProposedError):
        discard_proposal(rule=rule, by=preparer())
    with pytest.raises(NotProposedError):
        approve_rule(rule=rule, seen=fingerprint(rule), by=approver())


def test_an_older_proposal_does_not_replace_a_newer_version() -> None:
    older = a_proposal(5)
    an_approved(4)
    with pytest.raises(OutdatedError):
        approve_rule(rule=older, seen=fingerprint(older), by=approver())


def test_what_the_version_in_force_says_already_is_no_proposal() -> None:
    with pytest.raises(SameRuleError):
        a_proposal(6)


def test_a_discarded_proposal_is_gone() -> None:
    discard_proposal(rule=a_proposal(), by=preparer())
    assert not EligibilityRule.objects.proposed().exists()


@pytest.mark.parametrize(
    "criteria",
    [
        {"all": []},
        {"all": [{"any": [{"attribute": "age", "operator": "at_least", "value": "30"}]}]},
        {
            "all": [
                {"any": [{"attribute": "age", "operator": "at_least", "value": 30}]},
                {"any": [{"attribute": "age", "operator": "less_than", "value": 20}]},
            ]
        },
    ],
)
def test_a_rule_that_cannot_be_asked_is_not_written(criteria: dict[str, Any]) -> None:
    with pytest.raises(CriteriaError):
        propose_rule(service=preschool(), criteria=criteria, by=preparer())


@pytest.mark.parametrize(
    "change",
    [
        {"criteria": turns(3)},
        {"version": 9},
        {"approved_at": None, "approved_by": None},
        {"from_file": True},
    ],
)
def test_the_database_keeps_an_approved_version_as_it_was(change: dict[str, Any]) -> None:
    rule = an_approved()
    with pytest.raises(InternalError), transaction.atomic():
        EligibilityRule.objects.filter(pk=rule.pk).update(**change)


def test_the_database_lets_nobody_change_what_they_approve() -> None:
    rule = a_proposal()
    with pytest.raises(InternalError), transaction.atomic():
        EligibilityRule.objects.filter(pk=rule.pk).update(
            criteria=turns(3), approved_by=approver(), approved_at=timezone.now()
        )


def test_the_database_lets_nobody_take_an_approved_version_away() -> None:
    rule = an_approved()
    with pytest.raises(InternalError), transaction.atomic():
        EligibilityRule.objects.filter(pk=rule.pk).delete()


@pytest.mark.parametrize("by", [None, "caseworker"])
def test_the_database_takes_no_approval_by_nobody_or_by_the_writer(by: str | None) -> None:
    rule = a_proposal()
    with pytest.raises(IntegrityError), transaction.atomic():
        EligibilityRule.objects.filter(pk=rule.pk).update(
            approved_at=timezone.now(), approved_by=preparer() if by else None
        )


def test_the_database_freezes_a_version_that_a_round_uses() -> None:
    a_family()
    seats(2)
    prepared()
    rule = in_force()
    assert rule.frozen_at
    with pytest.raises(InternalError), transaction.atomic():
        EligibilityRule.objects.filter(pk=rule.pk).update(frozen_at=None)


def test_the_database_lets_no_round_use_a_proposal() -> None:
    round, rule = a_round(), a_proposal()
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(rule=rule)


def test_the_database_lets_no_round_use_another_services_rule() -> None:
    round, rule = a_round(), in_force()
    other = Service.objects.get(pk=preschool().pk)
    other.pk, other.code = None, "another"
    other.save(force_insert=True)
    with pytest.raises(InternalError), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(service=other, rule=rule)


def test_a_rule_changed_after_a_round_leaves_its_explanations_as_they_were() -> None:
    [child] = a_family()
    seats(2)
    first = prepared()
    before = Subject.objects.get(round=first).facts
    an_approved(5)
    again = Subject.objects.get(round=first, person=child)
    first.refresh_from_db()
    assert (again.facts, first.rule.version) == (before, 1)  # type: ignore[union-attr]
    assert again.facts["all"][0]["any"][0]["value"] == 6


def test_the_next_round_uses_the_new_version() -> None:
    a_family()
    seats(2)
    an_approved(5)
    later = prepared()
    assert later.rule == in_force()
    assert not Subject.objects.filter(round=later).exists()
