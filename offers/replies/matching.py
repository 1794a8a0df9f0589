"""Which offers a text from a number speaks of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from citizens.models import ContactHealth, ContactKind, ContactPoint, Person
from citizens.models.contact_points import contact_indexes
from offers.delivery.prepared import PreparedModels, among
from offers.delivery.texts import letters_of
from offers.models import AWAITING_ANSWER, Message, MessageOffer, MessageState, Offer

READ = (
    *(f"message__{name}" for name in ("kind", "channel", "language", "claimed_at", "in_reply_to")),
    *("message__person", "message__person__contact_language", "message__round"),
    *(f"message__contact_point__{name}" for name in ("kind", "value", "value_index", "person")),
    *(f"offer__{field.name}" for field in Offer._meta.concrete_fields),
    *(f"offer__round__{name}" for name in ("state", "begins_on", "deadline_at", "service")),
    "offer__round__service__name",
    *(f"offer__round__service__{name}" for name in ("recipient", "acceptance", "sensitivity")),
    *(f"offer__round__service__{name}" for name in ("channels", "grace_days")),
    *("offer__subject__person__first_names", "offer__subject__round"),
    *("offer__capacity__unit", "offer__capacity__unit__name"),
)
"""The columns that are read when a text is answered: a family waits, and rows are wide."""

ASKED = (MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED)


@dataclass(frozen=True)
class Conversation:
    """What the city has asked somebody, in one round, at one number.

    ``last`` is the newest message sent there: whom it was addressed to is taken for the writer.
    ``offers`` are the newest one of each subject that person was asked about there, and
    ``letters`` what each of them (id) was called in the messages. ``foreign``: others share the
    number and were asked there about somebody else, so that a bare answer may be meant for them.
    """

    offers: tuple[Offer, ...]
    letters: dict[int, str]
    last: Message
    foreign: bool = False

    @property
    def person(self) -> Person:
        return self.last.person

    @property
    def round_id(self) -> int:
        return self.offers[0].round_id

    @property
    def waiting(self) -> tuple[Offer, ...]:
        """The offers that nobody has answered yet."""
        return tuple(offer for offer in self.offers if offer.state in AWAITING_ANSWER)


@dataclass(frozen=True)
class Ambiguous:
    """Offers of several rounds or families wait at this number: a person must ask which is meant.

    ``newest`` is the conversation that the newest message belongs to.
    """

    newest: Conversation


def conversation_with(number: str) -> Conversation | Ambiguous | None:
    """What a text from ``number`` (E.164) is about; None when it has never been asked anything.

    Only offers the city has asked this very number about count, while it is the family's.
    Rounds with an offer still waiting for an answer come before those already answered; of the
    latter the newest. All of them are locked: what is decided is decided on what is so now.
    """
    by_round: dict[int, list[MessageOffer]] = defaultdict(list)
    for row in _asked().objects(indexes=contact_indexes(ContactKind.SMS, number)):
        by_round[row.offer.round_id].append(row)
    conversations = sorted(map(_conversation, by_round.values()), key=_newest, reverse=True)
    waiting = [conversation for conversation in conversations if conversation.waiting]
    if len(waiting) > 1 or any(conversation.foreign for conversation in waiting):
        return Ambiguous(waiting[0])
    return next(iter(waiting or conversations), None)


@cache
def _asked() -> PreparedModels[MessageOffer]:
    """Which message asked a number about which offer, the offers locked in their order."""
    return PreparedModels(
        MessageOffer.objects.select_for_update(of=("offer",), no_key=True)
        .filter(
            among("indexes", f"{ContactPoint._meta.db_table}.value_index"),
            message__contact_point__kind=ContactKind.SMS,
            message__contact_point__gone_at=None,
            message__state__in=ASKED,
        )
        .exclude(message__contact_point__health=ContactHealth.WRONG_PERSON)
        .select_related(
            "message__person",
            "message__contact_point",
            "offer__round__service",
            "offer__subject__person",
            "offer__capacity__unit",
        )
        .only(*READ)
        .order_by("offer_id", "message_id")
    )


def _conversation(rows: Sequence[MessageOffer]) -> Conversation:
    """The rows are of one round, in the order of their offers."""
    last = max((row.message for row in rows), key=lambda message: (message.claimed_at, message.pk))
    mine = [row.offer for row in rows if row.message.person_id == last.person_id]
    newest = {offer.subject_id: offer for offer in mine}
    others = [row.offer for row in rows if row.offer.subject_id not in newest]
    letters = letters_of(newest)
    return Conversation(
        offers=tuple(newest.values()),
        letters={offer.pk: letters[subject] for subject, offer in newest.items()},
        last=last,
        foreign=any(offer.state in AWAITING_ANSWER for offer in others),
    )


def _newest(conversation: Conversation) -> tuple[object, int]:
    return conversation.last.claimed_at, conversation.last.pk
