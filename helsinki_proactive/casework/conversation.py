"""What was written to a family and by it, as on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from citizens.models import Person
from helsinki_proactive.casework.story import opened, sent_words
from offers.models import (
    HANDED_OVER,
    CaseKind,
    Message,
    MessageState,
    Offer,
    Reply,
    ReviewCase,
    Subject,
)


@dataclass(frozen=True)
class Line:
    """One text; ``inbound`` ones are the family's."""

    at: datetime
    words: str
    inbound: bool
    channel: str
    language: str = ""


@dataclass(frozen=True)
class Gone:
    """A message that went out: when, how and to whom, without its words."""

    at: datetime
    kind: str
    channel: str
    to: str


def family_words(case: ReviewCase) -> str:
    """What the family said that led to the case: its text, or where it would rather be."""
    if case.reply:
        return opened(case.reply, "text")
    if case.kind != CaseKind.OTHER_PLACE or not case.offer:
        return ""
    wishes = sorted(case.offer.wishes.all(), key=lambda wish: wish.wished_at)
    return opened(wishes[-1], "text") if wishes else ""


def went_out(subject: Subject) -> list[Gone]:
    """Every message about the subject that a provider was given, to whomever."""
    sent = Message.objects.filter(
        message_offers__offer__subject=subject, state__in=(*HANDED_OVER, MessageState.UNCERTAIN)
    )
    return [
        Gone(
            at=message.sent_at or message.claimed_at or message.created_at,
            kind=str(message.get_kind_display()),
            channel=str(message.get_channel_display()),
            to=message.person.full_name,
        )
        for message in sent.distinct().select_related("person").order_by("pk")
    ]


def conversation_of(
    *, reply: Reply | None, person: Person | None = None, offers: Sequence[Offer] = ()
) -> list[Line]:
    """The texts to and from the number a reply came from, and to ``person`` about the offers."""
    about = Q(person=person, offers__in=offers)
    sent = Message.objects.filter(about).exclude(state=MessageState.CANCELLED).distinct()
    said = Q(person=person, round__in={offer.round_id for offer in offers})
    if reply:
        said |= Q(provider=reply.provider, sender_index__in=reply.sender_indexes())
    lines = [
        Line(
            message.sent_at or message.created_at,
            sent_words(message),
            inbound=False,
            channel=str(message.get_channel_display()),
            language=message.language,
        )
        for message in (sent if person else ())
        if message.body
    ]
    lines += [
        Line(inbound.received_at, opened(inbound, "text"), inbound=True, channel="")
        for inbound in Reply.objects.filter(said)
    ]
    return sorted(lines, key=lambda line: (line.at, not line.inbound))
