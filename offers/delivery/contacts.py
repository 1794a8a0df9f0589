"""Where a person is written to: the best contact point of those the service's channels allow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Person
from consents.models import ChannelChoice
from offers.delivery.prepared import Prepared, listed


def best_first(person: int | Combinable, *, channels: Sequence[str]) -> "QuerySet[ContactPoint]":
    """The person's healthy contact points in the order to try them.

    First the channel the person has chosen, then the service's own order; within a channel what
    has answered before, then the register's order. ``person`` may be an OuterRef.
    """
    chosen = ChannelChoice.objects.filter(person=OuterRef("person"), channel=OuterRef("kind"))
    order = Case(
        When(chosen_channel=True, then=-1),
        *(When(kind=channel, then=Value(place)) for place, channel in enumerate(channels)),
        output_field=IntegerField(),
    )
    verified = Case(When(health=ContactHealth.VERIFIED, then=0), default=1)
    return (
        ContactPoint.objects.healthy()
        .filter(person=person, kind__in=channels)
        .annotate(chosen_channel=Exists(chosen))
        .order_by(order, verified, "priority", "pk")
    )


@dataclass(frozen=True)
class Address:
    """Where somebody is written to, and in which language."""

    person_id: int
    language: str
    contact_point_id: int
    channel: str


def addresses_of(people: Collection[int], *, channels: Sequence[str]) -> list[Address]:
    """The best contact point of each of these people (ids) who can and may be written to."""
    return [Address(*row) for row in _addresses(tuple(channels)).rows(people=list(people))]


@cache
def _addresses(channels: tuple[str, ...]) -> Prepared:
    best = best_first(OuterRef("pk"), channels=channels)
    people = Person.objects.in_register().unprotected()
    return Prepared(
        people.filter(listed("people", Person))
        .annotate(point=Subquery(best.values("pk")[:1]), kind=Subquery(best.values("kind")[:1]))
        .exclude(point=None)
        .values_list("pk", "contact_language", "point", "kind")
    )


def note_health(contact_point: ContactPoint, health: ContactHealth) -> None:
    """Record what a provider said of a number or address, for everybody who shares it."""
    ContactPoint.objects.filter(
        kind=contact_point.kind, value_index=bytes(contact_point.value_index)
    ).update(health=health, health_at=timezone.now())
