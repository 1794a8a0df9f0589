"""What a guardian sees of a round's offers: put together here, shown by templates/offers/."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from citizens.attributes import source_name
from citizens.languages import say
from consents.models import LegalBasis
from offers.eligibility.say import fact_sentences
from offers.models import (
    Answer,
    AnswerKind,
    Link,
    Offer,
    OfferState,
    Rating,
    RoundState,
    Unit,
)
from offers.replies.hearing import hear

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
    """One child's offer as shown; texts are in the page's language."""

    offer: Offer
    standing: Standing
    child: str
    unit: Unit | None
    unit_name: str
    unit_address: str
    map_url: str
    next_steps: str
    because: Sequence[str]
    others_answered: bool
    changeable: bool

    @property
    def answerable(self) -> bool:
        return self.standing in (Standing.OPEN, Standing.LATE)


@dataclass(frozen=True)
class FamilyPage:
    link: Link
    language: str
    service_name: str
    cards: Sequence[Card]
    bases: Sequence[tuple[str, str]]
    rating: Rating | None

    @property
    def answered(self) -> bool:
        """Whether the family has said something, and may say how that was."""
        return any(not card.answerable and card.standing != Standing.OVER for card in self.cards)


def family_page(link: Link, *, language: str, now: datetime) -> FamilyPage:
    """The page of the guardian the link was given to: only what that guardian may see.

    Offers of children the guardian may no longer decide on are left out.
    """
    offers = _offers(link, now)
    service = link.round.service
    return FamilyPage(
        link=link,
        language=language,
        service_name=say(service.name, language),
        cards=[_card(offer, link, language, now) for offer in offers],
        bases=_bases(link, language, now),
        rating=Rating.objects.filter(round=link.round, guardian=link.guardian).first(),
    )


def _offers(link: Link, now: datetime) -> list[Offer]:
    """The newest offer of each of the guardian's children in the round."""
    offers = list(
        Offer.objects.filter(round=link.round)
        .filter(message_offers__message__person=link.guardian)
        .select_related("round__service", "subject__person", "capacity__unit")
        .order_by("subject_id", "-pk")
        .distinct("subject_id")
    )
    heard = hear(offers, timezone.localdate(now))
    mine = [offer for offer in offers if link.guardian_id in heard[offer.pk].deciders]
    return sorted(mine, key=lambda offer: offer.pk)


def _card(offer: Offer, link: Link, language: str, now: datetime) -> Card:
    unit = offer.capacity.unit if offer.capacity else None
    said = _latest(offer)
    standing = _standing(offer, said.get(link.guardian_id), now)
    return Card(
        offer=offer,
        standing=standing,
        child=offer.subject.person.call_name,
        unit=unit,
        unit_name=say(unit.name, language) if unit else "",
        unit_address=say(unit.address, language) if unit else "",
        map_url=SERVICE_MAP.format(language=language, unit=unit.register_id) if unit else "",
        next_steps=_next_steps(offer, standing, language),
        because=fact_sentences(offer.subject.facts, language),
        others_answered=any(who != link.guardian_id for who in said),
        changeable=_changeable(offer, standing, now),
    )


def _latest(offer: Offer) -> dict[int, str]:
    """The latest answer of each guardian (id → kind)."""
    answers = Answer.objects.filter(offer=offer).order_by("pk")
    return dict(answers.values_list("guardian_id", "kind"))


def _standing(offer: Offer, mine: str | None, now: datetime) -> Standing:
    match OfferState(offer.state):
        case OfferState.ACCEPTED:
            return Standing.ACCEPTED
        case OfferState.DECLINED:
            return Standing.DECLINED
        case OfferState.OTHER_PLACE:
            return Standing.OTHER_PLACE
        case OfferState.LAPSED | OfferState.WITHDRAWN:
            return Standing.OVER
    if offer.round.state != RoundState.RUNNING:
        return Standing.OVER
    if mine == AnswerKind.DECLINE:
        return Standing.DECLINED_WAITING
    if mine == AnswerKind.ACCEPT:
        return Standing.ACCEPTED_WAITING
    return Standing.OPEN if offer.deadline_at > now else Standing.LATE


def _changeable(offer: Offer, standing: Standing, now: datetime) -> bool:
    """A place that was accepted stays when its round is over, but is no longer to be changed."""
    runs = offer.round.state == RoundState.RUNNING
    return runs and standing != Standing.OVER and offer.deadline_at > now


def _next_steps(offer: Offer, standing: Standing, language: str) -> str:
    key = standing.value.removesuffix("_waiting")
    texts = offer.round.service.guidance.get(key)
    return say(texts, language) if texts else ""


def _bases(link: Link, language: str, now: datetime) -> list[tuple[str, str]]:
    """(register, statute) of every basis the service stands on today, once each."""
    bases = LegalBasis.objects.filter(purpose=link.round.service.purpose).in_force_on(
        timezone.localdate(now)
    )
    return sorted(
        {(source_name(basis.source, language), say(basis.statute, language)) for basis in bases}
    )
