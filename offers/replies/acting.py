"""What a family's text leads to: an answer, a question back, a person, or nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from citizens.models import ContactHealth
from offers.delivery.bell import ring
from offers.delivery.cases import open_case
from offers.delivery.codes import provider_says_goodbye
from offers.delivery.contacts import note_health
from offers.delivery.failures import ask_elsewhere, give_up_number
from offers.delivery.queueing import Draft, queue_messages
from offers.models import (
    AnswerChannel,
    AnswerKind,
    CaseKind,
    Lane,
    Message,
    Offer,
    OfferState,
    Reply,
    TextKind,
)
from offers.replies.answers import AnswerOutcome, Refusal, Statement, keyed_digest, record_on
from offers.replies.matching import Ambiguous, Conversation, conversation_with
from offers.replies.reading import ChildRef, Reading, Understanding, read_reply

LOOP_WINDOW = timedelta(hours=1)
LOOP_LIMIT = 20
LONGEST_REASON = 200
SPOKEN = {Reading.ACCEPT: AnswerKind.ACCEPT, Reading.DECLINE: AnswerKind.DECLINE}
LANGUAGE_OF_STRANGERS = "fi"


def act(reply: Reply, now: datetime) -> Message | None:
    """Do what the reply asks for; returns the message that answers it, if one does.

    Sets the reply's person, round and reading, which the caller saves.
    """
    found = conversation_with(reply.unseal("sender"))
    about = found.newest if isinstance(found, Ambiguous) else found
    understanding = _read(reply, about)
    reply.reading = understanding.reading
    reply.reading_reason = understanding.reason[:LONGEST_REASON]
    if about is None:
        _note_stranger(reply, understanding, now)
        return None
    reply.person, reply.round_id = about.person, about.round_id
    if understanding.urgent:
        return _to_a_person(reply, about, now, kind=CaseKind.SAFETY, silent=True)
    if understanding.automatic or _loops(reply, about, now):
        return None
    if understanding.reading == Reading.STOP:
        return _stop(reply, about)
    if understanding.reading == Reading.WRONG_NUMBER:
        if about.last.contact_point is not None:
            give_up_number(about.last.contact_point)
        return _to_a_person(reply, about, now, kind=CaseKind.WRONG_NUMBER, silent=True)
    if isinstance(found, Ambiguous):
        return _to_a_person(reply, about, now, kind=CaseKind.UNCLEAR_REPLY)
    return _act_on(reply, about, understanding, now)


def _read(reply: Reply, about: Conversation | None) -> Understanding:
    text = reply.unseal("text")
    if about is None:
        return read_reply(text, language=LANGUAGE_OF_STRANGERS)
    return read_reply(
        text,
        language=about.last.language,
        children=[
            ChildRef(marker=about.letters[offer.pk], name=offer.subject.person.call_name)
            for offer in about.offers
        ],
        places=_names_of_one_place(about.offers),
        digits_offered=about.last.kind == TextKind.ASK_AGAIN and _is_one_place(about.offers),
    )


def _names_of_one_place(offers: Collection[Offer]) -> Collection[str]:
    """What the place is called in each language, where it is the same for all."""
    capacity = next(iter(offers)).capacity
    return set(capacity.unit.name.values()) if capacity and _is_one_place(offers) else ()


def _note_stranger(reply: Reply, understanding: Understanding, now: datetime) -> None:
    """A number never written to: nothing is done or told, a person looks; floods are cut off."""
    if not understanding.automatic and _recent(reply, now) <= LOOP_LIMIT:
        open_case(
            kind=CaseKind.SAFETY if understanding.urgent else CaseKind.UNKNOWN_SENDER,
            now=now,
            reply=reply,
            urgent=understanding.urgent,
        )


def _loops(reply: Reply, about: Conversation, now: datetime) -> bool:
    """Two machines answering each other: more texts in an hour than a family writes.

    Whoever writes first is no machine that answers ours. One case for the first text too many.
    """
    if about.last.in_reply_to_id is None:
        return False
    recent = _recent(reply, now)
    if recent == LOOP_LIMIT + 1:
        _to_a_person(reply, about, now, kind=CaseKind.UNCLEAR_REPLY, silent=True)
    return recent > LOOP_LIMIT


def _recent(reply: Reply, now: datetime) -> int:
    recent = Reply.objects.filter(
        sender_index__in=reply.sender_indexes(), received_at__gt=now - LOOP_WINDOW
    )
    return recent.count()


def _act_on(
    reply: Reply, about: Conversation, understanding: Understanding, now: datetime
) -> Message | None:
    choices = _choices(about, understanding)
    if choices:
        return _record(reply, about, choices, now)
    if understanding.reading == Reading.MIXED and not understanding.by_child:
        return _to_a_person(reply, about, now, kind=CaseKind.MIXED_REPLY)
    if understanding.courteous and not about.waiting:
        return None  # "Thank you!" after all is said
    if about.last.kind in (TextKind.ASK_AGAIN, TextKind.TO_A_PERSON):
        silent = about.last.kind == TextKind.TO_A_PERSON
        return _to_a_person(reply, about, now, kind=CaseKind.UNCLEAR_REPLY, silent=silent)
    return _answer(reply, about, TextKind.ASK_AGAIN, about.waiting or about.offers)


def _choices(about: Conversation, understanding: Understanding) -> dict[int, AnswerKind]:
    """The answer to each offer the text settles; empty when it must be asked again.

    Answers by child settle when every child still open got one. A bare yes or no is about the
    offers still open, or all if none is, and settles several only where they are one place or
    the family says "both".
    """
    asked = about.waiting or about.offers
    if understanding.by_child:
        by_offer = {
            offer.pk: understanding.by_child.get(about.letters[offer.pk]) for offer in about.offers
        }
        spoken = {pk: SPOKEN[reading] for pk, reading in by_offer.items() if reading in SPOKEN}
        return spoken if {offer.pk for offer in about.waiting} <= spoken.keys() else {}
    kind = SPOKEN.get(understanding.reading)
    if kind is None or not (understanding.says_all or _is_one_place(asked)):
        return {}
    return {offer.pk: kind for offer in asked}


def _is_one_place(offers: Collection[Offer]) -> bool:
    return len({offer.capacity.unit_id if offer.capacity else None for offer in offers}) == 1


def _record(
    reply: Reply, about: Conversation, choices: Mapping[int, AnswerKind], now: datetime
) -> Message | None:
    statement = Statement(
        guardian=about.person,
        channel=AnswerChannel.SMS,
        proof=keyed_digest(reply.unseal("text")),
        reply=reply,
        said_at=about.last.contact_point,
    )
    recorded = record_on(about.offers, choices, statement, now)
    outcomes = list(recorded.outcomes.values())
    if any(outcome.refusal == Refusal.NOT_A_DECIDER for outcome in outcomes):
        queue_messages(recorded.notices)
        return _to_a_person(reply, about, now, kind=CaseKind.UNKNOWN_SENDER)
    offers = [outcome.offer for outcome in outcomes]
    confirmation = _draft(reply, about, _confirmation(outcomes), offers)
    return _queue(about, confirmation, recorded.notices)


def _confirmation(outcomes: Collection[AnswerOutcome]) -> TextKind:
    """The text that says what was recorded; what differs from child to child the page tells."""
    refusals = {outcome.refusal for outcome in outcomes}
    if None not in refusals:  # a case is open: only a seat that has gone is told as gone
        return TextKind.TOO_LATE if refusals == {Refusal.SEAT_GONE} else TextKind.TO_A_PERSON
    for kind, state, text in (
        (AnswerKind.ACCEPT, OfferState.ACCEPTED, TextKind.ACCEPTED),
        (AnswerKind.DECLINE, OfferState.DECLINED, TextKind.DECLINED),
    ):
        if all(o and (o.kind, o.state) == (kind, state) for o in outcomes):
            return text
    return TextKind.RECORDED


def _stop(reply: Reply, about: Conversation) -> Message | None:
    """No more messages to this number, whoever shares it; never a decline.

    Whoever still waits for an answer asks on the person's other channel.
    """
    if about.last.contact_point is not None:
        note_health(about.last.contact_point, ContactHealth.OPTED_OUT)
    if about.waiting:
        ask_elsewhere(about.last, offers=about.waiting, key=f"stopped:{reply.pk}")
    if provider_says_goodbye(provider=reply.provider, text=reply.unseal("text")):
        return None
    return _answer(reply, about, TextKind.STOPPED, about.offers)


def _to_a_person(
    reply: Reply,
    about: Conversation,
    now: datetime,
    *,
    kind: CaseKind,
    silent: bool = False,
) -> Message | None:
    """Open a case with the text and its reading; tell the family so, unless ``silent``."""
    offer = next(iter(about.waiting or about.offers))
    open_case(
        kind=kind,
        now=now,
        round=offer.round,
        subject=offer.subject,
        offer=offer,
        reply=reply,
        urgent=kind == CaseKind.SAFETY,
        note=reply.reading_reason,
    )
    return None if silent else _answer(reply, about, TextKind.TO_A_PERSON, about.offers)


def _answer(
    reply: Reply, about: Conversation, kind: TextKind, offers: Collection[Offer]
) -> Message:
    return _queue(about, _draft(reply, about, kind, offers))


def _queue(about: Conversation, answer: Draft, notices: Sequence[Draft] = ()) -> Message:
    """The answer, ready to be handed over; the notices go out by themselves."""
    message, *_told = queue_messages([answer, *notices])
    if notices:
        ring(Lane.REPLIES)
    message.contact_point = about.last.contact_point
    return message


def _draft(reply: Reply, about: Conversation, kind: TextKind, offers: Collection[Offer]) -> Draft:
    return Draft(
        person_id=about.last.person_id,
        contact_point_id=about.last.contact_point_id,
        kind=kind,
        channel=about.last.channel,
        language=about.last.language,
        lane=Lane.REPLIES,
        offers=offers,
        round=about.offers[0].round,
        key=f"reply:{reply.pk}",
        in_reply_to=reply,
    )
