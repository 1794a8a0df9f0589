"""Where a person is written to: the best contact point of those the service's channels allow."""

from collections.abc import Sequence

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint
from consents.models import ChannelChoice


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


def note_health(contact_point: ContactPoint, health: ContactHealth) -> None:
    """Record what a provider said of a number or address, for everybody who shares it."""
    ContactPoint.objects.filter(
        kind=contact_point.kind, value_index=bytes(contact_point.value_index)
    ).update(health=health, health_at=timezone.now())
