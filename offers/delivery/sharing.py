"""Numbers and addresses that several people share: written to once about the same offers."""

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from citizens.models import ContactPoint
from offers.catalogue.placeholders import ASKING
from offers.delivery.gate import GateReason
from offers.models import Message, MessageOffer, MessageState

HOPELESS = (MessageState.FAILED, MessageState.CANCELLED)

SPARE = f"""
    WITH written AS (
        SELECT m.id, m.person_id, c.kind, c.value_index,
            m.state <> %(queued)s OR m.attempts > 0 AS begun,
            array_agg(o.offer_id ORDER BY o.offer_id) AS offers
        FROM {Message._meta.db_table} m
        JOIN {ContactPoint._meta.db_table} c ON c.id = m.contact_point_id
        JOIN {MessageOffer._meta.db_table} o ON o.message_id = m.id
        WHERE m.round_id = %(round)s AND starts_with(m.key, %(prefix)s)
        AND m.state <> ALL(%(hopeless)s)
        GROUP BY m.id, c.id
    )
    UPDATE {Message._meta.db_table} m
    SET state = %(cancelled)s, reason = %(reason)s, final_at = %(now)s
    FROM written spared JOIN written kept USING (kind, value_index)
    WHERE m.id = spared.id AND NOT spared.begun AND kept.id <> spared.id
    AND kept.offers @> spared.offers
    AND (kept.begun OR kept.offers <> spared.offers OR kept.person_id < spared.person_id)
"""
"""Who is asked about more is kept, of equals whoever has been written to, or the first."""


def spare_the_same(*, round_id: int, prefix: str) -> int:
    """Cancel the waiting messages of an occasion that another one to the same number says.

    ``prefix`` is what the keys of the occasion's messages begin with. Returns how many were
    spared. Where two people are asked about different children, neither message says the other's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            SPARE,
            {
                "round": round_id,
                "prefix": prefix,
                "queued": MessageState.QUEUED.value,
                "cancelled": MessageState.CANCELLED.value,
                "hopeless": [state.value for state in HOPELESS],
                "reason": GateReason.SAME_NUMBER.value,
                "now": timezone.now(),
            },
        )
        return int(cursor.rowcount)


def spared_for(message: Message) -> "QuerySet[Message]":
    """What was spared because ``message`` said it, the newest of each person who is not asked."""
    if message.contact_point is None:
        return Message.objects.none()
    about = MessageOffer.objects.filter(message=message).values("offer")
    asked = Message.objects.filter(person=OuterRef("person"), message_offers__offer__in=about)
    return (
        Message.objects.filter(
            state=MessageState.CANCELLED,
            reason=GateReason.SAME_NUMBER,
            kind__in=ASKING,
            contact_point__value_index__in=message.contact_point.indexes(),
        )
        .filter(Exists(MessageOffer.objects.filter(message=OuterRef("pk"), offer__in=about)))
        .exclude(Exists(asked.exclude(state__in=HOPELESS)))
        .order_by("person", "-pk")
        .distinct("person")
    )
