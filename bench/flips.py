"""The gate's conditions, each flipped for some messages of a round, and turned back afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Guardianship, Person
from citizens.signals import became_protected
from consents.models import BasisKind, LegalBasis, Operation
from consents.models.statements import How
from consents.services.objections import lift_objection, raise_objection
from offers.delivery.cases import open_case
from offers.delivery.gate import GateReason
from offers.models import (
    CaseKind,
    Channel,
    Message,
    Offer,
    OfferState,
    ReviewCase,
    Round,
    RoundState,
    Sensitivity,
    Service,
    ServiceText,
)

Messages = QuerySet[Message]
Undo = Callable[[], object]


@dataclass(frozen=True)
class Flip:
    """One condition: ``turn`` flips it for the messages and returns how it is turned back.

    Where it is the whole service's or round's, every message is concerned.
    """

    reason: str
    turn: Callable[[Messages], Undo]
    concerns_all: bool = False


@contextmanager
def flipped(flip: Flip, messages: Messages) -> Iterator[None]:
    """The condition is flipped for these messages, for as long as this lasts."""
    undo = flip.turn(messages)
    try:
        yield
    finally:
        undo()


def change(rows: QuerySet[Any], **values: object) -> Undo:
    """Set the columns; the undoing sets each row's back to what it was."""
    before: list[dict[str, Any]] = list(rows.values("pk", *values))
    model: type[Model] = rows.model
    manager = model._default_manager
    manager.filter(pk__in=[row["pk"] for row in before]).update(**values)

    def undo() -> None:
        for row in before:
            manager.filter(pk=row["pk"]).update(**{name: row[name] for name in values})

    return undo


def _guardians(messages: Messages) -> QuerySet[Person]:
    return Person.objects.filter(pk__in=messages.values("person"))


def _children(messages: Messages) -> QuerySet[Person]:
    return Person.objects.filter(subjects__offers__messages__in=messages).distinct()


def _points(messages: Messages) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(pk__in=messages.values("contact_point"))


def _offers(messages: Messages) -> QuerySet[Offer]:
    return Offer.objects.filter(messages__in=messages).distinct()


def _services(messages: Messages) -> QuerySet[Service]:
    return Service.objects.filter(rounds__in=messages.values("round")).distinct()


def _bases() -> QuerySet[LegalBasis]:
    return LegalBasis.objects.filter(operation=Operation.CONTACTING)


def _custody(messages: Messages) -> QuerySet[Guardianship]:
    return Guardianship.objects.filter(
        guardian__in=messages.values("person"), child__in=_children(messages)
    )


def protect(messages: Messages) -> Undo:
    """An order of protection arrives from the register, as the import tells it."""
    people = list(_guardians(messages).values_list("pk", flat=True))
    with transaction.atomic():
        undo = change(_guardians(messages), protected=True)
        became_protected.send(sender=Person, person_ids=people)
    return undo


def _object(messages: Messages) -> Undo:
    purpose = _services(messages).get().purpose
    people = list(_guardians(messages))
    for person in people:
        raise_objection(person=person, purpose=purpose, how=How.WEB)

    def undo() -> None:
        for person in people:
            lift_objection(person=person, purpose=purpose, how=How.WEB)

    return undo


def _fear(messages: Messages) -> Undo:
    """Somebody's safety is to be looked at first."""
    offers = list(_offers(messages).select_related("subject", "round"))
    for offer in offers:
        open_case(
            kind=CaseKind.SAFETY, now=timezone.now(), subject=offer.subject, round=offer.round
        )
    cases = ReviewCase.objects.filter(subject__in=[offer.subject_id for offer in offers])
    return lambda: cases.filter(kind=CaseKind.SAFETY).update(closed_at=timezone.now())


def _health(health: ContactHealth) -> Callable[[Messages], Undo]:
    return lambda messages: change(_points(messages), health=health)


def die(messages: Messages) -> Undo:
    """The children the messages are about have died."""
    return change(_children(messages), died_on=date(2020, 1, 1))


def lose_custody(messages: Messages) -> Undo:
    """The recipients' custody has ended."""
    return change(_custody(messages), valid_until=timezone.localdate() - timedelta(days=1))


def _lose_texts(messages: Messages) -> Undo:
    texts = list(ServiceText.objects.filter(service__in=_services(messages), channel=Channel.SMS))
    ServiceText.objects.filter(pk__in=[text.pk for text in texts]).delete()
    return lambda: ServiceText.objects.bulk_create(texts)


def _end_rounds(messages: Messages) -> Undo:
    Round.objects.filter(pk__in=messages.values("round")).update(state=RoundState.CANCELLED)
    return lambda: None


FLIPS = {
    "round_not_running": Flip(GateReason.ROUND_NOT_RUNNING, _end_rounds, concerns_all=True),
    "recipient_died": Flip(
        GateReason.RECIPIENT_GONE, lambda m: change(_guardians(m), died_on=date(2020, 1, 1))
    ),
    "recipient_gone": Flip(
        GateReason.RECIPIENT_GONE, lambda m: change(_guardians(m), gone_at=timezone.now())
    ),
    "protected": Flip(GateReason.PROTECTED, protect),
    "no_contact": Flip(GateReason.NO_CONTACT, lambda m: change(_points(m), gone_at=timezone.now())),
    "bounced": Flip(GateReason.BOUNCED, _health(ContactHealth.BOUNCED)),
    "opted_out": Flip(GateReason.OPTED_OUT, _health(ContactHealth.OPTED_OUT)),
    "wrong_person": Flip(GateReason.WRONG_PERSON, _health(ContactHealth.WRONG_PERSON)),
    "no_basis": Flip(
        GateReason.NO_BASIS,
        lambda _: change(_bases(), in_force_until=date(2022, 2, 1)),
        concerns_all=True,
    ),
    "no_consent": Flip(
        GateReason.NO_CONSENT,
        lambda _: change(_bases(), kind=BasisKind.CONSENT),
        concerns_all=True,
    ),
    "objected": Flip(GateReason.OBJECTED, _object),
    "safety": Flip(GateReason.SAFETY, _fear),
    "answered": Flip(GateReason.ANSWERED, lambda m: change(_offers(m), state=OfferState.ACCEPTED)),
    "deadline_passed": Flip(
        GateReason.DEADLINE_PASSED, lambda m: change(_offers(m), deadline_at=timezone.now())
    ),
    "subject_died": Flip(GateReason.SUBJECT_DIED, die),
    "moved": Flip(GateReason.MOVED, lambda m: change(_children(m), municipality="049")),
    "not_matching": Flip(
        GateReason.NOT_MATCHING, lambda m: change(_children(m), birth_date=date(2015, 1, 1))
    ),
    "not_guardian": Flip(GateReason.NOT_GUARDIAN, lose_custody),
    "text_missing": Flip(GateReason.TEXT_MISSING, _lose_texts, concerns_all=True),
    "text_sensitive": Flip(
        GateReason.TEXT_SENSITIVE,
        lambda m: change(_services(m), sensitivity=Sensitivity.DISCREET),
        concerns_all=True,
    ),
}
"""By the name of the fault. What only the environment decides (not_allowed_here) is elsewhere."""
