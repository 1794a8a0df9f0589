"""The page of one version of a rule: what it says, whom it means, what it changes; its approval."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from citizens.languages import say
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rules.writing import words
from offers.catalogue.criteria import CriteriaError
from offers.eligibility.reach import reach
from offers.eligibility.say import sentences
from offers.eligibility.versions import (
    RuleVersionError,
    approve_rule,
    discard_proposal,
    fingerprint,
)
from offers.models import EligibilityRule, Round

State = tuple[str, str | Promise]
IN_FORCE: State = ("good", _("in force"))
PROPOSED: State = ("open", _("waits for approval"))
OUTDATED: State = ("bad", _("overtaken by a newer version"))
EARLIER: State = ("", _("earlier"))


@staff_page("offers.view_eligibilityrule")
def version_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One version, beside another: ``?with=`` (its id), else the one in force before it."""
    rules = EligibilityRule.objects.select_related("service__purpose", "created_by", "approved_by")
    rule = get_object_or_404(rules, pk=pk)
    versions = list(EligibilityRule.objects.filter(service=rule.service_id).order_by("-version"))
    in_force = EligibilityRule.objects.in_force().filter(service=rule.service_id).first()
    other = _other(request, rule, versions, in_force)
    today = timezone.localdate()
    name = say(rule.service.name, get_language())
    context = {
        "rule": rule,
        "service_name": name,
        "state": state_of(rule, in_force),
        "versions": [(version, state_of(version, in_force)) for version in versions],
        "others": [version for version in versions if version.pk != rule.pk],
        "words": words(rule.criteria),
        "other": other,
        "compared": compared(other, rule) if other else [],
        "reach": reach(
            rule.criteria,
            service=rule.service,
            as_of=today,
            instead_of=other.criteria if other else None,
        ),
        "today": today,
        "seen": fingerprint(rule),
        "rounds": Round.objects.filter(rule=rule).order_by("-pk"),
        **_rights(rule, state_of(rule, in_force), actor(request)),
    }
    title = _gettext("%(service)s: rule, version %(version)s") % {
        "service": name,
        "version": rule.version,
    }
    return admin_page(request, "admin/offers/rule/version.html", title, context)


def state_of(rule: EligibilityRule, in_force: EligibilityRule | None) -> State:
    """Where the version stands among those of its service: a colour and words."""
    if in_force and rule.pk == in_force.pk:
        return IN_FORCE
    if rule.approved_at:
        return EARLIER
    return OUTDATED if in_force and in_force.version > rule.version else PROPOSED


def compared(before: EligibilityRule, after: EligibilityRule) -> list[dict[str, Any]]:
    """What two versions say, sentence by sentence: kept, only before, only after."""
    language, today = get_language() or "fi", timezone.localdate()
    old = sentences(before.criteria, language, today)
    new = sentences(after.criteria, language, today)
    gone = [{"before": sentence, "after": ""} for sentence in old if sentence not in new]
    there = [{"before": sentence if sentence in old else "", "after": sentence} for sentence in new]
    return [*gone, *sorted(there, key=lambda row: row["before"] != "")]


def _other(
    request: HttpRequest,
    rule: EligibilityRule,
    versions: list[EligibilityRule],
    in_force: EligibilityRule | None,
) -> EligibilityRule | None:
    chosen = request.GET.get("with", "")
    if chosen.isdigit():
        return next((one for one in versions if one.pk == int(chosen) != rule.pk), None)
    if in_force and in_force.pk != rule.pk:
        return in_force
    earlier = (one for one in versions if one.approved_at and one.version < rule.version)
    return next(earlier, None)


def _rights(rule: EligibilityRule, state: State, user: AbstractUser) -> dict[str, bool]:
    proposed = rule.approved_at is None
    wrote = rule.created_by_id == user.pk
    may_approve = user.has_perm("offers.approve_eligibilityrule")
    return {
        "wrote": wrote,
        "may_approve": state == PROPOSED and may_approve and not wrote,
        "may_change": proposed and wrote and user.has_perm("offers.change_eligibilityrule"),
        "may_discard": proposed and user.has_perm("offers.change_eligibilityrule"),
        "may_write": user.has_perm("offers.add_eligibilityrule"),
    }


@require_POST
@staff_page("offers.view_eligibilityrule")
def take_rule_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Approve a proposal, or discard it; a refusal is said on its page."""
    rule = get_object_or_404(EligibilityRule.objects.select_related("service"), pk=pk)
    user = actor(request)
    if step not in STEPS:
        raise Http404
    if not user.has_perm(STEPS[step]):
        raise PermissionDenied
    try:
        if step == "approve":
            approve_rule(rule=rule, seen=request.POST.get("seen", ""), by=user)
            messages.success(request, _gettext("Approved. New rounds use this version."))
        else:
            discard_proposal(rule=rule, by=user)
            messages.success(request, _gettext("The proposal was discarded."))
            return redirect("admin:offers_eligibilityrule_changelist")
    except (RuleVersionError, CriteriaError) as error:
        messages.error(request, str(error))
    return redirect("admin:offers_eligibilityrule_change", pk)


STEPS = {
    "approve": "offers.approve_eligibilityrule",
    "discard": "offers.change_eligibilityrule",
}
"""What can be done with a proposal, and the permission for it."""
