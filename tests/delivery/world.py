"""Running rounds whose offers wait to be told, and what became of the telling."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count

from django.utils import timezone

from citizens.models import Guardianship, Person
from offers.delivery.outbox import expire_leases, queue_for_offers
from offers.delivery.outbox.claims import claim
from offers.models import (
    Capacity,
    Channel,
    Lane,
    Message,
    MessageState,
    Offer,
    Outcome,
    Round,
    RoundState,
    Subject,
    TextKind,
)
from tests.rounds.city import a_family, a_round, a_user, seats
from tests.rounds.states import approve_as_two

_numbers: Iterator[int] = count(1)


def a_running_round(
    children: Sequence[Person], *, places: Sequence[Capacity] = (), **values: object
) -> Round:
    """An approved, running round in which every child is offered a seat: at one unit, if ``places``
    does not say otherwise."""
    round = a_round(rule=None, **values)
    round.rule = round.service.rules.in_force().get()
    round.save()
    places = places or [seats(len(children))] * len(children)
    subjects = [a_subject(round, *seated) for seated in zip(children, places, strict=True)]
    approve_as_two(round, RoundState.RUNNING)
    for subject in subjects:
        make_offer(subject)
    return round


def a_subject(round: Round, child: Person, capacity: Capacity) -> Subject:
    """The child in the round's list, with a seat."""
    return Subject.objects.create(
        round=round,
        person=child,
        capacity=capacity,
        facts={"all": []},
        outcome=Outcome.PENDING,
        owner=a_user("caseworker"),
        due_on=timezone.localdate() + timedelta(days=30),
    )


def make_offer(subject: Subject) -> Offer:
    """The offer to a subject, open until the round's deadline."""
    return Offer.objects.create(
        round=subject.round,
        subject=subject,
        capacity=subject.capacity,
        deadline_at=subject.round.deadline_at,
    )


def tell(round: Round, *, kind: TextKind = TextKind.OFFER, lane: Lane = Lane.BULK) -> int:
    """Queue the round's offers, as generating them does."""
    return queue_for_offers(
        offers=Offer.objects.filter(round=round), kind=kind, lane=lane, key=f"{kind}"
    )


def a_told_family(*, guardians: int = 1, children: int = 1, **values: str) -> Message:
    """The queued message to a family's first guardian; nothing is sent yet."""
    brood = a_family(children=children, guardians=guardians, **values)
    tell(a_running_round(brood))
    return Message.objects.filter(message_offers__offer__subject__person=brood[0]).earliest("pk")


def guardian_of(child: Person) -> Person:
    """The child's first guardian."""
    return Guardianship.objects.filter(child=child).earliest("pk").guardian


def state_of(message: Message) -> MessageState:
    """The message's state in the database now."""
    return MessageState(Message.objects.values_list("state", flat=True).get(pk=message.pk))


def number_of(message: Message) -> str:
    """The phone number or address the message goes to."""
    assert message.contact_point is not None
    return message.contact_point.unseal("value")


def claim_all() -> list[int]:
    """Claim every due text message, as a sender would that dies right after; the ids."""
    claimed = claim(
        channel=Channel.SMS, provider="twilio", lane=Lane.BULK, limit=100, now=timezone.now()
    )
    return [parcel.message_id for parcel in claimed.parcels]


def let_lease_run_out() -> None:
    """Let time pass: the leases of the dead run out, and the providers may be asked."""
    Message.objects.filter(state=MessageState.SENDING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    expire_leases()
    Message.objects.filter(state=MessageState.UNCERTAIN).update(due_at=timezone.now())
