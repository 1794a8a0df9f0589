"""What there is to do today: the admin's first page."""

from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citizens.languages import say
from offers.admin.pages import actor
from offers.models import (
    EligibilityRule,
    Message,
    MessageState,
    ReviewCase,
    Round,
    RoundState,
    SendingHalt,
    Subject,
    UnitLook,
)
from offers.rounds.figures import figures
from offers.rounds.looks import BEFORE_SENDING

NOT_YET_RUNNING = (RoundState.DRAFT, RoundState.PREPARING, RoundState.PREPARED)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the first page shows to its context."""
    user = actor(request)
    rounds = Round.objects.select_related("service", "prepared_by").order_by("-pk")
    running = rounds.filter(state__in=(RoundState.APPROVED, RoundState.RUNNING))
    awaiting = rounds.filter(state=RoundState.AWAITING)
    return context | {
        "title": _("Today"),
        "halts": SendingHalt.objects.in_force().select_related("service", "round"),
        "running": [_progress(round) for round in running],
        "awaiting": awaiting,
        "drafts": rounds.filter(state__in=NOT_YET_RUNNING),
        "queue": _queue(user.pk) if user.has_perm("offers.view_reviewcase") else None,
        "looks": UnitLook.objects.unanswered()
        .filter(head=user.pk, round__state__in=BEFORE_SENDING)
        .select_related("unit", "round"),
        "proposals": EligibilityRule.objects.awaiting().select_related("service", "created_by")
        if user.has_perm("offers.view_eligibilityrule")
        else [],
        "may_start": user.has_perm("offers.add_round"),
        "may_approve": user.has_perm("offers.add_approval"),
        "may_view_rounds": user.has_perm("offers.view_round"),
    }


def _progress(round: Round) -> dict[str, Any]:
    counted = figures(round)
    waiting = Message.objects.filter(
        round=round, state__in=(MessageState.QUEUED, MessageState.SENDING)
    )
    return {
        "round": round,
        "service": say(round.service.name, get_language()),
        "figures": counted,
        "waiting": waiting.count(),
        "open": Subject.objects.filter(round=round).unresolved().count(),
        "answered_percent": 100 * counted.answered // counted.sent if counted.sent else 0,
    }


def _queue(user_id: int) -> dict[str, Any]:
    """How much waits, since when, and what is late."""
    return ReviewCase.objects.open().aggregate(
        open=Count("pk"),
        urgent=Count("pk", filter=Q(urgent=True)),
        overdue=Count("pk", filter=Q(due_at__lt=timezone.now())),
        mine=Count("pk", filter=Q(taken_by=user_id)),
        free=Count("pk", filter=Q(taken_by=None)),
        oldest=Min("opened_at"),
    )
