"""Handing a message over in the provider's own request: the answer to a text just received."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, DateTimeField, Exists, OuterRef, Q
from django.db.models.functions import JSONObject, Now
from django.utils import timezone

from offers.delivery import gate, segments, texts
from offers.delivery.channels import provider_of
from offers.delivery.errors import TextRefusedError
from offers.delivery.gate import GateReason, Passage
from offers.delivery.outbox.claims import cancel, may_write_to, sealed
from offers.delivery.prepared import Prepared, blank
from offers.delivery.switch import halt_of_message
from offers.delivery.textbook import SEVERAL, TextBook
from offers.delivery.texts import Place
from offers.models import Message, MessageState, ServiceText

OFFER = "message_offers__offer"
TEXT = ("service_id", "kind", "channel", "language", "subject", "body")


@dataclass(frozen=True)
class Moment:
    """What is so at the last moment: the switch, the gate, the places and the texts."""

    halted: bool
    passage: Passage
    places: Sequence[Place]
    book: TextBook


def hand_over(message: Message, now: datetime) -> str | None:
    """The words of a queued message, marked as sent in the caller's transaction.

    None if nothing may be said: when sending is halted the message stays queued, when the gate
    refuses it is cancelled with the reason. Give ``message`` with its round, the round's service
    and its contact point loaded. Quiet hours do not apply: the family has just written.
    """
    if message.state != MessageState.QUEUED:
        return None
    moment = _moment(message, now)
    if moment.halted:
        return None
    reason = moment.passage.reason
    if reason is None and not may_write_to(_recipient(message)):
        reason = GateReason.NOT_ALLOWED_HERE
    if reason is None:
        made = texts.compose([message], {message.pk: moment.places}, moment.book)[message.pk]
        if not isinstance(made, TextRefusedError):
            return made.body if _mark_sent(message, made.body, now) else None
        reason = GateReason(made.reason)
    cancel({message.pk: reason}, now=now)
    return None


def _moment(message: Message, now: datetime) -> Moment:
    """Asked in one statement, since a family waits."""
    rows = _last_questions(timezone.localdate(now)).rows(message=message.pk, now=now)
    asked = [row[2 : 2 + len(gate.ANSWERS)] for row in rows]
    passage = gate.answers(asked)[message.pk]
    offer = gate.ANSWERS.index("offer")
    return Moment(
        halted=rows[0][0],
        passage=passage,
        places=[
            Place.read(row[2 + len(gate.ANSWERS) :])
            for row, answers in zip(rows, asked, strict=True)
            if answers[offer] in passage.offers
        ],
        book=TextBook(ServiceText(**json.loads(text)) for text in rows[0][1]),
    )


@lru_cache(maxsize=2)
def _last_questions(today: date) -> Prepared:
    """A row for each offer the message speaks of: is it halted, the texts, the gate, the place."""
    usable = ServiceText.objects.filter(
        Q(kind=OuterRef("kind")) | Q(kind__in=SEVERAL.values()),
        service=OuterRef("round__service"),
        channel=OuterRef("channel"),
        language__in=[OuterRef("language"), "fi"],
    )
    messages = Message.objects.filter(pk=blank("message", BigIntegerField()))
    return Prepared(
        gate.questions(messages, today=today, now=blank("now", DateTimeField()))
        .annotate(
            halted=Exists(halt_of_message()),
            texts=ArraySubquery(usable.values(text=JSONObject(**{name: name for name in TEXT}))),
        )
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
