"""Writing down what the calls to the providers came to, many at a time."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from offers.delivery import receipts
from offers.delivery.channels import Parcel, longest_call
from offers.delivery.codes import Verdict, verdict_on
from offers.delivery.errors import ProviderError, UncertainError
from offers.delivery.failures import follow_up_failure
from offers.delivery.waits import BUSY_WAIT, MOST_ATTEMPTS, OUR_FAULT_WAIT, spread, wait_before
from offers.models import Message, MessageState

TABLE = Message._meta.db_table


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call came to: the provider's id of the message, or why there is none."""

    parcel: Parcel
    provider: str
    provider_id: str = ""
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a message becomes by it; ``wait`` is how long from now until it is tried again or the
    provider is asked, by the database's clock."""

    message_id: int
    attempt: int
    state: MessageState
    provider_id: str = ""
    reason: str = ""
    wait: timedelta | None = None
    counted: bool = True


def record(results: Sequence[CallResult]) -> int:
    """Write down the results in one statement; returns how many messages were taken.

    A message whose lease ran out meanwhile is left alone, unless we now know that it was taken:
    that is true whoever has it. Then acts on what failed for good, and matches receipts that
    came before this was known.
    """
    steps = [_next_step(result) for result in results]
    try:
        _take(steps)
    except IntegrityError:
        # An id that is another message's: of two with the same words the reconciler may have taken
        # one for the other. It keeps its lease until it is asked about; nobody else loses a result.
        for step in steps:
            with suppress(IntegrityError):
                _take([step])
    receipts.match_early([step.message_id for step in steps if step.state == MessageState.SENT])
    return sum(step.state == MessageState.SENT for step in steps)


def _take(steps: Sequence[NextStep]) -> None:
    now = timezone.now()
    with transaction.atomic():
        written = _write(steps, now)
        for step in steps:
            if step.message_id in written and step.state == MessageState.FAILED:
                follow_up_failure(step.message_id, code=step.reason)


def _next_step(result: CallResult) -> NextStep:
    parcel, error = result.parcel, result.error
    message = (parcel.message_id, parcel.attempt)
    if error is None:
        return NextStep(*message, MessageState.SENT, provider_id=result.provider_id)
    if isinstance(error, UncertainError):
        until_ended = timedelta(seconds=longest_call())
        return NextStep(*message, MessageState.UNCERTAIN, reason=error.code, wait=until_ended)
    verdict = verdict_on(provider=result.provider, code=error.code)
    wait = _wait(verdict, parcel.attempt + 1, error.wait_seconds)
    if verdict in (Verdict.BUSY, Verdict.AWAY):  # the provider's health says when it is called
        again = NextStep(*message, MessageState.QUEUED, reason=error.code, wait=wait)
        return replace(again, counted=False)
    if verdict in (Verdict.RETRY, Verdict.OUR_FAULT) and parcel.attempt < MOST_ATTEMPTS:
        return NextStep(*message, MessageState.QUEUED, reason=error.code, wait=wait)
    return NextStep(*message, MessageState.FAILED, reason=error.code)


def _wait(verdict: Verdict, attempt: int, asked_seconds: float) -> timedelta:
    asked = timedelta(seconds=asked_seconds)
    if verdict in (Verdict.BUSY, Verdict.AWAY):
        return spread(max(asked, BUSY_WAIT))
    least = OUR_FAULT_WAIT if verdict == Verdict.OUR_FAULT else timedelta(0)
    return wait_before(attempt, at_least=max(least, asked))


def _write(steps: Sequence[NextStep], now: datetime) -> set[int]:
    """Update the messages; returns those that were still ours to update."""
    Message.objects.filter(pk__in=[step.message_id for step in steps]).lock()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} SET state = became.state, provider_id = became.provider_id,
                reason = became.reason,
                due_at = coalesce(clock_timestamp() + make_interval(secs => became.wait), due_at),
                lease_until = NULL,
                attempts = attempts - (NOT became.counted)::int,
                sent_at = CASE became.state WHEN 'sent' THEN %s END,
                final_at = CASE became.state WHEN 'failed' THEN %s END,
                subject_line = CASE became.state WHEN 'queued' THEN NULL ELSE subject_line END,
                body = CASE became.state WHEN 'queued' THEN NULL ELSE body END
            FROM unnest(
                %s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::float[],
                %s::bool[]
            ) AS became(id, attempt, state, provider_id, reason, wait, counted)
            WHERE {TABLE}.id = became.id AND attempts = became.attempt AND (
                {TABLE}.state = 'sending'
                OR ({TABLE}.state IN ('uncertain', 'queued') AND became.state = 'sent')
            )
            RETURNING {TABLE}.id
            """,
            [
                now,
                now,
                [step.message_id for step in steps],
                [step.attempt for step in steps],
                [step.state.value for step in steps],
                [step.provider_id for step in steps],
                [step.reason for step in steps],
                [step.wait and step.wait.total_seconds() for step in steps],
                [step.counted for step in steps],
            ],
        )
        return {pk for (pk,) in cursor.fetchall()}
