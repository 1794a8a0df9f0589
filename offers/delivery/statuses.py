"""Asking providers that call nobody back what became of the messages they took.

``due_at`` of a sent message is when its provider is asked next: soon at first, then less often.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from offers.delivery.channels import Outbound, automatic_channels, open_provider, providers_of
from offers.delivery.errors import ProviderError
from offers.delivery.receipts import record_receipt
from offers.models import Message, MessageState, ProviderHealth

logger = logging.getLogger(__name__)

ASKED_FOR = timedelta(days=3)
SOONEST = timedelta(seconds=30)
MOST_ASKED = 200


def ask_statuses() -> int:
    """Ask about the messages that are due for it; returns how many have come to their end."""
    away = set(ProviderHealth.objects.away().values_list("provider", flat=True))
    ended = 0
    for kind in {each for channel in automatic_channels() for each in providers_of(channel)}:
        if kind.is_asked and kind.provider not in away:
            outbound = open_provider(kind.provider)
            try:
                ended += _ask(outbound, timezone.now())
            finally:
                outbound.close()
    return ended


def _ask(outbound: Outbound, now: datetime) -> int:
    sent = Message.objects.filter(provider=outbound.provider, state=MessageState.SENT)
    due = sent.filter(due_at__lte=now, sent_at__gt=now - ASKED_FOR).order_by("due_at")
    asked = list(due[:MOST_ASKED])
    for message in asked:
        try:
            status = outbound.status_of(message.provider_id)
        except ProviderError as error:
            logger.warning("status_not_told", extra={"message_id": message.pk, "code": error.code})
            break
        since = now - (message.sent_at or now)
        sent.filter(pk=message.pk).update(due_at=now + max(SOONEST, since / 2))
        record_receipt(provider=outbound.provider, provider_id=message.provider_id, status=status)
    still_sent = sent.filter(pk__in=[message.pk for message in asked]).count()
    return len(asked) - still_sent
