"""Writing messages: rows first, so that none is sent that is not known, and none twice."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from citizens.models import ContactPoint, Guardianship, Person, is_shielded
from citizens.models.people import has_postal_address
from consents.services.choices import spoken_language
from offers.delivery.bell import ring
from offers.delivery.contacts import with_way
from offers.delivery.sharing import spare_the_same
from offers.eligibility.select import insert_select, refresh_statistics
from offers.models import (
    Channel,
    Lane,
    Message,
    MessageOffer,
    MessageState,
    Offer,
    Recipient,
    Reply,
    Round,
    Service,
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

    A guardian of several of the children gets one message for each round, in the best way there
    is; people who share a number or address get one message together. Whom nothing else reaches,
    and whose child nobody else is reached for, is offered it by letter if the service writes
    letters; a letter is not repeated by reminders. Protected people, and people to whom there is
    no way, get none: the round gives those to a caseworker. ``key`` names the occasion ("offer",
    "reminder:1"): queueing the same occasion again changes nothing. ``only``: nobody but these
    people (ids). Set-based.
    """
    written = 0
    today = timezone.localdate()
    for round in Round.objects.select_related("service").filter(pk__in=offers.values("round")):
        asked = offers.filter(~is_shielded("subject__person", on=today), round=round)
        occasion = Occasion(round, kind, lane, f"{key}:{round.pk}:", due_at or timezone.now())
        written += _write_messages(occasion, asked, only)
    ring(lane)
    return written


@dataclass(frozen=True)
class Occasion:
    """What messages are written for; the key of each begins with ``prefix``."""

    round: Round
    kind: TextKind
    lane: Lane
    prefix: str
    due_at: datetime


@dataclass(frozen=True)
class Draft:
    """A message before it is a row, to one person about ``offers``; ``key`` says what it is for."""

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


def queue_messages(drafts: Sequence[Draft]) -> list[Message]:
    """Write a message for each; the same ``key`` again gives the row already there.

    Rings no bell: what is not handed over at once is found by the next sweep, in seconds.
    """
    messages = Message.objects.bulk_create(
        [draft.as_message() for draft in drafts],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["key"],
    )
    MessageOffer.objects.bulk_create(
        (
            MessageOffer(message=message, offer=offer)
            for message, draft in zip(messages, drafts, strict=True)
            for offer in draft.offers
        ),
        ignore_conflicts=True,
    )
    return messages


def queue_message(
    *,
    person: Person,
    contact_point: ContactPoint | None,
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
    """``queue_messages`` for one, to a contact point that is at hand or to none."""
    draft = Draft(
        person_id=person.pk,
        contact_point_id=contact_point.pk if contact_point else None,
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
    (message,) = queue_messages([draft])
    message.contact_point = contact_point
    return message


def _write_messages(
    occasion: Occasion, offers: "QuerySet[Offer]", only: Collection[int] | None
) -> int:
    service = occasion.round.service
    people = with_way(_recipients(service, offers), channels=service.channels)
    if only is not None:
        people = people.filter(pk__in=only)
    written = _write(occasion, people.exclude(way=None), channel=F("way"), point=F("point"))
    if written >= MANY:
        refresh_statistics(Message)
    _write_offers(occasion, offers)
    if written >= MANY:
        refresh_statistics(MessageOffer)  # or the gate reads all of them for every claim
    written -= spare_the_same(round_id=occasion.round.pk, prefix=occasion.prefix)
    if occasion.kind == TextKind.OFFER and Channel.LETTER in service.channels:
        unreached = _recipients(service, offers.filter(~Exists(_told(occasion))))
        homes = people.filter(has_postal_address(), pk__in=unreached.values("pk"), way=None)
        letters = _write(
            occasion,
            homes,
            channel=Value(Channel.LETTER.value),
            point=Value(None, BigIntegerField()),
        )
        if letters:
            _write_offers(occasion, offers)
        written += letters
    return written


def _recipients(service: Service, offers: "QuerySet[Offer]") -> "QuerySet[Person]":
    """Who may be told of these offers by a message."""
    if service.recipient == Recipient.SELF:
        return Person.objects.in_register().filter(subjects__offers__in=offers)
    people = Person.objects.in_register().unprotected()
    return people.filter(Exists(_guardianships(offers).filter(guardian=OuterRef("pk"))))


def _write(
    occasion: Occasion, people: "QuerySet[Person]", *, channel: Combinable, point: Combinable
) -> int:
    return insert_select(
        Message,
        people,
        {
            "key": Concat(Value(occasion.prefix), Cast("pk", CharField())),
            "round": Value(occasion.round.pk),
            "person": F("pk"),
            "contact_point": point,
            "kind": Value(occasion.kind.value),
            "channel": channel,
            "language": spoken_language(),
            "lane": Value(occasion.lane.value),
            "due_at": Value(occasion.due_at),
        },
    )


def _told(occasion: Occasion) -> "QuerySet[MessageOffer]":
    """Inside a query of offers: that a message of this occasion tells somebody of each."""
    return MessageOffer.objects.filter(
        offer=OuterRef("pk"),
        message__round=occasion.round,
        message__key__startswith=occasion.prefix,
    )


def _write_offers(occasion: Occasion, offers: "QuerySet[Offer]") -> None:
    """Say of each message which offers it speaks of, as long as nobody has begun to send it."""
    waiting = Message.objects.filter(
        round=occasion.round,
        key__startswith=occasion.prefix,
        state=MessageState.QUEUED,
        attempts=0,
    )
    if occasion.round.service.recipient == Recipient.SELF:
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
