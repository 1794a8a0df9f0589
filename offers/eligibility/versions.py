"""Versions of a service's rule: one person writes, another approves, and then it stays."""

import hashlib
import json

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.catalogue.contradictions import refuse_contradiction
from offers.catalogue.criteria import as_json, parse_criteria
from offers.models import EligibilityRule, Service


class RuleVersionError(Exception):
    """Something about a version cannot be done; the message is meant for the caseworker."""


class SameRuleError(RuleVersionError):
    """The version would say what the one in force says."""

    def __init__(self) -> None:
        super().__init__(_("This is what the version in force says already."))


class NotProposedError(RuleVersionError):
    """The version is approved, or gone."""

    def __init__(self) -> None:
        super().__init__(_("This version is no proposal any more. Write a new one."))


class NotTheWriterError(RuleVersionError):
    """Somebody else wrote the proposal."""

    def __init__(self) -> None:
        super().__init__(_("Only who wrote a proposal changes it. Write a version of your own."))


class SameWriterError(RuleVersionError):
    """Whoever approves is not whoever wrote."""

    def __init__(self) -> None:
        super().__init__(_("A rule is approved by a second person: you wrote this one."))


class ProposalChangedError(RuleVersionError):
    """The proposal is no longer what its approver saw."""

    def __init__(self) -> None:
        super().__init__(_("The proposal has changed since you looked. Look at it again."))


class OutdatedError(RuleVersionError):
    """A newer version has been approved meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("A newer version is in force. Write a new one from it."))


def check_rule(criteria: object) -> dict[str, object]:
    """The criteria in their canonical form. Raises CriteriaError, for a contradiction too."""
    parsed = parse_criteria(criteria)
    refuse_contradiction(parsed)
    return as_json(parsed)


def fingerprint(rule: EligibilityRule) -> str:
    """SHA-256 (hex) of what the version says, so that exactly what was seen is approved."""
    return hashlib.sha256(json.dumps(rule.criteria, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def propose_rule(*, service: Service, criteria: object, by: AbstractUser) -> EligibilityRule:
    """Write a new version, which waits for somebody else's approval.

    Raises CriteriaError, and SameRuleError if the version in force says the same.
    """
    checked = _new_to(service, criteria)
    newest = service.rules.aggregate(newest=Max("version"))["newest"] or 0
    return EligibilityRule.objects.create(
        service=service, version=newest + 1, criteria=checked, created_by_id=by.pk
    )


@transaction.atomic
def change_proposal(
    *, rule: EligibilityRule, criteria: object, by: AbstractUser
) -> EligibilityRule:
    """Say it otherwise, as long as nobody has approved it.

    Raises CriteriaError, SameRuleError, NotProposedError, and NotTheWriterError.
    """
    checked = _new_to(rule.service, criteria)
    proposal = _proposal(rule)
    if proposal.created_by_id != by.pk:
        raise NotTheWriterError
    proposal.criteria = checked
    proposal.save(update_fields=["criteria"])
    return proposal


@transaction.atomic
def approve_rule(*, rule: EligibilityRule, seen: str, by: AbstractUser) -> EligibilityRule:
    """Put the version in force; ``seen`` is the ``fingerprint`` of what ``by`` looked at.

    Rounds drawn up from now on use it; those that exist keep theirs. Raises NotProposedError,
    SameWriterError, ProposalChangedError, OutdatedError, and CriteriaError if an attribute it asks
    for is gone.
    """
    _lock(rule.service)
    proposal = _proposal(rule)
    if proposal.created_by_id == by.pk:
        raise SameWriterError
    if seen != fingerprint(proposal):
        raise ProposalChangedError
    approved = EligibilityRule.objects.filter(service=rule.service_id, approved_at__isnull=False)
    if approved.filter(version__gt=proposal.version).exists():
        raise OutdatedError
    check_rule(proposal.criteria)
    proposal.approved_by_id = by.pk
    proposal.approved_at = timezone.now()
    proposal.save(update_fields=["approved_by", "approved_at"])
    return proposal


@transaction.atomic
def discard_proposal(*, rule: EligibilityRule, by: AbstractUser) -> None:
    """Take a proposal away; its words stay in the history. Raises NotProposedError."""
    _proposal(rule).delete()


def _new_to(service: Service, criteria: object) -> dict[str, object]:
    _lock(service)
    checked = check_rule(criteria)
    in_force = EligibilityRule.objects.in_force().filter(service=service).first()
    if in_force and in_force.criteria == checked:
        raise SameRuleError
    return checked


def _lock(service: Service) -> None:
    """Versions of one service are written and approved one after the other."""
    Service.objects.select_for_update().get(pk=service.pk)


def _proposal(rule: EligibilityRule) -> EligibilityRule:
    proposals = EligibilityRule.objects.proposed().select_for_update().filter(pk=rule.pk)
    proposal = proposals.first()
    if proposal is None:
        raise NotProposedError
    return proposal
