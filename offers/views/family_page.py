"""What a guardian sees of a round's offers: put together here, shown by templates/offers/."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache

from django.db.models import BigIntegerField, CharField, Q
from django.utils import timezone

from citizens.attributes import source_name
from citizens.languages import say
from consents.models import LegalBasis
from offers.delivery.prepared import PreparedModels, blank
from offers.delivery.texts import CLOCK
from offers.eligibility.say import Reader, fact_sentences, reader_of, sentences, shown_date
from offers.models import (
    AnswerKind,
    Channel,
    Link,
    Offer,
    OfferState,
    Rating,
    Round,
    RoundState,
    ServiceText,
    TextKind,
    Unit,
)
from offers.placement import Reason, word_reason
from offers.replies.hearing import Heard, hear
from offers.views.family_words import Words, words_for

SERVICE_MAP = "https://palvelukartta.hel.fi/{language}/unit/{unit}"


class Standing(StrEnum):
    """How an offer stands for the guardian who looks at it."""

    OPEN = "open"
    LATE = "late"
    ACCEPTED = "accepted"
    ACCEPTED_WAITING = "accepted_waiting"
    DECLINED = "declined"
    DECLINED_WAITING = "declined_waiting"
    OTHER_PLACE = "other_place"
    OVER = "over"


@dataclass(frozen=True)
class Card:
    """One child's offer as shown; texts are in the page's language.

    Dates are written as in the messages. ``because`` are the facts the rule found, as they were
    on the round's day; ``why_here`` the reason for this very place.
    """

    offer: Offer
    standing: Standing
    words: Words
    child: str
    unit: Unit | None
    unit_name: str
    unit_address: str
    map_url: str
    appointment: str
    begins: str
    answer_by: str
    kept_until: str
    next_steps: str
    because: Sequence[str]
    why_here: str
    others_answered: bool
    changeable: bool

    @property
    def answerable(self) -> bool:
        return self.standing in (Standing.OPEN, Standing.LATE)


@dataclass(frozen=True)
class FamilyPage:
    """``rule`` says who is offered this, ``bases`` are pairs of a register and a statute."""

    link: Link
    language: str
    heading: str
    service_name: str
    cards: Sequence[Card]
    rule: Sequence[str]
    bases: Sequence[tuple[str, str]]
    rating: Rating | None

    @property
    def answered(self) -> bool:
        """Whether the family has said something, and may say how that was."""
        return any(not card.answerable and card.standing != Standing.OVER for card in self.cards)


def family_page(link: Link, *, language: str, now: datetime) -> FamilyPage:
    """The page of the guardian the link was given to: only what that guardian may see.

    Offers of children the guardian may no longer decide on are left out, and so are protected
    children.
    """
    cards = [_card(offer, heard, link, language, now) for offer, heard in shown_offers(link, now)]
    service_name = say(link.round.service.name, language)
    return FamilyPage(
        link=link,
        language=language,
        heading=_heading(link, cards, language) or service_name,
        service_name=service_name,
        cards=cards,
        rule=_rule(link.round, language),
        bases=_bases(link, language, now),
        rating=next(iter(_ratings().objects(round=link.round_id, guardian=link.guardian_id)), None),
    )


@cache
def _ratings() -> PreparedModels[Rating]:
    return PreparedModels(
        Rating.objects.filter(
            round=blank("round", BigIntegerField()), guardian=blank("guardian", BigIntegerField())
        )
    )


def shown_offers(link: Link, now: datetime) -> list[tuple[Offer, Heard]]:
    """The newest offer of each of the guardian's children in the round, and what was said."""
    offers = _offers().objects(round=link.round_id, guardian=link.guardian_id)
    heard = hear(offers, timezone.localdate(now))
    mine = [offer for offer in offers if link.guardian_id in heard[offer.pk].deciders]
    return [(offer, heard[offer.pk]) for offer in sorted(mine, key=lambda offer: offer.pk)]


@cache
def _offers() -> PreparedModels[Offer]:
    return PreparedModels(
        Offer.objects.filter(
            round=blank("round", BigIntegerField()),
            subject__person__protected=False,
            message_offers__message__person=blank("guardian", BigIntegerField()),
        )
        .select_related("round__service", "subject__person", "capacity__unit")
        .defer("round__preview")
        .order_by("subject_id", "-pk")
        .distinct("subject_id")
    )


def _card(offer: Offer, heard: Heard, link: Link, language: str, now: datetime) -> Card:
    unit = offer.capacity.unit if offer.capacity else None
    reader = reader_of(offer.subject.person, link.guardian)
    standing = _standing(offer, heard.said.get(link.guardian_id), now)
    return Card(
        offer=offer,
        standing=standing,
        words=words_for(offer),
        child=offer.subject.person.call_name,
        unit=unit,
        unit_name=say(unit.name, language) if unit else "",
        unit_address=say(unit.address, language) if unit else "",
        map_url=SERVICE_MAP.format(language=language, unit=unit.register_id) if unit else "",
        appointment=_moment(offer.capacity.starts_at if offer.capacity else None, language),
        begins=shown_date(offer.round.begins_on, language),
        answer_by=_moment(offer.deadline_at, language),
        kept_until=_moment(offer.grace_until, language),
        next_steps=_next_steps(offer, standing, language),
        because=fact_sentences(offer.subject.facts, language, reader),
        why_here=_why_here(offer, language, reader),
        others_answered=bool(heard.deciders & heard.said.keys() - {link.guardian_id}),
        changeable=_changeable(offer, standing, now),
    )


def _standing(offer: Offer, mine: str | None, now: datetime) -> Standing:
    match OfferState(offer.state):
        case OfferState.ACCEPTED:
            return Standing.ACCEPTED
        case OfferState.DECLINED:
            return Standing.DECLINED
        case OfferState.LAPSED | OfferState.WITHDRAWN:
            return Standing.OVER
    if offer.round.state != RoundState.RUNNING:
        return Standing.OVER
    if offer.state == OfferState.OTHER_PLACE:
        return Standing.OTHER_PLACE
    if mine == AnswerKind.DECLINE:
        return Standing.DECLINED_WAITING
    if mine == AnswerKind.ACCEPT:
        return Standing.ACCEPTED_WAITING
    return Standing.OPEN if offer.deadline_at > now else Standing.LATE


def _changeable(offer: Offer, standing: Standing, now: datetime) -> bool:
    """A place that was accepted stays when its round is over, but is no longer to be changed."""
    runs = offer.round.state == RoundState.RUNNING
    return runs and standing != Standing.OVER and offer.deadline_at > now


GUIDANCE = {
    Standing.ACCEPTED: "accepted",
    Standing.DECLINED: "declined",
    Standing.DECLINED_WAITING: "declined",
    Standing.OTHER_PLACE: "other_place",
}
"""The service's own words on what happens next."""


def _moment(moment: datetime | None, language: str) -> str:
    """By the clock on the wall in Helsinki; nothing for none."""
    if moment is None:
        return ""
    wall = timezone.localtime(moment)
    return f"{shown_date(wall.date(), language)} {wall.strftime(CLOCK[language])}"


def _next_steps(offer: Offer, standing: Standing, language: str) -> str:
    texts = offer.round.service.guidance.get(GUIDANCE.get(standing))
    return say(texts, language) if texts else ""


def _why_here(offer: Offer, language: str, reader: Reader) -> str:
    """The placement's reason; it is of the seat the approved list gave, and of no other.

    It speaks of the child's home, of ways from there and of siblings: to nobody of another home.
    """
    subject = offer.subject
    if not subject.placement or offer.capacity_id != subject.capacity_id:
        return ""
    if reader == Reader.ELSEWHERE:
        return ""
    return word_reason(Reason.from_data(subject.placement), language)


def _heading(link: Link, cards: Sequence[Card], language: str) -> str:
    """What is offered, in the words of the offer's own subject line, while it waits."""
    if not any(card.answerable for card in cards):
        return ""
    several = (TextKind.OFFER_SEVERAL,) if len(cards) > 1 else ()
    texts = _texts().objects(service=link.round.service_id, language=language)
    subjects = {(text.language, text.kind): text.subject for text in texts}
    wanted = ((tongue, kind) for tongue in (language, "fi") for kind in (*several, TextKind.OFFER))
    return next((subjects[each] for each in wanted if each in subjects), "")


@cache
def _texts() -> PreparedModels[ServiceText]:
    return PreparedModels(
        ServiceText.objects.filter(
            Q(language=blank("language", CharField())) | Q(language="fi"),
            service=blank("service", BigIntegerField()),
            channel=Channel.EMAIL,
        )
    )


def _rule(round: Round, language: str) -> list[str]:
    """The condition everybody in the round met, with its year and day."""
    return sentences(round.rule.criteria, language, as_of=round.as_of) if round.rule else []


def _bases(link: Link, language: str, now: datetime) -> list[tuple[str, str]]:
    """(register, statute) of every basis the service stands on today, once each."""
    purpose = link.round.service.purpose_id
    bases = _in_force_on(timezone.localdate(now)).objects(purpose=purpose)
    said = ((source_name(basis.source, language), say(basis.statute, language)) for basis in bases)
    return sorted(set(said))


@lru_cache(maxsize=2)
def _in_force_on(day: date) -> PreparedModels[LegalBasis]:
    bases = LegalBasis.objects.filter(purpose=blank("purpose", BigIntegerField()))
    return PreparedModels(bases.in_force_on(day))
