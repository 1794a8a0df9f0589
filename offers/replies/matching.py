"""Which offers a text from a number speaks of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from citizens.models import ContactKind, ContactPoint, Person
from citizens.models.contact_points import contact_index
from offers.models import AWAITING_ANSWER, Message, MessageOffer, MessageState, Offer

ASKED = (MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED)


@dataclass(frozen=True)
class Conversation:
    """The offers of one round that were sent to one number, and to whom of those it belongs.

    ``last`` is the newest message sent there: whom it was addressed to is taken for the writer.
    """

    offers: tuple[Offer, ...]
    last: Message

    @property
    def person(self) -> Person:
        return self.last.person

    @property
    def contact_point(self) -> ContactPoint:
        """The one the last message went to; a conversation begins with a message to one."""
        if self.last.contact_point is None:
            raise ValueError(f"{self.last} went to no contact point")
        return self.last.contact_point

    @property
    def round_id(self) -> int:
        return self.offers[0].round_id


@dataclass(frozen=True)
class Ambiguous:
    """The number has offers open in several rounds: which one is meant must be asked."""

    conversations: tuple[Conversation, ...]


def conversation_with(number: str) -> Conversation | Ambiguous | None:
    """What a text from ``number`` (E.164) is about; None when it has never been asked anything.

    Only offers the city has asked this very number about count. Rounds with an offer still
    waiting for an answer come before those already answered; of the latter the newest.
    """
    asked = (
        MessageOffer.objects.filter(
            message__contact_point__kind=ContactKind.SMS,
            message__contact_point__value_index=contact_index(ContactKind.SMS, number),
            message__state__in=ASKED,
        )
        .select_related(
            "message__person",
            "message__contact_point",
            "offer__round__service",
            "offer__subject__person",
            "offer__capacity__unit",
        )
        .order_by("-message__claimed_at", "-message__pk", "offer__pk")
    )
    by_round: dict[int, list[MessageOffer]] = defaultdict(list)
    for row in asked:
        by_round[row.offer.round_id].append(row)
    conversations = [_conversation(rows) for rows in by_round.values()]
    waiting = [c for c in conversations if any(o.state in AWAITING_ANSWER for o in c.offers)]
    if len(waiting) > 1:
        return Ambiguous(tuple(waiting))
    return next(iter(waiting or conversations), None)


def _conversation(rows: Sequence[MessageOffer]) -> Conversation:
    newest: dict[int, Offer] = {}
    for row in rows:
        known = newest.get(row.offer.subject_id)
        if known is None or row.offer.pk > known.pk:
            newest[row.offer.subject_id] = row.offer
    offers = sorted(newest.values(), key=lambda offer: offer.pk)
    return Conversation(offers=tuple(offers), last=rows[0].message)
