"""Where a person is written to: the best of the ways the service's channels allow.

A phone number or e-mail address is a contact point. Suomi.fi Messages needs none, but an identity
code. A letter is for families whom nothing else reaches: it is written by ``queueing`` and
``failures``, and never is one of these ways.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Person
from consents.models import ChannelChoice
from consents.services.choices import spoken_language
from offers.delivery.prepared import Prepared, listed
from offers.models import Channel, Message

BY_CONTACT_POINT = (Channel.SMS, Channel.EMAIL)
UNCHOSEN = 100
"""Added to the place of a channel in a service's order: what a person has chosen comes first."""


def usable(channels: Sequence[str]) -> tuple[str, ...]:
    """Those of a service's channels that this installation has."""
    has_suomifi = bool(settings.SUOMIFI_USERNAME)
    return tuple(each for each in channels if has_suomifi or each != Channel.SUOMIFI)


def best_first(person: int | Combinable, *, channels: Sequence[str]) -> "QuerySet[ContactPoint]":
    """The person's healthy contact points in the order to try them.

    First the channels the person has chosen, then the service's own order; within a channel what
    has answered before, then the register's order. ``person`` may be an OuterRef. ``rank`` is the
    place of a point's channel in that order.
    """
    order = Case(
        *(
            When(kind=channel, then=Value(UNCHOSEN + place))
            for place, channel in enumerate(channels)
        ),
        output_field=IntegerField(),
    )
    verified = Case(When(health=ContactHealth.VERIFIED, then=0), default=1)
    return (
        ContactPoint.objects.healthy()
        .filter(person=person, kind__in=channels)
        .annotate(rank=Coalesce(_chosen_place(OuterRef("person"), F("kind")), order))
        .order_by("rank", verified, "priority", "pk")
    )


def _chosen_place(person: Combinable, channel: Combinable) -> Func:
    """The place of the channel in the person's own order, from 1; null if it is not in it."""
    chosen = ChannelChoice.objects.filter(person=person).values("channels")
    return Func(Subquery(chosen), channel, function="array_position", output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Way:
    """A channel, and the contact point it goes to, if it needs one."""

    channel: str
    contact_point: ContactPoint | None = None


def ways_to(person: Person, *, channels: Sequence[str]) -> list[Way]:
    """Every way to write to the person, in the order to try them."""
    ways = [Way(point.kind, point) for point in best_first(person.pk, channels=channels)]
    if Channel.SUOMIFI in usable(channels) and person.identity_code:
        ways.append(Way(Channel.SUOMIFI))
    chosen = ChannelChoice.objects.filter(person=person).values_list("channels", flat=True).first()
    order = [*(chosen or ()), *channels]
    return sorted(ways, key=lambda way: order.index(way.channel))


def with_way(people: "QuerySet[Person]", *, channels: Sequence[str]) -> "QuerySet[Any, Any]":
    """The people with ``way``, the channel to try first (null: none), and its ``point``.

    It is the first of ``ways_to``, for everybody at once.
    """
    points: QuerySet[Any, Any] = best_first(OuterRef("pk"), channels=channels)
    people = people.annotate(
        best_point=Subquery(points.values("pk")[:1]), best_kind=Subquery(points.values("kind")[:1])
    )
    known = usable(channels)
    if Channel.SUOMIFI not in known:
        return people.annotate(way=F("best_kind"), point=F("best_point"))
    suomifi = Value(Channel.SUOMIFI.value)
    unchosen = Value(UNCHOSEN + list(channels).index(Channel.SUOMIFI))
    by_code = Q(identity_code__isnull=False) & (
        Q(best_kind=None) | Q(best_rank__gt=F("suomifi_rank"))
    )
    return people.annotate(
        best_rank=Subquery(points.values("rank")[:1]),
        suomifi_rank=Coalesce(_chosen_place(OuterRef("pk"), suomifi), unchosen),
        way=Case(
            When(by_code, then=suomifi),
            default=F("best_kind"),
            output_field=CharField(),
        ),
        point=Case(When(by_code, then=None), default=F("best_point")),
    )


@dataclass(frozen=True)
class Address:
    """Where somebody is written to, and in which language."""

    person_id: int
    language: str
    contact_point_id: int | None
    channel: str
    number: bytes | None
    """The blind index of the contact point's value: the same for all who share it."""


def addresses_of(people: Collection[int], *, channels: Sequence[str]) -> list[Address]:
    """The best way to each of these people (ids) who can and may be written to."""
    return [
        Address(person, language, point, way, bytes(number) if point else None)
        for person, language, point, way, number in _addresses(usable(channels)).rows(
            people=list(people)
        )
    ]


@cache
def _addresses(channels: tuple[str, ...]) -> Prepared:
    people = Person.objects.in_register().unprotected()
    wanted = people.filter(listed("people", Person))
    points = best_first(OuterRef("pk"), channels=channels)
    return Prepared(
        with_way(wanted, channels=channels)
        .exclude(way=None)
        .annotate(number=Subquery(points.values("value_index")[:1]), language=spoken_language())
        .values_list("pk", "language", "point", "way", "number")
    )


def note_returned(letter: Message) -> None:
    """Record that nobody is reached at the address of a letter that came back.

    Nothing is recorded if the register has changed anything about the person since the letter was
    made: the address may be another one by now.
    """
    Person.objects.filter(pk=letter.person_id, changed_at__lt=letter.claimed_at).update(
        returned_address_index=F("address_index")
    )


def note_health(contact_point: ContactPoint, health: ContactHealth) -> None:
    """Record what a provider said of a number or address, for everybody who shares it."""
    sharing = ContactPoint.objects.sharing(contact_point)
    sharing.update(health=health, health_at=timezone.now())
