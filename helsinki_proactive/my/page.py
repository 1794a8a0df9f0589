"""What a citizen's page shows: put together here, shown by templates/my/.

It is the person's own data and the offers to them and to children they may decide for; never an
address, a contact or a distance of another household. Of a child about whom a non-disclosure order
has been made, or one of whose guardians has one, nothing is shown: as if there were no offer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from citizens.languages import say
from citizens.models import ContactKind, ContactPoint, Guardianship, Person, is_shielded
from consents.models import ChannelChoice, DataUse, LegalBasis, ProcessingKind, Purpose
from consents.services.choices import language_to
from consents.services.rights import Rights, rights_of
from helsinki_proactive.my.disputes import MyDispute, disputes_of
from helsinki_proactive.my.entitled import MyService, services_of
from helsinki_proactive.my.facts import CONTACTS, MyChild, MyFact, children_of, facts_of
from helsinki_proactive.my.words import STATES, USES
from offers.eligibility.say import fact_sentences, reader_of, sentences, shown_date
from offers.models import (
    AWAITING_ANSWER,
    CaseKind,
    MessageOffer,
    Offer,
    OfferState,
    ReviewCase,
    RoundState,
)

SHOWN_USES = 100
"""Uses on the page, newest first; the file one can save has all of them."""


@dataclass(frozen=True)
class MyOffer:
    """One offer in words; ``may_open`` when its own page can be opened from here.

    ``waits`` for an answer; ``arranged`` when somebody has said here that none is needed.
    """

    pk: int
    service: str
    child: str
    place: str
    state: Promise
    made_on: str
    answer_by: str
    rule: Sequence[str]
    rule_version: int | None
    because: Sequence[str]
    may_open: bool
    waits: bool
    arranged: bool


@dataclass(frozen=True)
class MyUse:
    """That data was used; no employee's name."""

    at: datetime
    purpose: str
    department: str
    kind: Promise


@dataclass(frozen=True)
class MyChannel:
    """A way to be written to, in the person's order; ``chosen`` is what they put first."""

    kind: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class MyPage:
    """Everything of one person, in one language; ``written_in`` is the one messages have."""

    person: Person
    language: str
    offers: Sequence[MyOffer]
    entitled: Sequence[MyService]
    facts: Sequence[MyFact]
    children: Sequence[MyChild]
    disputes: Sequence[MyDispute]
    uses: Sequence[MyUse]
    more_uses: bool
    rights: Sequence[Rights]
    channels: Sequence[MyChannel]
    written_in: str


def my_page(person: Person, *, language: str, now: datetime) -> MyPage:
    """The person's page. Reads only."""
    uses = list(islice(uses_of(person, language), SHOWN_USES + 1))
    facts = list(facts_of(person, language))
    children = children_of(person, language)
    return MyPage(
        person=person,
        language=language,
        offers=[_offer(offer, person, language) for offer in offers_to(person, now)],
        entitled=list(services_of(person, language=language, now=now)),
        facts=facts,
        children=children,
        disputes=disputes_of(person, facts, children),
        uses=uses[:SHOWN_USES],
        more_uses=len(uses) > SHOWN_USES,
        rights=rights_to(person, now),
        channels=_channels(person),
        written_in=language_to(person),
    )


def offers_to(person: Person, now: datetime) -> QuerySet[Offer]:
    """The offers to the person and to children they may decide for, newest first."""
    today = timezone.localdate(now)
    children = Guardianship.objects.valid_on(today).may_decide().filter(guardian=person)
    as_guardian = Q(
        round__service__recipient="guardians", subject__person__in=children.values("child")
    ) & ~is_shielded("subject__person", on=today)
    own = Q(round__service__recipient="self", subject__person=person)
    shown = Offer.objects.filter(own | as_guardian).order_by("-pk")
    return shown.select_related(
        "round__service__purpose", "round__rule", "subject__person", "capacity__unit"
    ).defer("round__preview")


def offer_to_open(person: Person, number: int, now: datetime) -> Offer | None:
    """The offer of this number if the person may open its own page from here."""
    offer = offers_to(person, now).filter(pk=number).first()
    return offer if offer is not None and may_open(offer, person) else None


def may_open(offer: Offer, person: Person) -> bool:
    """The offer's page shows what was told: to whom no message was made it has nothing to show."""
    told = MessageOffer.objects.filter(offer=offer, message__person=person)
    return offer.round.state == RoundState.RUNNING and not person.protected and told.exists()


def waits(offer: Offer) -> bool:
    """Whether an answer is waited for."""
    return offer.state in AWAITING_ANSWER and offer.round.state == RoundState.RUNNING


def said_arranged(offer: Offer) -> bool:
    """Whether it has been said that this was arranged otherwise, and a person looks at it."""
    return ReviewCase.objects.open().filter(kind=CaseKind.ARRANGED, offer=offer).exists()


def _offer(offer: Offer, person: Person, language: str) -> MyOffer:
    subject, rule = offer.subject, offer.round.rule
    waiting = waits(offer)
    return MyOffer(
        pk=offer.pk,
        service=say(offer.round.service.name, language),
        child=subject.person.call_name if subject.person_id != person.pk else "",
        place=say(offer.capacity.unit.name, language) if offer.capacity else "",
        state=STATES[OfferState(offer.state)],
        made_on=shown_date(timezone.localdate(offer.created_at), language),
        answer_by=_day(offer.deadline_at, language) if waiting else "",
        rule=sentences(rule.criteria, language, as_of=offer.round.as_of) if rule else (),
        rule_version=rule.version if rule else None,
        because=fact_sentences(subject.facts, language, reader_of(subject.person, person)),
        may_open=may_open(offer, person),
        waits=waiting,
        arranged=waiting and said_arranged(offer),
    )


def _day(moment: datetime, language: str) -> str:
    return shown_date(timezone.localdate(moment), language)


def uses_of(person: Person, language: str) -> Iterator[MyUse]:
    """Every use of the person's data, newest first."""
    uses = DataUse.objects.filter(person=person).select_related("processing__purpose")
    for use in uses.order_by("-pk").iterator():
        yield MyUse(
            at=use.at,
            purpose=say(use.processing.purpose.name, language),
            department=say(use.processing.department, language),
            kind=USES[ProcessingKind(use.processing.kind)],
        )


def rights_to(person: Person, now: datetime) -> list[Rights]:
    """How the person stands to every purpose for which a service of the city is in use."""
    purposes = Purpose.objects.filter(
        Q(services__active=True)
        | Q(objections__person=person)
        | Q(consent_events__person=person)
        | Q(processings__uses__person=person)
    )
    return rights_of(person, purposes.distinct().order_by("code"), on=timezone.localdate(now))


def _channels(person: Person) -> list[MyChannel]:
    usable = ContactPoint.objects.healthy().filter(person=person)
    kinds = set(usable.values_list("kind", flat=True))
    chosen = ChannelChoice.objects.filter(person=person).values_list("channels", flat=True).first()
    order = [*(chosen or ()), *ContactKind.values]
    return [
        MyChannel(kind.value, str(CONTACTS[kind]), bool(chosen) and kind.value == order[0])
        for kind in sorted(ContactKind, key=lambda kind: order.index(kind.value))
        if kind in kinds
    ]


def statutes(bases: Iterable[LegalBasis], language: str) -> list[str]:
    """The statutes of the bases in words, once each."""
    return list(dict.fromkeys(say(basis.statute, language) for basis in bases))
