"""The gate: asked last, in the transaction that claims a message. May this still go out?

First what concerns the message as a whole, then each offer it speaks of: twins get one message,
and if one of them has been answered or has moved away, it speaks of the other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citizens.models import ContactHealth, Guardianship, is_shielded
from citizens.models.people import HELSINKI, has_postal_address
from consents.models import ConsentEvent, LegalBasis, Objection, Operation
from offers.catalogue.placeholders import ASKING
from offers.delivery.contacts import BY_CONTACT_POINT
from offers.delivery.prepared import Prepared, blank, listed
from offers.eligibility.select import matching
from offers.models import (
    AWAITING_ANSWER,
    CaseKind,
    Channel,
    Message,
    Recipient,
    ReviewCase,
    Round,
    RoundState,
    Subject,
)
from offers.models.catalogue import TextKind


class GateReason(TextChoices):
    """Why a message does not go out; recorded with the message."""

    ROUND_NOT_RUNNING = "round_not_running", _("the round is not running")
    RECIPIENT_GONE = "recipient_gone", _("the recipient has died or left the register")
    PROTECTED = "protected", _("somebody it concerns is protected")
    NO_CONTACT = "no_contact", _("the contact point is gone")
    BOUNCED = "bounced", _("messages do not arrive there")
    OPTED_OUT = "opted_out", _("no messages are wanted there")
    WRONG_PERSON = "wrong_person", _("the number or address is somebody else's")
    NO_BASIS = "no_basis", _("no legal basis is in force")
    NO_CONSENT = "no_consent", _("there is no consent")
    OBJECTED = "objected", _("somebody it concerns has objected")
    ANSWERED = "answered", _("the offer no longer waits for an answer")
    DEADLINE_PASSED = "deadline_passed", _("the deadline has passed")
    SUBJECT_DIED = "subject_died", _("the person it is about has died or left the register")
    MOVED = "moved", _("the person it is about no longer lives here")
    NOT_MATCHING = "not_matching", _("the rule no longer matches")
    NOT_GUARDIAN = "not_guardian", _("the recipient may no longer decide")
    TEXT_MISSING = "text_missing", _("the service has no such text in the language")
    TEXT_SENSITIVE = "text_sensitive", _("the text would say too much for its channel")
    SAFETY = "safety", _("a person looks at somebody's safety first")
    SAME_NUMBER = "same_number", _("another message to the same number or address says it")
    NO_PROVIDER = "no_provider", _("no provider has been there for hours")
    NOT_ALLOWED_HERE = "not_allowed_here", _("this environment writes to listed recipients only")


Condition = Q | Combinable
_FOR_ALL_OFFERS = (GateReason.PROTECTED, GateReason.OBJECTED, GateReason.SAFETY)


@dataclass(frozen=True, slots=True)
class Passage:
    """Truthy when the message may go, speaking of ``offers``; otherwise ``reason`` says why not."""

    offers: tuple[int, ...] = ()
    reason: GateReason | None = None

    def __bool__(self) -> bool:
        return self.reason is None


def ask(message_ids: Collection[int], *, now: datetime) -> dict[int, Passage]:
    """The gate's answer for each message; a statement for all, and one for each round's rule."""
    if not message_ids:
        return {}
    asked = _questions_on(timezone.localdate(now))
    return answers(asked.rows(messages=list(message_ids), now=now))


ANSWERS = ("pk", "kind", "offer", "subject", "why", "why_not_offer")


@lru_cache(maxsize=2)
def _questions_on(today: date) -> Prepared:
    messages = Message.objects.filter(listed("messages", Message))
    asked = questions(messages, today=today, now=blank("now", DateTimeField()))
    return Prepared(asked.values_list(*ANSWERS))


def questions(
    messages: "QuerySet[Message]", *, today: date, now: datetime | Combinable
) -> "QuerySet[Message]":
    """Every message once for each offer it speaks of, with what stands in the way."""
    return messages.annotate(
        offer=F("message_offers__offer"),
        subject=F("message_offers__offer__subject"),
        why=_first_of(_about_message(today)),
        why_not_offer=_first_of(_about_offer(today, now)),
    ).order_by("pk", "offer")


def answers(rows: Iterable[tuple[Any, ...]]) -> dict[int, Passage]:
    """What the rows of ``questions`` (as ANSWERS names them) come to, the rules asked anew."""
    found = list(rows)
    unmatched = _no_longer_matching(
        {subject for _pk, kind, _offer, subject, *why in found if kind in ASKING and not any(why)}
    )
    refused: dict[int, str] = {}
    offers: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for message, _kind, offer, subject, why, why_not_offer in found:
        refused[message] = why
        if offer is not None:
            not_matching = GateReason.NOT_MATCHING.value if subject in unmatched else ""
            offers[message].append((offer, why_not_offer or not_matching))
    return {message: _passage(why, offers[message]) for message, why in refused.items()}


def refusals(message_ids: Collection[int], *, now: datetime) -> dict[int, GateReason]:
    """Which of the messages may not go out, and why."""
    answers = ask(message_ids, now=now)
    return {pk: answer.reason for pk, answer in answers.items() if answer.reason}


def _passage(why: str, offers: list[tuple[int, str]]) -> Passage:
    if why:
        return Passage(reason=GateReason(why))
    reasons = [reason for _offer, reason in offers if reason]
    total = [reason for reason in reasons if reason in _FOR_ALL_OFFERS]
    spoken_of = tuple(offer for offer, reason in offers if not reason)
    if total or (reasons and not spoken_of):
        return Passage(reason=GateReason((total or reasons)[0]))
    return Passage(offers=spoken_of)


def _first_of(reasons: Iterable[tuple[GateReason, Condition]]) -> Case:
    """The first reason whose condition holds, or an empty text."""
    return Case(
        *(When(condition, then=Value(reason.value)) for reason, condition in reasons),
        default=Value(""),
        output_field=CharField(),
    )


def _about_message(today: date) -> list[tuple[GateReason, Condition]]:
    purpose = {"purpose": OuterRef("round__service__purpose")}
    bases = LegalBasis.objects.in_force_on(today).filter(operation=Operation.CONTACTING, **purpose)
    consent = ConsentEvent.objects.standing().filter(person=OuterRef("person"), **purpose)
    objection = Objection.objects.standing().filter(person=OuterRef("person"), **purpose)
    opted_out = Q(contact_point__health=ContactHealth.OPTED_OUT)
    return [
        (GateReason.ROUND_NOT_RUNNING, Q(round=None)),
        (
            GateReason.ROUND_NOT_RUNNING,
            Q(kind__in=ASKING) & ~Q(round__state=RoundState.RUNNING),
        ),
        (
            GateReason.RECIPIENT_GONE,
            Q(person__died_on__isnull=False) | Q(person__gone_at__isnull=False),
        ),
        (GateReason.PROTECTED, Q(person__protected=True)),
        (GateReason.NO_CONTACT, _no_contact()),
        (GateReason.BOUNCED, Q(contact_point__health=ContactHealth.BOUNCED)),
        (GateReason.OPTED_OUT, opted_out & ~Q(kind=TextKind.STOPPED)),
        (GateReason.WRONG_PERSON, Q(contact_point__health=ContactHealth.WRONG_PERSON)),
        (GateReason.NO_BASIS, ~Exists(bases)),
        (
            GateReason.NO_CONSENT,
            Exists(LegalBasis.objects.on_consent_alone(today).filter(**purpose)) & ~Exists(consent),
        ),
        (GateReason.OBJECTED, Exists(objection)),
    ]


def _no_contact() -> Q:
    """There is no such contact point any more, or nothing to write to the person by."""
    by_contact_point = Q(channel__in=BY_CONTACT_POINT) & (
        Q(contact_point=None)
        | Q(contact_point__gone_at__isnull=False)
        | ~Q(contact_point__person=F("person"))
    )
    by_code = Q(channel=Channel.SUOMIFI, person__identity_code=None)
    return (
        by_contact_point | by_code | (Q(channel=Channel.LETTER) & ~has_postal_address("person__"))
    )


def _about_offer(today: date, now: datetime | Combinable) -> list[tuple[GateReason, Condition]]:
    offer, person = "message_offers__offer", "message_offers__offer__subject__person"
    asking = Q(kind__in=ASKING)
    objection = Objection.objects.standing().filter(
        person=OuterRef(person), purpose=OuterRef(f"{offer}__round__service__purpose")
    )
    unsafe = ReviewCase.objects.open().filter(
        kind=CaseKind.SAFETY, subject=OuterRef(f"{offer}__subject")
    )
    guardianship = (
        Guardianship.objects.valid_on(today)
        .may_decide()
        .filter(guardian=OuterRef("person"), child=OuterRef(person))
    )
    about_oneself = Q(round__service__recipient=Recipient.SELF, person=F(person))
    resident = Q(**{f"{person}__municipality": HELSINKI, f"{person}__moved_out_on": None})
    return [
        (GateReason.PROTECTED, is_shielded(person, on=today)),
        (GateReason.OBJECTED, Exists(objection)),
        (GateReason.SAFETY, Exists(unsafe)),
        (
            GateReason.SUBJECT_DIED,
            Q(**{f"{person}__died_on__isnull": False}) | Q(**{f"{person}__gone_at__isnull": False}),
        ),
        (GateReason.NOT_GUARDIAN, ~about_oneself & ~Exists(guardianship)),
        (GateReason.ANSWERED, asking & ~Q(**{f"{offer}__state__in": AWAITING_ANSWER})),
        (GateReason.DEADLINE_PASSED, asking & Q(**{f"{offer}__deadline_at__lte": now})),
        (GateReason.MOVED, asking & ~resident),
    ]


def _no_longer_matching(subject_ids: Collection[int]) -> set[int]:
    """The subjects whom their round's rule, asked anew, does not select."""
    unmatched: set[int] = set()
    if not subject_ids:
        return unmatched
    subjects = Subject.objects.filter(pk__in=subject_ids)
    rounds = Round.objects.exclude(rule=None).filter(subjects__in=subjects).distinct()
    for round_id, as_of, criteria in rounds.values_list("pk", "as_of", "rule__criteria"):
        people = subjects.filter(round=round_id)
        selected = matching(criteria, as_of=as_of).filter(pk__in=people.values("person"))
        others = people.exclude(person__in=selected.values("pk"))
        unmatched.update(others.values_list("pk", flat=True))
    return unmatched
