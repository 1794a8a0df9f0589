"""Everything that happened around some offers, as one story in the order of time."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citizens.encryption import EncryptionError
from citizens.languages import say
from citizens.models import Encrypted, Person
from consents.models import ConsentEvent, DataUse, Objection, ProcessingKind
from helsinki_proactive.casework.reading import why_read
from offers.delivery.codes import RETURNED
from offers.delivery.gate import GateReason
from offers.models import (
    HANDED_OVER,
    Answer,
    Approval,
    Message,
    MessageState,
    Offer,
    Rating,
    Receipt,
    Reply,
    ReviewCase,
    Wish,
)
from offers.replies.handling import Resolution
from offers.templatetags.words import staff_name

LINK_KEY = re.compile(r"(/o/)[\w-]+|\b\w{4}-\w{4}-\w{4}\b")
MOST_USES = 200
"""Of a person read very often only the last uses are told."""


@dataclass(frozen=True)
class Event:
    """One thing that happened. ``words`` are somebody's own, quoted as they were."""

    at: datetime
    icon: str
    title: str | Promise
    detail: str = ""
    words: str = ""
    tone: str = ""


def story_of(person: Person, offers: Sequence[Offer], shielded: Collection[int]) -> list[Event]:
    """The person's story: the offers, what was said about them, and how data was used.

    Of an offer to one of the ``shielded`` (ids of people) place and texts are left out.
    """
    hidden = {offer.pk for offer in offers if offer.subject.person_id in shielded}
    parts = (
        _offers(offers, hidden),
        _approvals(offers),
        _replies(person, offers),
        _messages(person, offers, hidden),
        _answers(offers),
        _opinions(person, offers),
        _cases(person, offers),
        _statements(person),
        _uses(person),
    )
    return sorted((event for part in parts for event in part), key=lambda event: event.at)


def opened(row: Encrypted, column: str) -> str:
    """The words of an encrypted column, or a remark where they cannot be read any more."""
    try:
        return row.unseal(column)
    except EncryptionError:
        return _("(cannot be read)")


def sent_words(message: Message) -> str:
    """What was sent, without the key in its link, or its code: that is the family's alone."""
    return LINK_KEY.sub(r"\1…", opened(message, "body"))


def _offers(offers: Sequence[Offer], hidden: Collection[int]) -> Iterator[Event]:
    for offer in offers:
        child, capacity = offer.subject.person, offer.capacity
        place = say(capacity.unit.name, get_language()) if capacity else ""
        yield Event(
            offer.created_at,
            "redeem",
            _("Offer %(number)s to %(name)s") % {"number": offer.pk, "name": child.call_name},
            detail=_("not shown") if offer.pk in hidden else place,
        )


def _approvals(offers: Sequence[Offer]) -> Iterator[Event]:
    rounds = {offer.round_id for offer in offers}
    approvals = Approval.objects.filter(round__in=rounds).select_related("round", "approved_by")
    for approval in approvals:
        yield Event(
            approval.at,
            "verified",
            _("The round “%(name)s” was approved") % {"name": approval.round.name},
            detail=staff_name(approval.approved_by),
        )


def _messages(person: Person, offers: Sequence[Offer], hidden: set[int]) -> Iterator[Event]:
    about = Message.objects.filter(Q(offers__in=offers) | Q(person=person)).distinct()
    messages = list(about.select_related("person").prefetch_related("offers"))
    for message in messages:
        protected = message.person.protected or any(o.pk in hidden for o in message.offers.all())
        yield Event(
            message.claimed_at or message.final_at or message.created_at,
            "sms" if message.channel == "sms" else "mail",
            _("%(kind)s, %(channel)s to %(name)s")
            % {
                "kind": message.get_kind_display(),
                "channel": message.get_channel_display(),
                "name": message.person.call_name,
            },
            detail=_message_state(message),
            words="" if protected else sent_words(message),
            tone="bad" if message.state in (MessageState.FAILED, MessageState.UNCERTAIN) else "",
        )
    yield from _receipts(messages)


def _message_state(message: Message) -> str:
    state = str(message.get_state_display())
    if message.state in HANDED_OVER or not message.reason:
        return state
    known = {**dict(GateReason.choices), RETURNED: _("the post has brought it back")}
    return f"{state}: {known.get(message.reason, message.reason)}"


def _receipts(messages: Sequence[Message]) -> Iterator[Event]:
    for receipt in Receipt.objects.filter(message__in=messages):
        yield Event(
            receipt.received_at,
            "mark_chat_read",
            _("The provider reports: %s") % receipt.status,
            detail=receipt.error_code,
            tone="bad" if receipt.error_code else "",
        )


def _replies(person: Person, offers: Sequence[Offer]) -> Iterator[Event]:
    about = Q(person=person) | Q(answers__offer__in=offers) | Q(cases__offer__in=offers)
    for reply in Reply.objects.filter(about).distinct().select_related("person"):
        who = reply.person.call_name if reply.person else _("an unknown number")
        yield Event(
            reply.received_at,
            "chat",
            _("Reply from %s") % who,
            detail=_("read as: %(reading)s. %(reason)s")
            % {"reading": reply.get_reading_display(), "reason": why_read(reply.reading_reason)},
            words=opened(reply, "text"),
            tone="in",
        )


def _answers(offers: Sequence[Offer]) -> Iterator[Event]:
    answers = Answer.objects.filter(offer__in=offers).select_related(
        "guardian", "offer__subject__person", "by"
    )
    for answer in answers:
        detail = str(answer.get_channel_display())
        if answer.by:
            detail = _("%(how)s, recorded by %(who)s") % {
                "how": detail,
                "who": staff_name(answer.by),
            }
        yield Event(
            answer.at,
            "task_alt",
            _("%(guardian)s answered for %(child)s: %(answer)s")
            % {
                "guardian": answer.guardian.call_name,
                "child": answer.offer.subject.person.call_name,
                "answer": answer.get_kind_display(),
            },
            detail=detail,
            tone="good",
        )


def _opinions(person: Person, offers: Sequence[Offer]) -> Iterator[Event]:
    for wish in Wish.objects.filter(offer__in=offers).select_related("guardian"):
        title = _("%s wishes another place") % wish.guardian.call_name
        yield Event(wish.wished_at, "favorite", title, words=opened(wish, "text"), tone="in")
    for rating in Rating.objects.filter(guardian=person):
        title = _("Rating: %s of 5") % rating.stars
        yield Event(rating.rated_at, "star", title, words=opened(rating, "comment"), tone="in")


def _cases(person: Person, offers: Sequence[Offer]) -> Iterator[Event]:
    about = Q(subject__person=person) | Q(reply__person=person) | Q(offer__in=offers)
    about |= Q(dispute__person=person) | Q(dispute__by=person)
    cases = ReviewCase.objects.filter(about).distinct().select_related("closed_by")
    resolutions = dict(Resolution.choices)
    for case in cases:
        kind = case.get_kind_display()
        yield Event(case.opened_at, "inbox", _("A case for a caseworker: %s") % kind, case.note)
        if case.closed_at:
            said = str(resolutions.get(case.resolution, case.resolution))
            detail = f"{said} ({staff_name(case.closed_by)})" if case.closed_by else said
            yield Event(
                case.closed_at, "done_all", _("Case closed: %s") % kind, detail, tone="good"
            )


def _statements(person: Person) -> Iterator[Event]:
    for consent in ConsentEvent.objects.filter(person=person).select_related("purpose"):
        title = _("Consent %s") % consent.get_kind_display()
        yield Event(consent.at, "thumb_up", title, say(consent.purpose.name, get_language()))
    for objection in Objection.objects.filter(person=person).select_related("purpose"):
        title = _("Objection %s") % objection.get_kind_display()
        yield Event(objection.at, "back_hand", title, say(objection.purpose.name, get_language()))


def _uses(person: Person) -> Iterator[Event]:
    uses = DataUse.objects.filter(person=person).select_related("processing__purpose")
    for use in uses.order_by("-pk")[:MOST_USES]:
        processing = use.processing
        viewed = processing.kind == ProcessingKind.VIEWING
        yield Event(
            use.at,
            "visibility" if viewed else "database",
            _("Opened by an employee") if viewed else _("Data used in a round"),
            detail=" · ".join(
                filter(None, [say(processing.purpose.name, get_language()), processing.reason])
            ),
        )
