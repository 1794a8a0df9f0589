"""What follows when a message cannot reach somebody: the next way, a letter, at last a person.

A permanent failure falls through to the recipient's next way, in the order of the service's
channels. When none is left and no other guardian is being reached either, those who were asked in
vain are written a letter, if the service writes letters; and at last a caseworker takes over.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Person
from citizens.models.people import has_postal_address
from consents.services.choices import language_to
from offers.catalogue.placeholders import ASKING
from offers.delivery.bell import ring
from offers.delivery.cases import open_cases
from offers.delivery.codes import Verdict, verdict_on
from offers.delivery.contacts import BY_CONTACT_POINT, Way, note_health, note_returned, ways_to
from offers.delivery.gate import GateReason
from offers.delivery.links import revoke_links
from offers.delivery.queueing import Draft, queue_message, queue_messages
from offers.delivery.sharing import HOPELESS, spared_for
from offers.delivery.waits import MOST_ATTEMPTS, wait_before
from offers.models import (
    AWAITING_ANSWER,
    CaseKind,
    Channel,
    Lane,
    Link,
    Message,
    MessageOffer,
    Offer,
    TextKind,
)

HEALTH = {Verdict.DEAD: ContactHealth.BOUNCED, Verdict.OPTED_OUT: ContactHealth.OPTED_OUT}
CONTACT_REASONS = (
    GateReason.NO_CONTACT,
    GateReason.BOUNCED,
    GateReason.OPTED_OUT,
    GateReason.WRONG_PERSON,
    GateReason.NO_PROVIDER,
)
NOTHING_TO_DO = (
    GateReason.ANSWERED,
    GateReason.DEADLINE_PASSED,
    GateReason.ROUND_NOT_RUNNING,
    GateReason.NOT_ALLOWED_HERE,
    GateReason.SAFETY,
)
"""Refusals after which nobody is missing a message: the round looks after the rest."""


@transaction.atomic
def follow_up_failure(message_id: int, *, code: str) -> None:
    """Act on a message that has failed for good with the provider's ``code``."""
    message = _load([message_id]).get()
    verdict = verdict_on(provider=message.provider, code=code)
    if verdict in HEALTH and message.contact_point is not None:
        note_health(message.contact_point, HEALTH[verdict])
    elif verdict == Verdict.DEAD and message.channel == Channel.LETTER:
        note_returned(message)
    tries = _tries(message).count()
    if verdict == Verdict.RETRY and tries < MOST_ATTEMPTS and message.channel in BY_CONTACT_POINT:
        same = Way(message.channel, message.contact_point)
        _send_by(message, same, number=tries + 1, wait=wait_before(tries + 1))
    else:
        _try_elsewhere(message)


def follow_up_refusals(refused: Mapping[int, GateReason]) -> None:
    """Act on messages the gate has refused: another contact point where that was the reason,
    a caseworker where somebody who should be asked now is not."""
    missing = [pk for pk, reason in refused.items() if reason not in NOTHING_TO_DO]
    for message in _load(missing):
        if refused[message.pk] in CONTACT_REASONS:
            _try_elsewhere(message)
        else:
            _to_a_caseworker(message, by_letter=False)


def give_up_number(contact_point: ContactPoint) -> None:
    """A stranger has the number: nothing more goes there, and the links sent there don't open.

    The links of everybody it is registered for: a link does not know where it was sent.
    """
    note_health(contact_point, ContactHealth.WRONG_PERSON)
    sharing = ContactPoint.objects.sharing(contact_point)
    revoke_links(Link.objects.filter(guardian__in=sharing.values("person")))


def ask_elsewhere(message: Message, *, offers: Collection[Offer], key: str) -> None:
    """Ask the recipient of ``message`` about the offers in another way, else a person.

    For somebody who has answered there, but wants no more messages at that number.
    """
    way = _next_way(message)
    if way is None:
        if not _ask_those_spared(message):
            open_cases([message.pk], kind=CaseKind.NO_CONTACT)
        return
    queue_message(
        person=message.person,
        contact_point=way.contact_point,
        kind=TextKind.OFFER,
        channel=way.channel,
        language=message.language,
        lane=Lane.REMINDERS,
        offers=offers,
        round=message.round,
        key=key,
    )
    ring(Lane.REMINDERS)


def _load(message_ids: Collection[int]) -> "QuerySet[Message]":
    messages = Message.objects.filter(pk__in=message_ids)
    return messages.select_related("contact_point", "round__service", "person").order_by("pk")


def _try_elsewhere(message: Message) -> None:
    if message.kind == TextKind.STOPPED:
        return  # it speaks of that very number
    way = _next_way(message)
    if way is not None:
        _send_by(message, way, number=_tries(message).count() + 1, wait=timedelta(0))
    else:
        _to_a_caseworker(message)


def _to_a_caseworker(message: Message, *, by_letter: bool = True) -> None:
    """Open a case if the message asked for an answer and nobody else is asked in its stead.

    A letter is tried first, unless it was not the way to them that was wrong.
    """
    if message.kind not in ASKING or not _waits(message) or _anybody_hoped_for(message):
        return
    _ask_those_spared(message)
    if not _anybody_hoped_for(message) and not (by_letter and _write_letters(message)):
        open_cases([message.pk], kind=CaseKind.NO_CONTACT)


def _write_letters(message: Message) -> int:
    """Write a letter to everybody who was asked about the message's offers in vain; how many.

    Nobody is written a second one.
    """
    round = message.round
    if round is None or Channel.LETTER not in round.service.channels:
        return 0
    offers = list(message.offers.all())
    asked = Message.objects.filter(offers__in=offers, kind__in=ASKING, round=round)
    written_to = asked.letters().values("person")
    homes = Person.objects.in_register().unprotected().filter(has_postal_address())
    people = homes.filter(pk__in=asked.values("person")).exclude(pk__in=written_to)
    letters = [
        Draft(
            person_id=person.pk,
            contact_point_id=None,
            kind=TextKind.OFFER,
            channel=Channel.LETTER,
            language=language_to(person),
            lane=Lane.BULK,
            offers=offers,
            round=round,
            key=f"letter:{round.pk}:{min(offer.pk for offer in offers)}:{person.pk}",
        )
        for person in people
    ]
    queue_messages(letters)
    return len(letters)


def _ask_those_spared(message: Message) -> bool:
    """Ask those after all who were to be asked at the number of this message; whether any were."""
    asked = False
    for spared in _load(spared_for(message).values_list("pk", flat=True)):
        ways = ways_to(
            spared.person, channels=spared.round.service.channels if spared.round else ()
        )
        if ways:
            _send_by(spared, ways[0], number=_tries(spared).count() + 1, wait=timedelta(0))
            asked = True
    return asked


def _tries(message: Message) -> "QuerySet[Message]":
    """This message and those that stood in for it or that it stands in for."""
    first = message.key.partition("/")[0]
    return Message.objects.filter(Q(key=first) | Q(key__startswith=f"{first}/"))


def _next_way(message: Message) -> Way | None:
    if message.round is None:
        return None
    tries = _tries(message)
    tried = {
        bytes(index)
        for (index,) in tries.exclude(contact_point=None).values_list("contact_point__value_index")
    }
    without_point = set(tries.filter(contact_point=None).values_list("channel", flat=True))
    for way in ways_to(message.person, channels=message.round.service.channels):
        point = way.contact_point
        if tried.isdisjoint(point.indexes()) if point else way.channel not in without_point:
            return way
    return None


def _send_by(message: Message, way: Way, *, number: int, wait: timedelta) -> None:
    queue_message(
        person=message.person,
        contact_point=way.contact_point,
        kind=message.kind,
        channel=way.channel,
        language=message.language,
        lane=Lane(message.lane),
        offers=message.offers.all(),
        round=message.round,
        key=f"{message.key.partition('/')[0]}/{number}",
        in_reply_to=message.in_reply_to,
        due_at=timezone.now() + wait,
    )


def _waits(message: Message) -> bool:
    """Whether anything the message asked about still waits for an answer."""
    return message.offers.filter(state__in=AWAITING_ANSWER).exists()


def _anybody_hoped_for(message: Message) -> bool:
    """Whether each of the message's offers is on its way to somebody, or has reached somebody."""
    hoped_for = MessageOffer.objects.filter(offer=OuterRef("offer")).exclude(
        message__state__in=HOPELESS
    )
    return not message.message_offers.filter(~Exists(hoped_for)).exists()
