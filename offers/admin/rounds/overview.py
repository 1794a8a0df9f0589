"""The page of one round: what it is, what comes next, and how far it is."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage, say
from citizens.models import shielded_among
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rounds.chart import chart_of
from offers.admin.rounds.forms import ReasonForm, TestForm
from offers.delivery.switch import is_halted
from offers.eligibility.say import sentences
from offers.models import (
    OPEN_OUTCOMES,
    Approval,
    Channel,
    Exclusion,
    Message,
    MessageState,
    Outcome,
    Round,
    RoundState,
    SendingHalt,
    Subject,
    UnitLook,
    Verdict,
)
from offers.rounds.figures import figures, timeline
from offers.rounds.warnings import draft_reach, draft_remarks, remark_text

STAGES = (
    (_("Draft"), (RoundState.DRAFT, RoundState.PREPARING)),
    (_("Prepared"), (RoundState.PREPARED,)),
    (_("Approval"), (RoundState.AWAITING,)),
    (_("Running"), (RoundState.APPROVED, RoundState.RUNNING)),
    (_("Closed"), (RoundState.CLOSED,)),
)
LEFT_OUT = {
    **{reason.value: reason.label for reason in Exclusion if reason},
    "died": _("have died"),
    "gone": _("have left the register"),
    "moved": _("have moved away"),
    "elsewhere": _("live in another municipality"),
    "in_another_round": _("are in another round of this service"),
}
"""Why somebody the rule names gets no automatic message."""

PREPARATION = {
    "selecting": _("The rule is asked who is entitled."),
    "placing": _("Seats are reserved."),
    "previewing": _("Every message is rendered and counted."),
}
IN_BACKGROUND = (RoundState.PREPARING, RoundState.APPROVED)
HAVE_RUN = (RoundState.RUNNING, RoundState.CLOSED, RoundState.CANCELLED)


@staff_page("offers.view_round")
def round_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one round, and the buttons of whoever looks at it."""
    rounds = Round.objects.select_related(
        "service", "rule", "prepared_by", "created_by", "closed_by"
    )
    round = get_object_or_404(rounds, pk=pk)
    context = {
        "round": round,
        "tab": "overview",
        "service_name": say(round.service.name, get_language()),
        "stages": stages(round),
        "rule": sentences(round.rule.criteria, get_language() or "fi", round.as_of)
        if round.rule
        else [],
        "approval": Approval.objects.filter(round=round).select_related("approved_by").last(),
        "problem": _signed(round.preview.get("problem")),
        "reason_form": ReasonForm(),
        **_preview(round),
        **_running(round),
        **_rights(round, actor(request)),
    }
    return admin_page(request, "admin/offers/round/page.html", round.name, context)


@staff_page("offers.view_round")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the round is, as a fragment; once its state has changed the page loads anew."""
    round = get_object_or_404(Round.objects.select_related("service"), pk=pk)
    context = {"round": round, **_running(round), **_preparing(round)}
    response = render(request, "admin/offers/round/progress.html", context)
    if request.GET.get("state") != round.state:
        response["HX-Refresh"] = "true"
    return response


def stages(round: Round) -> list[dict[str, Any]]:
    """The stages of a round, each "done", "now" or "ahead"."""
    current = next(
        (place for place, (_label, states) in enumerate(STAGES) if round.state in states), None
    )
    if current is None:
        return []
    return [
        {
            "label": label,
            "is": "done" if place < current else "now" if place == current else "ahead",
        }
        for place, (label, _states) in enumerate(STAGES)
    ]


def _rights(round: Round, user: AbstractUser) -> dict[str, Any]:
    took_part = (
        round.prepared_by_id == user.pk
        or Subject.objects.filter(round=round, pinned_by=user.pk).exists()
    )
    return {
        "may_prepare": user.has_perm("offers.change_round"),
        "may_approve": user.has_perm("offers.add_approval"),
        "may_see_people": user.has_perm("offers.view_subject"),
        "may_halt": user.has_perm("offers.add_sendinghalt"),
        "may_resume": user.has_perm("offers.change_sendinghalt"),
        "took_part": took_part,
    }


def _preparing(round: Round) -> dict[str, Any]:
    done = round.preview.get("progress")
    if not done:
        return {}
    percent = round_percent(done["done"], done["of"])
    return {"preparation": {"text": PREPARATION[done["step"]], "percent": percent}}


def _preview(round: Round) -> dict[str, Any]:
    preview = round.preview
    if round.state == RoundState.DRAFT:
        meant = draft_reach(round)
        return {"meant": meant, "warnings": [remark_text(one) for one in draft_remarks(meant)]}
    if "eligible" not in preview:
        return _preparing(round)
    excluded = [
        {"reason": reason, "label": LEFT_OUT[reason], "count": count, "listed": reason in Exclusion}
        for reason, count in preview["excluded"].items()
    ]
    return {
        "preview": preview,
        "excluded": excluded,
        "rows": [_message_row(row) for row in preview["messages"]],
        "samples": _samples(preview.get("samples", {})),
        "placement": _placement(preview["placement"]),
        "blockers": [remark_text(remark) for remark in preview["blockers"]],
        "warnings": [remark_text(remark) for remark in preview["warnings"]],
        "requested": _signed(preview.get("requested")),
        "tests": len(preview.get("tests", [])),
        "looks": _looks(round),
        "test_form": TestForm(),
    }


def _looks(round: Round) -> dict[str, int]:
    """How many units' heads were asked, have not answered, and have a remark."""
    return UnitLook.objects.filter(round=round).aggregate(
        asked=Count("pk"),
        silent=Count("pk", filter=Q(answered_at=None)),
        remarks=Count("pk", filter=Q(verdict=Verdict.REMARK)),
    )


def _message_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "channel": Channel(row["channel"]).label,
        "language": ContactLanguage(row["language"]).label,
    }


def _samples(samples: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """By language; a sample about somebody who has become shielded since is left out."""
    people = {pk for rows in samples.values() for sample in rows for pk in sample["people"]}
    hidden = shielded_among(people, on=timezone.localdate())
    return [
        {
            "code": language,
            "language": ContactLanguage(language).label,
            "messages": [s for s in rows if not hidden.intersection(s["people"])],
        }
        for language, rows in samples.items()
    ]


def _placement(placement: dict[str, Any]) -> dict[str, Any]:
    if not placement:
        return {}
    compared = placement.get("compared", {})
    return {
        "figures": placement["figures"],
        "policy": placement["policy"],
        "compared": [
            {"policy": POLICY_NAMES.get(policy, policy), "chosen": policy == placement["policy"]}
            | figures
            for policy, figures in compared.items()
        ],
    }


POLICY_NAMES = {
    "stable": _("by the admission criteria"),
    "shortest": _("shortest ways in all"),
}


def _signed(said: dict[str, Any] | None) -> dict[str, Any] | None:
    """Something a person did to the round, with the name for the page."""
    if not said:
        return None
    user = get_user_model().objects.filter(pk=said["by"]).first() if said.get("by") else None
    return said | {"by": user, "at": parse_datetime(said.get("at", ""))}


def _running(round: Round) -> dict[str, Any]:
    if round.state not in HAVE_RUN or not round.generated_at:
        return {"polled": round.state in IN_BACKGROUND}
    counted = figures(round)
    sending = _sending(round)
    halts = SendingHalt.objects.in_force().filter(round=round).select_related("halted_by")
    return {
        "figures": counted,
        "shares": _shares(counted),
        "sending": sending,
        "chart": chart_of(timeline(round), counted.families),
        "outcomes": _outcomes(round, counted.outcomes),
        "left": _left(round),
        "halted": is_halted(round=round),
        "own_halt": halts.first(),
        "deadline_over": round.deadline_at <= timezone.now(),
        "polled": round.state == RoundState.RUNNING,
        "seconds": 2 if sending["waiting"] else 10,
    }


def _sending(round: Round) -> dict[str, Any]:
    """The round's messages of all kinds, by their state."""
    counts = Message.objects.filter(round=round).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in MessageState}
    )
    total = sum(counts.values())
    under_way = (MessageState.QUEUED, MessageState.SENDING)
    waiting = Message.objects.filter(round=round, state__in=under_way).by_machine().count()
    return {
        "total": total,
        "waiting": waiting,
        "percent": round_percent(total - waiting, total),
        "states": [
            {"state": state.value, "label": state.label, "count": counts[state]}
            for state in MessageState
            if counts[state]
        ],
    }


def _shares(counted: Any) -> list[dict[str, Any]]:
    """The figures with their shares: of the families, of those sent to, of those who answered."""
    return [
        {
            "name": name,
            "label": label,
            "count": count,
            "percent": round_percent(count, of),
            "of": of,
        }
        for name, label, count, of in (
            ("sent", _("Sent"), counted.sent, counted.families),
            ("delivered", _("Delivered"), counted.delivered, counted.sent),
            ("answered", _("Answered"), counted.answered, counted.sent),
            ("accepted", _("Accepted"), counted.accepted, counted.answered),
            ("declined", _("Declined"), counted.declined, counted.answered),
            ("other_place", _("Another place"), counted.other_place, counted.answered),
        )
    ]


def round_percent(part: int, whole: int) -> int:
    """Whole percents, 100 only where everything is."""
    return 100 * part // whole if whole else 0


def _outcomes(round: Round, counts: dict[str, int]) -> list[dict[str, Any]]:
    total = sum(counts.values())
    return [
        {
            "outcome": outcome.value,
            "label": outcome.label,
            "count": counts[outcome.value],
            "percent": round_percent(counts[outcome.value], total),
            "open": outcome in OPEN_OUTCOMES,
        }
        for outcome in Outcome
        if counts.get(outcome.value)
    ]


def _left(round: Round) -> dict[str, int]:
    today = timezone.localdate()
    return (
        Subject.objects.filter(round=round)
        .unresolved()
        .aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=today)))
    )
