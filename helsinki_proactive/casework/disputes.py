"""A fact that a citizen says is wrong: what the caseworker sees of it, and the answer."""

from collections.abc import Collection
from dataclasses import dataclass

from django import forms
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from citizens.models import DisputeOutcome, lives_with_shielded
from helsinki_proactive.casework.story import opened
from helsinki_proactive.my.facts import facts_of
from offers.models import ReviewCase
from offers.replies.handling import CaseError, settle_dispute

WHERE_ONE_LIVES: Collection[str] = ("postal_code", "municipality")


@dataclass(frozen=True)
class Shown:
    """The fact as registered (each value it has), and as the citizen says it is.

    ``by`` is the guardian who says it of a child.
    """

    label: str | Promise
    source: str
    values: list[str]
    should_be: str
    because: str
    by: str


class SettleForm(forms.Form):
    """What was found, and the answer that the citizen reads."""

    told = forms.CharField(
        label=_("Answer to the citizen"),
        min_length=5,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you found and why. The citizen reads it on their own page."),
    )


def disputed(case: ReviewCase, *, hidden: bool) -> Shown | None:
    """What the case is about, without where somebody lives who is protected or lives with one."""
    dispute = case.dispute
    if dispute is None:
        return None
    facts = [
        one for one in facts_of(dispute.person, get_language()) if one.code == dispute.attribute
    ]
    at_home = dispute.attribute in WHERE_ONE_LIVES
    secret = at_home and (hidden or lives_with_shielded(dispute.person, on=timezone.localdate()))
    return Shown(
        label=facts[0].label if facts else dispute.attribute,
        source=facts[0].source if facts else "",
        values=[_gettext("not shown")] if secret else [one.value for one in facts if one.value],
        should_be=_gettext("not shown") if secret else opened(dispute, "should_be"),
        because="" if secret else opened(dispute, "because"),
        by=dispute.by.full_name if dispute.by else "",
    )


def settle(
    request: HttpRequest, case: ReviewCase, user: AbstractUser, found: DisputeOutcome
) -> None:
    """Answer the citizen. Raises CaseError."""
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise CaseError(_gettext("Write the citizen an answer: what you found, and why."))
    settle_dispute(case=case, outcome=found, told=form.cleaned_data["told"], by=user)
