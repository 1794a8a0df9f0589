"""Sending: claimed parcels go to the providers' connections while the next ones are claimed.

The database is touched by the calling thread alone; the threads only call providers. Nothing is
claimed that would have to wait a second for its turn, so the gate's answer is fresh, and a more
urgent message waits for one such batch at most.
"""

import time
from contextlib import ExitStack
from datetime import timedelta
from queue import Empty, SimpleQueue

from django.utils import timezone

from offers.delivery.bell import note_attended, note_heard, pass_on
from offers.delivery.channels import automatic_channels, providers_of
from offers.delivery.health import note_results
from offers.delivery.outbox.claims import due_now
from offers.delivery.outbox.line import LOOK_AGAIN, Finished, Line
from offers.delivery.outbox.results import record
from offers.models import Channel, Lane

TURN = timedelta(seconds=10)
"""How long one task sends before it lets others have the worker."""

GATHERING = 0.05
"""Seconds in which results are gathered to be written in one statement."""


def send_due(*, lane: Lane = Lane.BULK, turn: timedelta = TURN, stay: bool = False) -> int:
    """Send what is due in ``lane`` and the more urgent ones, until nothing is or the turn is over.

    Returns how many messages were taken. Who is to ``stay`` looks again before leaving: messages
    that come one by one are sent a few at a time, and ring for no other worker meanwhile. If
    there is more than can be claimed at once an idle worker is called to help, and if not, this
    one goes on after its turn.
    """
    note_heard(lane)
    ends_at = time.monotonic() + turn.total_seconds()
    results: SimpleQueue[Finished] = SimpleQueue()
    taken = 0
    has_called = has_found = False
    with ExitStack() as stack:
        lines = [stack.enter_context(Line(*each, results)) for each in _ways_out()]
        while time.monotonic() < ends_at:
            claimed = sum(line.top_up(lane) for line in lines)
            has_called = has_called or _call_for_help(lines, lane)
            if any(line.under_way for line in lines):
                has_found = True
                if stay:
                    note_attended(lane)
                taken += _account_for(_gather(results))
            elif claimed or _wait_for_a_pause(lines, lane, ends_at):
                continue
            elif stay and has_found:
                has_found = False
                _wait_for_more(lane)
            else:
                break
        else:
            _end_turn(lane, has_called=has_called)
        while any(line.under_way for line in lines):
            taken += _account_for(_gather(results))
    return taken


def _end_turn(lane: Lane, *, has_called: bool) -> None:
    """See to it that somebody goes on, without waiting for the calls under way."""
    note_heard(lane)
    if not has_called and due_now(lane, timezone.now()).exists():
        pass_on(lane)


def _call_for_help(lines: list[Line], lane: Lane) -> bool:
    if not any(line.has_more for line in lines):
        return False
    pass_on(lane)
    return True


def _wait_for_more(lane: Lane) -> None:
    """Stay a moment; what is committed after the look that follows rings anew."""
    time.sleep(LOOK_AGAIN)
    note_heard(lane)


def _ways_out() -> list[tuple[Channel, str]]:
    channels = automatic_channels()
    return [(channel, each.provider) for channel in channels for each in providers_of(channel)]


def _account_for(finished: list[Finished]) -> int:
    """Write down what became of the calls, and what they say of their providers."""
    if not finished:
        return 0
    for each in finished:
        each.line.note(each)
    came_to = [each.result for each in finished]
    note_results((each.provider, each.error) for each in came_to)
    return record(came_to)


def _wait_for_a_pause(lines: list[Line], lane: Lane, ends_at: float) -> bool:
    """Where all that is left waits for a provider, wait a moment; False if it is not worth it.

    A longer pause than this turn is not waited for: the sweep rings when it is over.
    """
    pauses = [line.paused_until for line in lines if line.is_paused]
    if not pauses or min(pauses) >= ends_at or not due_now(lane, timezone.now()).exists():
        return False
    time.sleep(max(min(min(pauses) - time.monotonic(), LOOK_AGAIN), 0))
    return True


def _gather(results: "SimpleQueue[Finished]") -> list[Finished]:
    """What has ended, with what else arrives in the next moment; nothing, if all calls take long.

    Nobody waits for a slow call: other providers' messages come meanwhile.
    """
    try:
        gathered = [results.get(timeout=LOOK_AGAIN)]
    except Empty:
        return []
    time.sleep(GATHERING)
    while not results.empty():
        gathered.append(results.get())
    return gathered
