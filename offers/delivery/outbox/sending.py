"""Sending: claimed parcels go to the providers' connections while the next ones are claimed.

The database is touched by the calling thread alone; the threads only call providers. Nothing is
claimed that would have to wait a second for its turn, so the gate's answer is fresh, and a more
urgent message waits for one such batch at most.
"""

import time
from contextlib import ExitStack
from datetime import timedelta
from queue import SimpleQueue

from django.utils import timezone

from offers.delivery.bell import ring
from offers.delivery.channels import automatic_channels
from offers.delivery.outbox.claims import due_now
from offers.delivery.outbox.line import Finished, Line
from offers.delivery.outbox.outcomes import record
from offers.models import Lane

TURN = timedelta(seconds=10)
"""How long one task sends before it lets others have the worker."""

GATHERING = 0.05
"""Seconds in which results are gathered to be written in one statement."""


def send_due(*, lane: Lane = Lane.BULK, turn: timedelta = TURN) -> int:
    """Send what is due in ``lane`` and the more urgent ones, until nothing is or the turn is over.

    Returns how many messages were taken. If something is due by the end, the bell is rung again.
    """
    ends_at = time.monotonic() + turn.total_seconds()
    results: SimpleQueue[Finished] = SimpleQueue()
    taken = 0
    with ExitStack() as stack:
        lines = [stack.enter_context(Line(channel, results)) for channel in automatic_channels()]
        while True:
            if time.monotonic() < ends_at:
                _top_up(lines, lane, ends_at)
            if not any(line.under_way for line in lines):
                break
            finished = _gather(results)
            for each in finished:
                each.line.note(each)
            taken += record([each.hand_over for each in finished])
    if due_now(lane, timezone.now()).exists():
        ring(lane)
    return taken


def _top_up(lines: list[Line], lane: Lane, ends_at: float) -> None:
    """Claim for every line; if all that is left waits for a busy provider, wait with it."""
    for line in lines:
        line.top_up(lane)
    pauses = [line.paused_until for line in lines if line.is_paused]
    if pauses and not any(line.under_way for line in lines) and min(pauses) < ends_at:
        time.sleep(max(min(pauses) - time.monotonic(), 0))
        for line in lines:
            line.top_up(lane)


def _gather(results: "SimpleQueue[Finished]") -> list[Finished]:
    """Wait for a result, and for what else arrives in the next moment."""
    gathered = [results.get()]
    time.sleep(GATHERING)
    while not results.empty():
        gathered.append(results.get())
    return gathered
