"""What providers say of messages later: in any order, more than once, before or after our commit.

A receipt is stored before it is understood. Storing and then looking for the message, here, and
recording the message and then looking for receipts, at the sender's: whichever commits last sees
the other. What still finds nothing is kept, and looked for again by every sweep.
"""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from offers.delivery.codes import FINAL_STATUSES
from offers.delivery.failures import follow_up_failure
from offers.models import Message, MessageState, Receipt, Reply
from offers.models.messages import MessageQuerySet

MESSAGES = Message._meta.db_table
RECEIPTS = Receipt._meta.db_table
REPLIES = Reply._meta.db_table
LOOKED_FOR = timedelta(days=14)
"""As long as a receipt without a message is looked for again."""


def record_receipt(
    *,
    provider: str,
    provider_id: str,
    status: str,
    error_code: str = "",
    message_id: int | None = None,
    answered: str = "",
) -> None:
    """Store a receipt and act on it; the same receipt again changes nothing.

    ``message_id`` is our own number, where the provider gives it back, and ``answered`` the
    provider's id of the text that our message answered: with either a receipt is also the proof
    that a message whose fate was unknown was taken.
    """
    known, is_settled = _store(provider, provider_id, status, error_code, answered)
    if is_settled and FINAL_STATUSES.get(status) != MessageState.FAILED:
        return
    with transaction.atomic():
        if known and is_settled:
            _end([known])
            return
        message_id = message_id or _answer_to(provider, answered)
        if message_id is not None:
            _learn_taken(message_id, provider, provider_id)
        _match(Message.objects.filter(provider=provider, provider_id=provider_id))
        if known:
            _end([known])


_LEARN_ANSWER = f"""
    UPDATE {MESSAGES} SET provider_id = %(id)s
    WHERE id = (
        SELECT message.id FROM {REPLIES} reply
        JOIN {MESSAGES} message ON message.in_reply_to_id = reply.id
        WHERE reply.provider = %(provider)s AND reply.provider_id = %(answered)s
        ORDER BY message.id LIMIT 1
    ) AND provider = %(provider)s AND provider_id = '' AND state = 'sent' AND NOT EXISTS (
        SELECT FROM {MESSAGES} WHERE provider = %(provider)s AND provider_id = %(id)s
    )
    RETURNING id
"""


def _store(
    provider: str, provider_id: str, status: str, error_code: str, answered: str
) -> tuple[int | None, bool]:
    """Store a new receipt; the message it is of, where that is known by now, and whether
    nothing but failing is left to do about it.

    Most receipts are good news of a message we know, or the first of an answer: these are
    settled in this one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH learned AS (
                {_LEARN_ANSWER if answered else "SELECT WHERE false"}
            ), stored AS (
                INSERT INTO {RECEIPTS}
                    (provider, provider_id, status, error_code, received_at, message_id)
                VALUES (%(provider)s, %(id)s, %(status)s, %(code)s, %(now)s, coalesce(
                    {"(SELECT id FROM learned)," if answered else ""}
                    (SELECT id FROM {MESSAGES}
                     WHERE provider = %(provider)s AND provider_id = %(id)s)
                ))
                ON CONFLICT DO NOTHING RETURNING message_id
            ), delivered AS (
                UPDATE {MESSAGES} message
                SET state = 'delivered', reason = %(code)s, final_at = %(now)s FROM stored
                WHERE %(delivered)s AND message.id = stored.message_id AND message.state = 'sent'
                    AND NOT EXISTS (SELECT FROM learned)
            )
            SELECT message_id, message_id IS NOT NULL AND NOT (
                EXISTS (SELECT FROM learned) AND (%(final)s OR EXISTS (
                    SELECT FROM {RECEIPTS}
                    WHERE provider = %(provider)s AND provider_id = %(id)s AND message_id IS NULL
                ))
            )
            FROM stored
            """,
            {
                "provider": provider,
                "id": provider_id,
                "status": status,
                "code": error_code,
                "answered": answered,
                "now": timezone.now(),
                "delivered": FINAL_STATUSES.get(status) == MessageState.DELIVERED,
                "final": status in FINAL_STATUSES,
            },
        )
        return cursor.fetchone() or (None, False)


def _answer_to(provider: str, answered: str) -> int | None:
    if not answered:
        return None
    answer = Message.objects.filter(
        in_reply_to__provider=provider, in_reply_to__provider_id=answered
    )
    return answer.values_list("pk", flat=True).order_by("pk").first()


def match_early(message_ids: Collection[int]) -> None:
    """Act on the receipts that came before these messages were recorded as sent."""
    with transaction.atomic():
        _match(Message.objects.filter(pk__in=message_ids))


def match_unmatched() -> None:
    """Look once more for the messages of receipts that found none."""
    since = timezone.now() - LOOKED_FOR
    unmatched = Receipt.objects.filter(message=None, received_at__gte=since)
    found = Message.objects.filter(provider_id__in=unmatched.values("provider_id"))
    with transaction.atomic():
        _match(found.exclude(provider_id=""))


def _learn_taken(message_id: int, provider: str, provider_id: str) -> None:
    """A receipt names our message: it was taken, whatever we knew."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {MESSAGES} SET provider_id = %s, state = 'sent', lease_until = NULL,
                sent_at = coalesce(sent_at, %s)
            WHERE id = %s AND provider = %s AND provider_id = ''
                AND attempts > 0 AND state IN ('sending', 'uncertain', 'sent', 'queued')
                AND NOT EXISTS (
                    SELECT FROM {MESSAGES} WHERE provider = %s AND provider_id = %s
                )
            """,
            [provider_id, timezone.now(), message_id, provider, provider, provider_id],
        )


def _match(messages: MessageQuerySet) -> None:
    """Give these messages their receipts, and let a final one end the message's journey."""
    message_ids = messages.lock()
    if not message_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {RECEIPTS} receipt SET message_id = message.id FROM {MESSAGES} message
            WHERE message.id = ANY(%s) AND receipt.message_id IS NULL
                AND receipt.provider = message.provider
                AND receipt.provider_id = message.provider_id
            RETURNING receipt.message_id, receipt.status
            """,
            [message_ids],
        )
        ended = {message for message, status in cursor.fetchall() if status in FINAL_STATUSES}
    if ended:
        _end(ended)


def _end(message_ids: Collection[int]) -> None:
    """Let the first final receipt decide; what is final stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {MESSAGES} message
            SET state = became.state, reason = became.error_code, final_at = %s
            FROM (
                SELECT DISTINCT ON (message_id) message_id, error_code, final.state
                FROM {RECEIPTS} JOIN unnest(%s::text[], %s::text[]) AS final(status, state)
                    USING (status)
                WHERE message_id = ANY(%s) ORDER BY message_id, {RECEIPTS}.id
            ) AS became
            WHERE message.id = became.message_id AND message.state = 'sent'
            RETURNING message.id, message.state, message.reason
            """,
            [
                timezone.now(),
                list(FINAL_STATUSES),
                [state.value for state in FINAL_STATUSES.values()],
                list(message_ids),
            ],
        )
        ended = cursor.fetchall()
    for message_id, state, code in ended:
        if state == MessageState.FAILED:
            follow_up_failure(message_id, code=code)
