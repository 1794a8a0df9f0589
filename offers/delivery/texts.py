"""From a service's text to the words that go out: placeholders filled, length counted.

``fill`` is pure and serves previews too; ``render_messages`` does it for claimed messages, set
by set. A text may hold nothing but placeholders of the closed list, so no text can run anything.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.utils import timezone

from citizens.languages import say
from offers.catalogue.placeholders import (
    PLACEHOLDER,
    PLACEHOLDERS,
    asks_by_text,
    placeholders_in,
    tell_tales,
)
from offers.delivery import segments
from offers.delivery.errors import TextRefusedError
from offers.delivery.gate import GateReason
from offers.delivery.letter_codes import code_page, issue_codes
from offers.delivery.links import LinkWish, address_of, issue_links
from offers.delivery.prepared import Prepared, listed
from offers.delivery.textbook import TextBook, kind_of_several
from offers.eligibility.say import shown_date
from offers.models import (
    Channel,
    Message,
    MessageOffer,
    OfferState,
    Round,
    Sensitivity,
    Service,
    ServiceText,
)

CLOCK = {"fi": "klo %H.%M", "sv": "kl. %H.%M", "en": "at %H:%M"}
LINK_OPENS_AFTER_DEADLINE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language that placeholders are filled with."""

    also: str
    accept: str
    decline: str
    other_place: str
    code: str

    def answer(self, state: str) -> str:
        """What was answered, as a family would answer it; nothing while nobody has."""
        said = {
            OfferState.ACCEPTED: self.accept,
            OfferState.DECLINED: self.decline,
            OfferState.OTHER_PLACE: self.other_place,
        }
        return said.get(OfferState(state), "")


WORDS = {
    "fi": Words("ja", "KYLLÄ", "EI", "toinen paikka", "koodi"),
    "sv": Words("och", "JA", "NEJ", "en annan plats", "kod"),
    "en": Words("and", "ACCEPT", "DECLINE", "another place", "code"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a text may say of one offer; the child is the first of the first names.

    ``letter`` tells it from the family's others; see ``letters_of``.
    """

    child: str = field(repr=False)
    deadline_at: datetime
    letter: str = ""
    subject_id: int | None = None
    unit_id: int | None = None
    unit: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: Mapping[str, str] = field(default_factory=dict, repr=False)
    starts_at: datetime | None = None
    state: str = OfferState.OPEN

    @classmethod
    def read(cls, row: Sequence[Any]) -> Self:
        """From the values of ``place_columns``, texts in several languages as JSON or read."""
        names, deadline_at, subject_id, unit_id, unit, address, starts_at, state = row
        unit, address = (
            json.loads(text) if isinstance(text, str) else text for text in (unit, address)
        )
        return cls(
            child=names.split()[0] if names.strip() else "",
            deadline_at=deadline_at,
            subject_id=subject_id,
            unit_id=unit_id,
            unit=unit or {},
            address=address or {},
            starts_at=starts_at,
            state=state,
        )


def place_columns(offer: str) -> list[str]:
    """What ``Place.read`` reads, of the offer that the lookup ``offer`` leads to."""
    columns = (
        "subject__person__first_names",
        "deadline_at",
        "subject_id",
        "capacity__unit_id",
        "capacity__unit__name",
        "capacity__unit__address",
        "capacity__starts_at",
        "state",
    )
    return [f"{offer}__{column}" for column in columns]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words as they go out; ``segments`` is 0 where a channel has none.

    ``asks`` is whether they are to be answered by text.
    """

    subject: str = field(repr=False)
    body: str = field(repr=False)
    segments: int = 0
    asks: bool = True


def kind_for(kind: str, places: Sequence[Place]) -> str:
    """``kind``, or the kind that lists the places where children are offered different ones."""
    differ = len({place.unit_id for place in places}) > 1
    return kind_of_several(kind) if differ else kind


def fill(
    text: ServiceText, *, service: Service, begins_on: date, places: Sequence[Place], link: str
) -> Rendered:
    """``text`` with its placeholders filled; ``link`` is the whole address or empty.

    Raises TextRefusedError when it would say too much for its channel.
    """
    values = _values(text.language, service, begins_on, places, link)
    subject, body = (
        PLACEHOLDER.sub(lambda found: values[found[1].strip()], template)
        for template in (text.subject, text.body)
    )
    _refuse_telling(service, text, body)
    is_sms = text.channel == Channel.SMS
    return Rendered(
        subject,
        body,
        segments=segments.count(body).segments if is_sms else 0,
        asks=is_sms and asks_by_text(kind=text.kind, body=text.body),
    )


def wants_link(text: ServiceText) -> bool:
    """Whether the text holds a link, so that one must be issued."""
    return "((link))" in text.body


def render(message: Message) -> Rendered:
    """The words of one message about all its offers. Raises TextRefusedError."""
    offers = tuple(message.message_offers.values_list("offer", flat=True))
    rendered = render_messages([message], about={message.pk: offers})[message.pk]
    if isinstance(rendered, TextRefusedError):
        raise rendered
    return rendered


def render_messages(
    messages: Sequence[Message], *, about: Mapping[int, Collection[int]]
) -> dict[int, Rendered | TextRefusedError]:
    """The words of each message, speaking of the offers ``about`` names; links are issued.

    Every message has a round, and its round's service is loaded. The number of statements does
    not depend on the number of messages.
    """
    book = TextBook.of(
        {_round(message).service_id for message in messages}, {message.kind for message in messages}
    )
    return compose(messages, _places(messages, about), book)


def compose(
    messages: Sequence[Message], places: Mapping[int, Sequence[Place]], book: TextBook
) -> dict[int, Rendered | TextRefusedError]:
    """``render_messages`` where the places of each message (id) and the texts are known."""
    results: dict[int, Rendered | TextRefusedError] = {}
    chosen: dict[Message, ServiceText] = {}
    for message in messages:
        try:
            chosen[message] = book.find(
                service=_round(message).service,
                kind=kind_for(message.kind, places[message.pk]),
                channel=message.channel,
                language=message.language,
            )
        except TextRefusedError as refused:
            results[message.pk] = refused
    links = _links([message for message, text in chosen.items() if wants_link(text)], places)
    letters = _letters([message for message, text in chosen.items() if "((places))" in text.body])
    for message, text in chosen.items():
        known = letters.get(message.pk, {})
        try:
            results[message.pk] = fill(
                text,
                service=_round(message).service,
                begins_on=_round(message).begins_on,
                places=[replace(p, letter=known.get(p.subject_id, "")) for p in places[message.pk]],
                link=links.get(message.pk, ""),
            )
        except TextRefusedError as refused:
            results[message.pk] = refused
    return results


def _round(message: Message) -> Round:
    if message.round is None:  # the gate lets no message without a round pass
        raise TextRefusedError(GateReason.TEXT_MISSING)
    return message.round


def _refuse_telling(service: Service, text: ServiceText, body: str) -> None:
    """The second time the level is enforced; the first was when the text was saved."""
    if text.channel == Channel.SMS and service.sensitivity == Sensitivity.DISCREET:
        named = placeholders_in(text.body)
        if any(PLACEHOLDERS[name].revealing for name in named) or tell_tales(body):
            raise TextRefusedError(GateReason.TEXT_SENSITIVE)


def _places(
    messages: Sequence[Message], about: Mapping[int, Collection[int]]
) -> dict[int, list[Place]]:
    rows = _places_of().rows(messages=[message.pk for message in messages])
    places: dict[int, list[Place]] = defaultdict(list)
    for message, offer, *columns in rows:
        if offer in about[message]:
            places[message].append(Place.read(columns))
    return places


@cache
def _places_of() -> Prepared:
    return Prepared(
        MessageOffer.objects.filter(listed("messages", MessageOffer, "message_id"))
        .order_by("message_id", "offer_id")
        .values_list("message_id", "offer_id", *place_columns("offer"))
    )


def _letters(messages: Sequence[Message]) -> dict[int, dict[int | None, str]]:
    """For each message (id) the letter of each subject (id) its recipient was ever asked about."""
    if not messages:
        return {}
    asked = MessageOffer.objects.filter(
        message__person__in=[message.person_id for message in messages],
        offer__round__in=[message.round_id for message in messages],
    )
    rows = asked.order_by("offer_id").values_list(
        "message__person", "offer__round", "offer__subject"
    )
    subjects: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    for person, round_id, subject in rows:
        subjects[person, round_id].append(subject)
    return {
        message.pk: letters_of(subjects[message.person_id, message.round_id])
        for message in messages
    }


def letters_of(subjects: Iterable[int]) -> dict[int | None, str]:
    """The letter of each subject, in the order in which the recipient was first asked about them.

    A later message that speaks of fewer of them, or of one more, calls each by the same letter.
    """
    return {subject: marker(place) for place, subject in enumerate(dict.fromkeys(subjects))}


def _links(messages: Sequence[Message], places: Mapping[int, Sequence[Place]]) -> dict[int, str]:
    """The address of a new link for each of the messages; in a letter a short one, and a code."""
    wishes = {
        message: LinkWish(
            _round(message).pk,
            message.person_id,
            _link_expiry(_round(message), places[message.pk]),
        )
        for message in messages
    }
    letters = [message for message in messages if message.channel == Channel.LETTER]
    others = [message for message in messages if message.channel != Channel.LETTER]
    tokens = issue_links(wishes[message] for message in others)
    codes = issue_codes(wishes[message] for message in letters)
    links = {message.pk: address_of(token) for message, token in zip(others, tokens, strict=True)}
    for message, code in zip(letters, codes, strict=True):
        word = WORDS.get(message.language, WORDS["fi"]).code
        links[message.pk] = f"{code_page(message.language)}, {word} {code}"
    return links


def _link_expiry(round: Round, places: Sequence[Place]) -> datetime:
    """Late enough to read what became of it and why, long after answering has ended."""
    last = max((place.deadline_at for place in places), default=round.deadline_at)
    return last + LINK_OPENS_AFTER_DEADLINE


def _values(
    language: str, service: Service, begins_on: date, places: Sequence[Place], link: str
) -> dict[str, str]:
    """What each placeholder of the closed list says in this message."""
    words = WORDS.get(language, WORDS["fi"])
    first = places[0] if places else None
    return {
        "child": _joined([place.child for place in places], words.also),
        "unit": _said(first.unit, language) if first else "",
        "address": _said(first.address, language) if first else "",
        "places": "; ".join(
            f"{place.letter or marker(position)} {place.child}: {_said(place.unit, language)}"
            for position, place in enumerate(places)
        ),
        "begins": _day(begins_on, language),
        "time": _day_and_time(first.starts_at, language) if first else "",
        "deadline": _day(_last_day(places), language),
        "link": link,
        "accept_word": words.accept,
        "decline_word": words.decline,
        "city_phone": settings.CITY_PHONE,
        "service": say(service.name, language),
        "other_answer": words.answer(first.state) if first else "",
    }


def marker(position: int) -> str:
    """The letter by which a message tells its children apart: A, B, ..."""
    return chr(ord("A") + position)


def _said(texts: Mapping[str, str], language: str) -> str:
    return say(texts, language) if texts else ""


def _joined(names: Sequence[str], also: str) -> str:
    """Aino, Eino ja Väinö."""
    *others, last = names or [""]
    return f"{', '.join(others)} {also} {last}" if others else last


def _last_day(places: Sequence[Place]) -> date | None:
    return min((timezone.localdate(place.deadline_at) for place in places), default=None)


def _day(day: date | None, language: str) -> str:
    return shown_date(day, language) if day else ""


def _day_and_time(moment: datetime | None, language: str) -> str:
    """By the clock on the wall in Helsinki: 31.8.2027 klo 14.30."""
    if moment is None:
        return ""
    wall = timezone.localtime(moment)
    return f"{_day(wall.date(), language)} {wall.strftime(CLOCK.get(language, CLOCK['fi']))}"
