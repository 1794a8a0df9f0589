"""Handing a message over in the provider's own request: the answer to a text just received."""

from datetime import datetime

from django.db.models.functions import Now

from offers.delivery import gate, segments, texts
from offers.delivery.channels import provider_of
from offers.delivery.errors import TextRefusedError
from offers.delivery.gate import GateReason
from offers.delivery.outbox.claims import cancel, may_write_to, sealed
from offers.delivery.switch import is_halted
from offers.models import Message, MessageState


def hand_over(message: Message, now: datetime) -> str | None:
    """The words of a queued message, marked as sent in the caller's transaction.

    None if nothing may be said: when sending is halted the message stays queued, when the gate
    refuses it is cancelled with the reason. Give ``message`` with its round, the round's service
    and its contact point loaded. Quiet hours do not apply: the family has just written.
    """
    if message.state != MessageState.QUEUED or is_halted(round=message.round):
        return None
    passage = gate.ask([message.pk], now=now)[message.pk]
    reason = passage.reason
    recipient = message.contact_point.unseal("value") if message.contact_point else ""
    if reason is None and not may_write_to(recipient):
        reason = GateReason.NOT_ALLOWED_HERE
    if reason is None:
        made = texts.render_messages([message], about={message.pk: passage.offers})[message.pk]
        if not isinstance(made, TextRefusedError):
            return made.body if _mark_sent(message, made.body, now) else None
        reason = GateReason(made.reason)
    cancel({message.pk: reason}, now=now)
    return None


def _mark_sent(message: Message, body: str, now: datetime) -> int:
    """Taken with our answer's bytes: the provider's id comes with the first receipt."""
    return Message.objects.filter(pk=message.pk, state=MessageState.QUEUED).update(
        state=MessageState.SENT,
        attempts=1,
        provider=provider_of(message.channel),
        body=sealed(message.pk, "body", body),
        segments=segments.count(body).segments,
        claimed_at=Now(),
        sent_at=now,
    )
