"""Handing a message over in the provider's own request: the answer to a text just received."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject, Now

from offers.delivery import gate, segments, texts
from offers.delivery.channels import provider_of
from offers.delivery.errors import TextRefusedError
from offers.delivery.gate import GateReason
from offers.delivery.outbox.claims import cancel, may_write_to, sealed
from offers.delivery.switch import halt_of_message
from offers.delivery.texts import Place, TextBook
from offers.models import Message, MessageState, ServiceText

OFFER = "message_offers__offer"


def hand_over(message: Message, now: datetime) -> str | None:
    """The words of a queued message, marked as sent in the caller's transaction.

    None if nothing may be said: when sending is halted the message stays queued, when the gate
    refuses it is cancelled with the reason. Give ``message`` with its round, the round's service
    and its contact point loaded. Quiet hours do not apply: the family has just written. The
    switch, the gate, the places and the texts are asked in one statement: a family waits.
    """
    rows = list(_last_questions(message, now))
    halted = any(row[0] for row in rows)
    if message.state != MessageState.QUEUED or halted:
        return None
    width = len(gate.ANSWERS)
    passage = gate.answers(row[2 : 2 + width] for row in rows)[message.pk]
    reason = passage.reason
    if reason is None and not may_write_to(_recipient(message)):
        reason = GateReason.NOT_ALLOWED_HERE
    if reason is None:
        offer = 2 + gate.ANSWERS.index("offer")
        places = [Place.read(row[2 + width :]) for row in rows if row[offer] in passage.offers]
        book = TextBook(ServiceText(**text) for text in rows[0][1])
        made = texts.compose([message], {message.pk: places}, book)[message.pk]
        if not isinstance(made, TextRefusedError):
            return made.body if _mark_sent(message, made.body, now) else None
        reason = GateReason(made.reason)
    cancel({message.pk: reason}, now=now)
    return None


def _last_questions(message: Message, now: datetime) -> "QuerySet[Message, tuple[Any, ...]]":
    """A row for each offer the message speaks of: is it halted, the texts, the gate, the place."""
    kinds = {message.kind, texts.kind_of_several(message.kind)}
    usable = ServiceText.objects.filter(
        service=OuterRef("round__service"),
        channel=message.channel,
        language__in={message.language, "fi"},
        kind__in=kinds,
    )
    columns = ("service_id", "kind", "channel", "language", "subject", "body")
    return (
        gate.questions(Message.objects.filter(pk=message.pk), now=now)
        .annotate(
            halted=Exists(halt_of_message()),
            texts=ArraySubquery(usable.values(text=JSONObject(**{c: c for c in columns}))),
        )
        .order_by("offer")
        .values_list("halted", "texts", *gate.ANSWERS, *texts.place_columns(OFFER))
    )


def _recipient(message: Message) -> str:
    return message.contact_point.unseal("value") if message.contact_point else ""


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
