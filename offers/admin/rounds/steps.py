"""The steps of a round: each a POST, each a service, each with its own permission."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from offers.admin.pages import actor, staff_page
from offers.admin.rounds.forms import ReasonForm, TestForm
from offers.delivery.switch import halt_sending, resume_sending
from offers.models import Round
from offers.rounds.approval import approve_round, reject_round, request_approval
from offers.rounds.close import cancel_round, close_round
from offers.rounds.errors import RoundError
from offers.rounds.prepare import prepare_round
from offers.rounds.remind import remind_round
from offers.rounds.trial import send_test_message


@dataclass(frozen=True)
class Asked:
    """What came with the press of a button."""

    round: Round
    by: AbstractUser
    reason: str
    digest: str


@dataclass(frozen=True)
class Step:
    """Who may take it, what it does, and what is said when it is done."""

    permission: str
    take: Callable[[Asked], object]
    done: str | Promise
    needs_reason: bool = False


def _reminded(asked: Asked) -> str:
    count = remind_round(round=asked.round, by=asked.by)
    return ngettext("%(count)s reminder is queued.", "%(count)s reminders are queued.", count) % {
        "count": count
    }


STEPS = {
    "prepare": Step(
        "offers.change_round",
        lambda asked: prepare_round(round=asked.round, by=asked.by),
        _("The list is being drawn up."),
    ),
    "request": Step(
        "offers.change_round",
        lambda asked: request_approval(round=asked.round, by=asked.by),
        _("The list is frozen. Somebody else now approves it."),
    ),
    "approve": Step(
        "offers.add_approval",
        lambda asked: approve_round(round=asked.round, digest=asked.digest, by=asked.by),
        _("Approved. The offers are being made."),
    ),
    "reject": Step(
        "offers.add_approval",
        lambda asked: reject_round(round=asked.round, by=asked.by, reason=asked.reason),
        _("The list went back to its preparer."),
        needs_reason=True,
    ),
    "remind": Step("offers.change_round", _reminded, ""),
    "halt": Step(
        "offers.add_sendinghalt",
        lambda asked: halt_sending(by=asked.by, reason=asked.reason, round=asked.round),
        _("Sending of this round is halted."),
        needs_reason=True,
    ),
    "resume": Step(
        "offers.change_sendinghalt",
        lambda asked: resume_sending(by=asked.by, round=asked.round),
        _("Sending goes on."),
    ),
    "close": Step(
        "offers.change_round",
        lambda asked: close_round(round=asked.round, by=asked.by),
        _("The round is closed."),
    ),
    "cancel": Step(
        "offers.change_round",
        lambda asked: cancel_round(round=asked.round, by=asked.by, reason=asked.reason),
        _("The round is cancelled."),
        needs_reason=True,
    ),
}


@require_POST
@staff_page("offers.view_round")
def take_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take one of ``STEPS`` and come back to the round; a refusal is said there."""
    if step not in STEPS:
        raise Http404
    chosen, user = STEPS[step], actor(request)
    if not user.has_perm(chosen.permission):
        raise PermissionDenied
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    form = ReasonForm(request.POST)
    if chosen.needs_reason and not form.is_valid():
        messages.error(request, _gettext("Give a reason, at most 200 characters long."))
        return redirect("admin:offers_round_change", pk)
    reason = form.cleaned_data["reason"] if chosen.needs_reason else ""
    asked = Asked(round, user, reason, request.POST.get("digest", ""))
    try:
        said = chosen.take(asked)
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, str(chosen.done or said))
    return redirect("admin:offers_round_change", pk)


@require_POST
@staff_page("offers.change_round")
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the round's text to one's own phone."""
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    form = TestForm(request.POST)
    if not form.is_valid():
        messages.error(request, _gettext("Give a phone number and a language."))
        return redirect("admin:offers_round_change", pk)
    try:
        send_test_message(round=round, by=actor(request), **form.cleaned_data)
    except RoundError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _gettext("The test message is on its way to your phone."))
    return redirect("admin:offers_round_change", pk)
