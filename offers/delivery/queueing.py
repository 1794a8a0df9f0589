"""Writing messages: rows first, so that none is sent that is not known, and none twice."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from citizens.models import ContactPoint, Guardianship, Person, is_shielded
from offers.delivery.bell import ring
from offers.delivery.contacts import best_first
from offers.eligibility.select import insert_select, refresh_statistics
from offers.models import (
    Lane,
    Message,
    MessageOffer,
    MessageState,
    Offer,
    Recipient,
    Reply,
    Round,
    TextKind,
)

MANY = 1000
"""From so many new messages on it pays to count them before they are joined."""


def queue_for_offers(
    *,
    offers: "QuerySet[Offer]",
    kind: TextKind,
    lane: Lane,
    key: str,
    due_at: datetime | None = None,
    only: Collection[int] | None = None,
) -> int:
    """Write one message to everybody who may answer, about all their offers; how many are new.

    A guardian of several of the children gets one message for each round, at the best healthy
    contact point. Protected people, and people without any such contact point, get none: the
    round gives those to a caseworker. ``key`` names the occasion ("offer", "reminder:1"):
    queueing the same occasion again changes nothing. ``only``: nobody but these people (ids).
    Set-based.
    """
    written = 0
    for round in Round.objects.select_related("service").filter(pk__in=offers.values("round")):
        asked = offers.filter(~is_shielded("subject__person", on=timezone.localdate()), round=round)
        written += _write_messages(round, asked, kind, lane, f"{key}:{round.pk}:", due_at, only)
    ring(lane)
    return written


@dataclass(frozen=True)
class Letter:
    """A message to be written to one person about ``offers``; ``key`` says what it is for."""

    person_id: int
    contact_point_id: int | None
    kind: str
    channel: str
    language: str
    lane: Lane
    offers: Iterable[Offer]
    round: Round | None
    key: str
    in_reply_to: Reply | None = None
    due_at: datetime | None = None

    def as_message(self) -> Message:
        return Message(
            key=self.key,
            round=self.round,
            person_id=self.person_id,
            contact_point_id=self.contact_point_id,
            kind=self.kind,
            channel=self.channel,
            language=self.language,
            lane=self.lane,
            in_reply_to=self.in_reply_to,
            due_at=self.due_at or timezone.now(),
        )


def queue_messages(letters: Sequence[Letter]) -> list[Message]:
    """Write a message for each; the same ``key`` again gives the row already there.

    Rings no bell: what is not handed over at once is found by the next sweep, in seconds.
    """
    messages = Message.objects.bulk_create(
        [letter.as_message() for letter in letters],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["key"],
    )
    MessageOffer.objects.bulk_create(
        (
            MessageOffer(message=message, offer=offer)
            for message, letter in zip(messages, letters, strict=True)
            for offer in letter.offers
        ),
        ignore_conflicts=True,
    )
    return messages


def queue_message(
    *,
    person: Person,
    contact_point: ContactPoint,
    kind: str,
    channel: str,
    language: str,
    lane: Lane,
    offers: Iterable[Offer],
    round: Round | None,
    key: str,
    in_reply_to: Reply | None = None,
    due_at: datetime | None = None,
) -> Message:
    """``queue_messages`` for one, to a contact point that is at hand."""
    letter = Letter(
        person_id=person.pk,
        contact_point_id=contact_point.pk,
        kind=kind,
        channel=channel,
        language=language,
        lane=lane,
        offers=offers,
        round=round,
        key=key,
        in_reply_to=in_reply_to,
        due_at=due_at,
    )
    (message,) = queue_messages([letter])
    message.contact_point = contact_point
    return message


def _write_messages(
    round: Round,
    offers: "QuerySet[Offer]",
    kind: TextKind,
    lane: Lane,
    prefix: str,
    due_at: datetime | None,
    only: Collection[int] | None,
) -> int:
    points = best_first(OuterRef("pk"), channels=round.service.channels)
    recipients = (
        Person.objects.in_register()
        .unprotected()
        .filter(Exists(_guardianships(offers).filter(guardian=OuterRef("pk"))))
        if round.service.recipient == Recipient.GUARDIANS
        else Person.objects.in_register().filter(subjects__offers__in=offers)
    ).annotate(
        point=Subquery(points.values("pk")[:1]), point_kind=Subquery(points.values("kind")[:1])
    )
    if only is not None:
        recipients = recipients.filter(pk__in=only)
    written = insert_select(
        Message,
        recipients.exclude(point=None),
        {
            "key": Concat(Value(prefix), Cast("pk", CharField())),
            "round": Value(round.pk),
            "person": F("pk"),
            "contact_point": F("point"),
            "kind": Value(kind.value),
            "channel": F("point_kind"),
            "language": F("contact_language"),
            "lane": Value(lane.value),
            "due_at": Value(due_at or timezone.now()),
        },
    )
    if written >= MANY:
        refresh_statistics(Message)
    _write_offers(round, offers, prefix)
    return written


def _write_offers(round: Round, offers: "QuerySet[Offer]", prefix: str) -> None:
    """Say of each message which offers it speaks of, as long as nobody has begun to send it."""
    waiting = Message.objects.filter(
        round=round, key__startswith=prefix, state=MessageState.QUEUED, attempts=0
    )
    if round.service.recipient == Recipient.SELF:
        pairs = waiting.annotate(offer=F("person__subjects__offers")).filter(offer__in=offers)
    else:
        pairs = waiting.annotate(
            guardianship=F("person__guardianships"),
            offer=F("person__guardianships__child__subjects__offers"),
        ).filter(guardianship__in=_guardianships(offers), offer__in=offers)
    insert_select(MessageOffer, pairs, {"message": F("pk"), "offer": F("offer")})


def _guardianships(offers: "QuerySet[Offer]") -> "QuerySet[Guardianship]":
    """Who may decide today about the children of these offers."""
    children = offers.values("subject__person")
    return (
        Guardianship.objects.valid_on(timezone.localdate()).may_decide().filter(child__in=children)
    )
