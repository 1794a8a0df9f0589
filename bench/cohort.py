"""A cohort for rounds: families with one guardian and one phone each, and seats for everybody."""

import time
from datetime import date, datetime, timedelta

from django.utils import timezone

from citizens.models import ContactKind, ContactPoint, Guardianship, Person, reserve_ids
from helsinki_proactive.staff.models import User
from offers.catalogue.load import load_catalogue
from offers.models import Capacity, Message, Round, Service, Unit
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.prepare import draw_up_list, prepare_round

CHILDREN_A_UNIT = 25
SPREAD = 100
"""Units to a degree: far enough apart to be told apart."""


def settle(numbers: range) -> None:
    """Write the families with these numbers, units for them and the shipped services."""
    load_catalogue()
    today = timezone.localdate()
    children = _people("child", numbers, date(today.year - 6, 3, 1))
    guardians = _people("guardian", numbers, date(1990, 5, 3))
    Guardianship.objects.bulk_create(
        (
            Guardianship(guardian=guardian, child=child, valid_from=child.birth_date)
            for guardian, child in zip(guardians, children, strict=True)
        ),
        batch_size=5000,
    )
    points = []
    ids = reserve_ids(ContactPoint, len(numbers))
    for number, pk, guardian in zip(numbers, ids, guardians, strict=True):
        point = ContactPoint(pk=pk, person=guardian, kind=ContactKind.SMS)
        point.set_value(f"+35845{number:07}")
        points.append(point)
    ContactPoint.objects.bulk_create(points, batch_size=5000)
    Unit.objects.bulk_create(
        Unit(
            register_id=f"unit-{number}",
            name={"fi": f"Päiväkoti {number}", "sv": f"Daghem {number}", "en": f"Unit {number}"},
            address={"fi": "Koekatu 1", "sv": "Provgatan 1", "en": "Koekatu 1"},
            latitude=60.1 + number % SPREAD / 500,
            longitude=24.7 + number // SPREAD % SPREAD / 500,
        )
        for number in numbers[::CHILDREN_A_UNIT]
    )


def _people(kind: str, numbers: range, birth_date: date) -> list[Person]:
    return Person.objects.bulk_create(
        (
            Person(
                register_key=f"{kind}-{index}",
                first_names="Aino Maria",
                last_name="Virtanen",
                birth_date=birth_date,
                municipality="091",
                latitude=60.1 + index % SPREAD / 500,
                longitude=24.7 + index // SPREAD % SPREAD / 500,
            )
            for index in numbers
        ),
        batch_size=5000,
    )


def round_awaiting_approval(
    name: str, *, days: int = 14, seats: int | None = None
) -> tuple[Round, User]:
    """A prepared preschool round, open for so many days, and somebody who may approve it.

    It has seats of its own: so many in all, or enough for everybody.
    """
    service = Service.objects.get(code="preschool")
    preparer, _ = User.objects.get_or_create(username="preparer")
    approver, _ = User.objects.get_or_create(username="approver")
    units = Unit.objects.order_by("pk")
    total = CHILDREN_A_UNIT * 2 * len(units) if seats is None else seats
    each, rest = divmod(total, len(units))
    Capacity.objects.bulk_create(
        Capacity(
            unit=unit, service=service, period=name[:20], group="fi", seats=each + (place < rest)
        )
        for place, unit in enumerate(units)
    )
    today = timezone.localdate()
    round = Round.objects.create(
        service=service,
        name=name,
        period=name[:20],
        as_of=today,
        begins_on=today + timedelta(days=days + 200),
        deadline_at=timezone.now() + timedelta(days=days),
        created_by=preparer,
    )
    draw_up_list(round=prepare_round(round=round, by=preparer))
    round.refresh_from_db()
    return request_approval(round=round, by=preparer), approver


def time_round(name: str, size: int) -> float:
    """Approve a round of ``size`` messages and wait for the last; the seconds between the two."""
    round, approver = round_awaiting_approval(name)
    approve_round(round=round, digest=round.frozen_digest, by=approver)
    sent = Message.objects.filter(round=round).handed_over()
    while sent.count() < size:
        time.sleep(0.25)
    last: datetime = sent.latest("sent_at").sent_at  # type: ignore[assignment]
    approved_at = Round.objects.get(pk=round.pk).approved_at
    assert approved_at is not None
    return (last - approved_at).total_seconds()
