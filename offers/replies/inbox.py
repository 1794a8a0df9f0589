"""From an inbound text to its answer: stored first, then read, decided and answered.

``receive`` is what the webhook calls. If deciding fails the reply stays stored, undecided, and
``decide_pending`` takes it up again; the family then gets its answer as an ordinary message.
"""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, transaction
from psycopg2.errors import DeadlockDetected

from offers.delivery import outbox
from offers.delivery.cases import open_case
from offers.models import CaseKind, Reply
from offers.replies.acting import act
from offers.replies.reading import mask_identity_codes

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(minutes=10)
MOST_RETRIED = 500


class AlreadyDecidedError(Exception):
    """Another process has decided this reply meanwhile; all that was done here is taken back."""


def receive(
    *, provider: str, provider_id: str, sender: str, text: str, now: datetime
) -> str | None:
    """Store an inbound text, decide it, and return what to answer (None: say nothing).

    ``sender`` is E.164. The same ``provider_id`` again is the same reply: nothing is decided
    twice and the same answer is returned.
    """
    reply = store(provider=provider, provider_id=provider_id, sender=sender, text=text, now=now)
    try:
        return _decide_now(reply, now)
    except AlreadyDecidedError:
        return Reply.objects.get(pk=reply.pk).unseal("response") or None
    except Exception:
        # Stored is stored: whatever fails here is decided again from the row.
        logger.exception("reply_not_decided", extra={"reply": reply.pk})
        return None


def store(*, provider: str, provider_id: str, sender: str, text: str, now: datetime) -> Reply:
    """Write the reply before anything is decided; the row that is there if it came before."""
    reply = Reply(provider=provider, provider_id=provider_id, received_at=now)
    reply.seal("sender", sender)
    reply.sender_index = reply.index_of("sender", sender)
    reply.seal("text", mask_identity_codes(text))
    try:
        with transaction.atomic():
            reply.save(force_insert=True)
    except IntegrityError:
        return Reply.objects.get(provider=provider, provider_id=provider_id)
    return reply


def _decide_now(reply: Reply, now: datetime) -> str | None:
    """Decide; once more if the database took it back, since others and it waited for each other."""
    try:
        return decide(reply=reply, now=now, in_response=True)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
    return decide(reply=Reply.objects.get(pk=reply.pk), now=now, in_response=True)


@transaction.atomic
def decide(*, reply: Reply, now: datetime, in_response: bool) -> str | None:
    """Read and act on a stored reply once; returns the text answered, if one was.

    ``in_response``: the answer is handed over in the webhook's own response; otherwise it is
    queued like any message. Raises AlreadyDecidedError: of two that decide the same reply one
    alone comes to the end.
    """
    if reply.decided_at:
        return reply.unseal("response") or None
    message = act(reply, now)
    answer = outbox.hand_over(message, now) if message and in_response else None
    reply.decided_at = now
    reply.seal("response", answer or "")
    undecided = Reply.objects.undecided().filter(pk=reply.pk)
    columns = ("person_id", "round_id", "reading", "reading_reason", "decided_at", "response")
    if not undecided.update(**{column: getattr(reply, column) for column in columns}):
        raise AlreadyDecidedError
    return answer


def decide_pending(*, now: datetime) -> int:
    """Decide the stored replies whose deciding failed or was cut off; returns how many."""
    pending = Reply.objects.undecided().filter(received_at__lte=now - RETRY_AFTER)
    decided = 0
    for reply in pending.order_by("received_at")[:MOST_RETRIED]:
        try:
            decide(reply=reply, now=now, in_response=False)
            decided += 1
        except AlreadyDecidedError:
            continue
        except Exception:
            logger.exception("reply_not_decided", extra={"reply": reply.pk})
            if reply.received_at <= now - GIVE_UP_AFTER:
                _leave_to_a_person(reply, now)
    return decided


@transaction.atomic
def _leave_to_a_person(reply: Reply, now: datetime) -> None:
    """What cannot be decided here is read by somebody, and tried no more."""
    if Reply.objects.undecided().filter(pk=reply.pk).update(decided_at=now):
        open_case(kind=CaseKind.UNCLEAR_REPLY, now=now, reply=reply)
