"""Writing down what became of the messages that were handed over, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
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
class HandOver:
    """One call's result: the provider's id of the message, or why there is none."""

    parcel: Parcel
    provider: str
    provider_id: str = ""
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message becomes; ``wait`` is how long from now until it is tried again or the provider
    is asked, by the database's clock."""

    message_id: int
    attempt: int
    state: MessageState
    provider_id: str = ""
    reason: str = ""
    wait: timedelta | None = None
    counted: bool = True


def record(hand_overs: Sequence[HandOver]) -> int:
    """Write down the results in one statement; returns how many messages were taken.

    A message whose lease ran out meanwhile is left alone, unless we now know that it was taken:
    that is true whoever has it. Then acts on what failed for good, and matches receipts that
    came before this was known.
    """
    now = timezone.now()
    outcomes = [_outcome(hand_over) for hand_over in hand_overs]
    with transaction.atomic():
        written = _write(outcomes, now)
        for outcome in outcomes:
            if outcome.message_id in written and outcome.state == MessageState.FAILED:
                follow_up_failure(outcome.message_id, code=outcome.reason)
    receipts.match_early(
        [outcome.message_id for outcome in outcomes if outcome.state == MessageState.SENT]
    )
    return sum(outcome.state == MessageState.SENT for outcome in outcomes)


def _outcome(hand_over: HandOver) -> Outcome:
    parcel, error = hand_over.parcel, hand_over.error
    message = (parcel.message_id, parcel.attempt)
    if error is None:
        return Outcome(*message, MessageState.SENT, provider_id=hand_over.provider_id)
    if isinstance(error, UncertainError):
        until_ended = timedelta(seconds=longest_call())
        return Outcome(*message, MessageState.UNCERTAIN, reason=error.code, wait=until_ended)
    verdict = verdict_on(provider=hand_over.provider, code=error.code)
    wait = _wait(verdict, parcel.attempt + 1, error.wait_seconds)
    if verdict in (Verdict.BUSY, Verdict.AWAY):  # the provider's health says when it is called
        again = Outcome(*message, MessageState.QUEUED, reason=error.code, wait=wait)
        return replace(again, counted=False)
    if verdict in (Verdict.RETRY, Verdict.OUR_FAULT) and parcel.attempt < MOST_ATTEMPTS:
        return Outcome(*message, MessageState.QUEUED, reason=error.code, wait=wait)
    return Outcome(*message, MessageState.FAILED, reason=error.code)


def _wait(verdict: Verdict, attempt: int, asked_seconds: float) -> timedelta:
    asked = timedelta(seconds=asked_seconds)
    if verdict in (Verdict.BUSY, Verdict.AWAY):
        return spread(max(asked, BUSY_WAIT))
    least = OUR_FAULT_WAIT if verdict == Verdict.OUR_FAULT else timedelta(0)
    return wait_before(attempt, at_least=max(least, asked))


def _write(outcomes: Sequence[Outcome], now: datetime) -> set[int]:
    """Update the messages; returns those that were still ours to update."""
    Message.objects.filter(pk__in=[outcome.message_id for outcome in outcomes]).lock()
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
                [outcome.message_id for outcome in outcomes],
                [outcome.attempt for outcome in outcomes],
                [outcome.state.value for outcome in outcomes],
                [outcome.provider_id for outcome in outcomes],
                [outcome.reason for outcome in outcomes],
                [outcome.wait and outcome.wait.total_seconds() for outcome in outcomes],
                [outcome.counted for outcome in outcomes],
            ],
        )
        return {pk for (pk,) in cursor.fetchall()}
