"""How long the confirmation of an answer takes, from its row to the provider."""

import time
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from bench.cohort import round_awaiting_approval
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.bell import ring
from offers.delivery.outbox import queue_message
from offers.models import Lane, Message, MessageState, Round, TextKind
from offers.rounds.approval import approve_round

EVERY = 0.1
"""Seconds between two families' answers."""


def latencies(name: str, number: int, simulator: Simulator, *, is_busy: bool) -> list[float]:
    """Confirm to ``number`` families; the seconds that each confirmation took.

    ``is_busy``: a round is approved just before, and what of it still waits is given up afterwards.
    """
    if is_busy:
        round, approver = round_awaiting_approval(name)
        approve_round(round=round, digest=round.frozen_digest, by=approver)
        while not Message.objects.filter(round=round).handed_over().exists():
            time.sleep(0.1)
    else:
        round = Round.objects.running().latest("pk")
    told = Message.objects.filter(round=round, kind=TextKind.OFFER).handed_over()
    written: list[Message] = []
    for turn in range(number):
        written.append(_confirm(told, key=f"confirmation:{name}:{turn}"))
        time.sleep(EVERY)
    waiting = Message.objects.filter(round=round, state=MessageState.QUEUED)
    if is_busy:
        assert waiting.exists(), "nothing was left to wait for: a larger round is needed"
    taken = _taken(written, simulator)
    waiting.update(state=MessageState.CANCELLED, final_at=timezone.now())
    return taken


def _confirm(told: QuerySet[Message], *, key: str) -> Message:
    """Write the confirmation to a family that has its offer, and ring the bell."""
    offered = told.select_related("person", "contact_point", "round").order_by("?")[0]
    assert offered.contact_point is not None
    message = queue_message(
        person=offered.person,
        contact_point=offered.contact_point,
        kind=TextKind.ACCEPTED,
        channel=offered.channel,
        language=offered.language,
        lane=Lane.REPLIES,
        offers=offered.offers.all(),
        round=offered.round,
        key=key,
    )
    ring(Lane.REPLIES)
    return message


def _taken(written: list[Message], simulator: Simulator) -> list[float]:
    """Wait for the last, and take the times from the provider."""
    messages = Message.objects.filter(pk__in=[message.pk for message in written])
    while messages.handed_over().count() < len(written):
        time.sleep(0.25)
    arrived = {text.sid: datetime.fromisoformat(text.created_at) for text in simulator.messages()}
    return [
        (arrived[message.provider_id] - message.created_at).total_seconds() for message in messages
    ]
