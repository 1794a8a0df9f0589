"""What the caseworkers do: one round, through the services that the admin calls."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import override

from helsinki_proactive.demo.processes import DemoError
from helsinki_proactive.staff.models import User
from offers.models import Message, MessageState, Round, RoundState, Service
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.drafts import draft_round
from offers.rounds.prepare import prepare_round
from offers.rounds.remind import remind_round
from offers.rounds.warnings import remark_text

SERVICE = "preschool"
PATIENCE_S = 300.0
LOOK_EVERY_S = 0.4
UNDERWAY = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)

Progress = Callable[[int, int], None]
"""(done, of) of the step at hand."""


def begin_round(*, by: User, year: int) -> Round:
    """A draft of the preschool round for the year's August."""
    service = Service.objects.get(code=SERVICE)
    today = timezone.localdate()
    return draft_round(
        service=service,
        name=f"Esiopetus {year}",
        period=str(year),
        as_of=max(today, date(year, 1, 1)),
        begins_on=date(year, 8, 11),
        ends_on=None,
        deadline_at=timezone.now() + timedelta(days=service.answer_days),
        by=by,
    )


def prepare(round: Round, *, by: User, progress: Progress) -> None:
    """Have the list drawn up by a worker. Raises DemoError with what is wrong."""
    prepare_round(round=round, by=by)

    def prepared() -> bool:
        round.refresh_from_db()
        if round.state == RoundState.DRAFT:
            raise DemoError(round.preview.get("problem") or "the list could not be drawn up")
        if blockers := round.preview.get("blockers"):
            with override("en"):
                raise DemoError(" ".join(remark_text(blocker) for blocker in blockers))
        if round.state == RoundState.PREPARED:
            progress(1, 1)
            return True
        step = round.preview.get("progress", {})
        progress(step.get("done", 0), step.get("of", 1))
        return False

    _wait("preparing the round", prepared)


def approve(round: Round, *, prepared_by: User, approved_by: User) -> datetime:
    """Freeze the list and have another user approve exactly it; the moment of approval."""
    request_approval(round=round, by=prepared_by)
    round.refresh_from_db()
    approve_round(round=round, digest=round.frozen_digest, by=approved_by)
    round.refresh_from_db()
    if round.approved_at is None:
        raise DemoError("the round was not approved")
    return round.approved_at


def wait_until_sent(round: Round, *, progress: Progress) -> None:
    """Until the workers have handed over every message of the round that can be."""

    def sent() -> bool:
        round.refresh_from_db()
        if round.state != RoundState.RUNNING:
            return False
        messages = Message.objects.filter(round=round).by_machine()
        counted = messages.aggregate(
            all=Count("pk"), waiting=Count("pk", filter=Q(state__in=UNDERWAY))
        )
        progress(counted["all"] - counted["waiting"], counted["all"])
        return not counted["waiting"]

    _wait("sending", sent)


def remind(round: Round, *, by: User, progress: Progress) -> int:
    """Remind the unanswered; returns how many were written to."""
    reminded = remind_round(round=round, by=by)
    wait_until_sent(round, progress=progress)
    return reminded


def _wait(what: str, done: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise DemoError(f"{what} takes too long; the logs are in .local/demo/")
        time.sleep(LOOK_EVERY_S)
