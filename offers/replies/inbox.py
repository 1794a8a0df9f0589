"""From an inbound text to its answer: stored first, then read, decided and answered.

``receive`` is what the webhook calls. If deciding fails the reply stays stored, undecided, and
``decide_pending`` takes it up again; the family then gets its answer as an ordinary message.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from citizens.encryption import blind_index
from citizens.models import ContactHealth, ContactKind, ContactPoint
from citizens.models.contact_points import contact_index
from offers.delivery import outbox
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
from offers.replies.answers import AnswerOutcome, Refusal, record_answers
from offers.replies.cases import open_case
from offers.replies.matching import Ambiguous, Conversation, conversation_with
from offers.replies.reading import ChildRef, Reading, Understanding, mask_identity_codes, read_reply

logger = logging.getLogger(__name__)

LOOP_WINDOW = timedelta(hours=1)
LOOP_LIMIT = 20
RETRY_AFTER = timedelta(seconds=30)
SPOKEN = {Reading.ACCEPT: AnswerKind.ACCEPT, Reading.DECLINE: AnswerKind.DECLINE}


def receive(
    *, provider: str, provider_id: str, sender: str, text: str, now: datetime
) -> str | None:
    """Store an inbound text, decide it, and return what to answer (None: say nothing).

    ``sender`` is E.164. The same ``provider_id`` again is the same reply: nothing is decided
    twice and the same answer is returned.
    """
    reply, created = store(
        provider=provider, provider_id=provider_id, sender=sender, text=text, now=now
    )
    if not created and reply.decided_at:
        return reply.unseal("response") or None
    try:
        return decide(reply_id=reply.pk, now=now, in_response=True)
    except Exception:
        # Stored is stored: whatever fails here is decided again from the row.
        logger.exception("reply_not_decided", extra={"reply": reply.pk})
        return None


def store(
    *, provider: str, provider_id: str, sender: str, text: str, now: datetime
) -> tuple[Reply, bool]:
    """Write the reply before anything is decided; (the row, whether it is new)."""
    reply = Reply(provider=provider, provider_id=provider_id, received_at=now)
    reply.seal("sender", sender)
    reply.sender_index = contact_index(ContactKind.SMS, sender)
    reply.seal("text", mask_identity_codes(text))
    Reply.objects.bulk_create([reply], ignore_conflicts=True)
    stored = Reply.objects.get(provider=provider, provider_id=provider_id)
    return stored, stored.pk == reply.pk


@transaction.atomic
def decide(*, reply_id: int, now: datetime, in_response: bool) -> str | None:
    """Read and act on a stored reply once; returns the text answered, if one was.

    ``in_response``: the answer is handed over in the webhook's own response; otherwise it is
    queued like any message.
    """
    reply = Reply.objects.select_for_update().get(pk=reply_id)
    if reply.decided_at:
        return reply.unseal("response") or None
    message = _act(reply, now)
    answer = outbox.hand_over(message, now) if message and in_response else None
    reply.decided_at = now
    reply.seal("response", answer or "")
    reply.save(
        update_fields=["person", "round", "reading", "reading_reason", "decided_at", "response"]
    )
    return answer


def decide_pending(*, now: datetime) -> int:
    """Decide the stored replies whose deciding failed or was cut off; returns how many."""
    pending = Reply.objects.undecided().filter(received_at__lte=now - RETRY_AFTER)
    ids = list(pending.order_by("received_at").values_list("pk", flat=True)[:500])
    decided = 0
    for reply_id in ids:
        try:
            decide(reply_id=reply_id, now=now, in_response=False)
            decided += 1
        except Exception:
            logger.exception("reply_not_decided", extra={"reply": reply_id})
    return decided


def _act(reply: Reply, now: datetime) -> Message | None:
    """What the reply leads to; returns the message that answers it, if one does."""
    about = conversation_with(reply.unseal("sender"))
    understanding = _read(reply, about)
    reply.reading = understanding.reading
    reply.reading_reason = understanding.reason[:200]
    if _loops(reply, now):
        return None if understanding.automatic else _to_a_person(reply, about, now, silent=True)
    if understanding.automatic:
        return None
    if about is None:
        open_case(kind=CaseKind.UNKNOWN_SENDER, now=now, reply=reply)
        return None
    if understanding.urgent:
        return _to_a_person(reply, about, now, kind=CaseKind.SAFETY, urgent=True, silent=True)
    if understanding.reading == Reading.STOP:
        return _stop(reply, about, ContactHealth.OPTED_OUT, now)
    if understanding.reading == Reading.WRONG_NUMBER:
        _stop(reply, about, ContactHealth.WRONG_PERSON, now)
        return _to_a_person(reply, about, now, kind=CaseKind.WRONG_NUMBER, silent=True)
    if isinstance(about, Ambiguous):
        return _to_a_person(reply, about, now)
    return _act_on(reply, about, understanding, now)


def _act_on(
    reply: Reply, about: Conversation, understanding: Understanding, now: datetime
) -> Message | None:
    _bind(reply, about)
    choices = _choices(about, understanding)
    if choices:
        return _record(reply, about, choices, now)
    if understanding.reading == Reading.MIXED:
        return _to_a_person(reply, about, now, kind=CaseKind.MIXED_REPLY)
    if about.last.kind == TextKind.ASK_AGAIN:
        return _to_a_person(reply, about, now)
    return _answer(reply, about, TextKind.ASK_AGAIN, about.offers)


def _bind(reply: Reply, about: Conversation) -> None:
    reply.person = about.person
    reply.round_id = about.round_id


def _read(reply: Reply, about: Conversation | Ambiguous | None) -> Understanding:
    conversation = about.conversations[0] if isinstance(about, Ambiguous) else about
    if conversation is None:
        return read_reply(reply.unseal("text"), language="fi")
    return read_reply(
        reply.unseal("text"),
        language=conversation.last.language,
        children=[
            ChildRef(marker=marker, name=offer.subject.person.call_name)
            for marker, offer in marked(conversation.offers)
        ],
        digits_offered=conversation.last.kind == TextKind.ASK_AGAIN,
    )


def marked(offers: tuple[Offer, ...]) -> list[tuple[str, Offer]]:
    """The offers of one message with the letter each is marked by: A, B, ..."""
    return [(chr(ord("A") + position), offer) for position, offer in enumerate(offers)]


def _choices(about: Conversation, understanding: Understanding) -> dict[int, AnswerKind]:
    """The answer to each offer the text settles; empty when it must be asked again.

    A bare yes or no settles several offers only where all are for the same unit, or where the
    family says "both"; answers by child settle only when every child still open got one.
    """
    if understanding.by_child:
        spoken = {
            offer.pk: SPOKEN[reading]
            for marker, offer in marked(about.offers)
            if (reading := understanding.by_child.get(marker)) in SPOKEN
        }
        return spoken if len(spoken) == len(about.offers) else {}
    kind = SPOKEN.get(understanding.reading)
    units = {offer.capacity.unit_id if offer.capacity else None for offer in about.offers}
    if kind is None or (len(units) > 1 and not understanding.says_all):
        return {}
    return {offer.pk: kind for offer in about.offers}


def _record(
    reply: Reply, about: Conversation, choices: dict[int, AnswerKind], now: datetime
) -> Message | None:
    outcomes = record_answers(
        choices=choices,
        guardian=about.person,
        channel=AnswerChannel.SMS,
        proof=keyed_digest(reply.unseal("text")),
        reply=reply,
        now=now,
    )
    refused = [o for o in outcomes.values() if not o]
    if any(o.refusal == Refusal.NOT_A_DECIDER for o in refused):
        return _to_a_person(reply, about, now, kind=CaseKind.UNKNOWN_SENDER)
    if refused:
        return _answer(reply, about, TextKind.TOO_LATE, [o.offer for o in refused])
    if about.contact_point.health != ContactHealth.VERIFIED:
        ContactPoint.objects.filter(pk=about.contact_point.pk).update(
            health=ContactHealth.VERIFIED, health_at=now
        )
    return _answer(reply, about, _confirmation(list(outcomes.values()), choices), about.offers)


def _confirmation(outcomes: list[AnswerOutcome], choices: dict[int, AnswerKind]) -> TextKind:
    """The text that says what was recorded; mixed answers of siblings have one of their own."""
    kinds = set(choices.values())
    if len(kinds) > 1:
        return TextKind.RECORDED
    if kinds == {AnswerKind.ACCEPT}:
        accepted = all(o.state == OfferState.ACCEPTED for o in outcomes)
        return TextKind.ACCEPTED if accepted else TextKind.RECORDED
    declined = all(o.state == OfferState.DECLINED for o in outcomes)
    return TextKind.DECLINED if declined else TextKind.RECORDED


def _stop(
    reply: Reply, about: Conversation | Ambiguous, health: ContactHealth, now: datetime
) -> Message | None:
    """No more messages to this number, whoever shares it; never a decline."""
    if isinstance(about, Conversation):
        _bind(reply, about)
    ContactPoint.objects.filter(kind=ContactKind.SMS, value_index=bytes(reply.sender_index)).update(
        health=health, health_at=now
    )
    return None


def _to_a_person(
    reply: Reply,
    about: Conversation | Ambiguous | None,
    now: datetime,
    *,
    kind: CaseKind = CaseKind.UNCLEAR_REPLY,
    urgent: bool = False,
    silent: bool = False,
) -> Message | None:
    offer = about.offers[0] if isinstance(about, Conversation) else None
    if isinstance(about, Conversation):
        _bind(reply, about)
    open_case(
        kind=kind,
        now=now,
        round=offer.round if offer else None,
        subject=offer.subject if offer else None,
        offer=offer,
        reply=reply,
        urgent=urgent,
        note=reply.reading_reason,
    )
    if silent or about is None:
        return None
    conversation = about.conversations[0] if isinstance(about, Ambiguous) else about
    return _answer(reply, conversation, TextKind.TO_A_PERSON, conversation.offers)


def _answer(
    reply: Reply, about: Conversation, kind: TextKind, offers: list[Offer] | tuple[Offer, ...]
) -> Message:
    return outbox.queue_message(
        person=about.person,
        contact_point=about.contact_point,
        kind=kind,
        channel=about.last.channel,
        language=about.last.language,
        lane=Lane.REPLIES,
        offers=offers,
        round=offers[0].round,
        key=f"reply:{reply.pk}",
        in_reply_to=reply,
    )


def _loops(reply: Reply, now: datetime) -> bool:
    """Two machines answering each other: more texts in an hour than a family writes."""
    recent = Reply.objects.filter(
        sender_index=bytes(reply.sender_index), received_at__gt=now - LOOP_WINDOW
    )
    return recent.count() > LOOP_LIMIT


def keyed_digest(said: str) -> bytes:
    """The proof kept with an answer: a keyed digest of what was said, never the words."""
    return blind_index(said, kind="answer.proof")
