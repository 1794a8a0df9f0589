"""Who gets a message, where, about whom: one for each guardian and round, written once."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Guardianship, Person
from consents.models import ChannelChoice
from offers.delivery.outbox import queue_message
from offers.models import Channel, Lane, Message, MessageOffer, Offer, TextKind
from tests.delivery.world import a_running_round, a_told_family, guardian_of, tell
from tests.rounds.city import a_child, a_family, a_person, a_phone, an_address, guard

pytestmark = pytest.mark.django_db


def test_each_guardian_gets_one_message_at_the_own_number() -> None:
    (child,) = a_family(guardians=2)

    assert tell(a_running_round([child])) == 2

    messages = Message.objects.all()
    assert {m.person_id for m in messages} == set(
        child.guardians.values_list("guardian", flat=True)
    )
    assert all(m.contact_point.person_id == m.person_id for m in messages if m.contact_point)


def test_twins_are_told_of_in_one_message_and_siblings_of_two_homes_in_each_homes_own() -> None:
    twins = a_family(children=2)
    half = a_child()
    guard(guardian_of(twins[0]), half)
    other_parent = a_person()
    a_phone(other_parent)
    guard(other_parent, half)

    tell(a_running_round([*twins, half]))

    about = {
        message.person_id: set(message.offers.values_list("subject__person", flat=True))
        for message in Message.objects.all()
    }
    assert about == {
        guardian_of(twins[0]).pk: {twins[0].pk, twins[1].pk, half.pk},
        other_parent.pk: {half.pk},
    }


def test_queueing_the_same_occasion_again_changes_nothing() -> None:
    round = a_running_round(a_family(children=2, guardians=2))

    assert tell(round) == 2
    assert tell(round) == 0
    assert tell(round, kind=TextKind.REMINDER, lane=Lane.REMINDERS) == 2

    assert Message.objects.count() == 4
    assert MessageOffer.objects.count() == 8


def test_a_message_already_begun_is_not_given_more_offers() -> None:
    first, second = a_family(children=2)
    round = a_running_round([first, second])
    later = Offer.objects.filter(subject__person=second)
    later_row = later.get()
    MessageOffer.objects.all().delete()
    later.delete()
    tell(round)
    Message.objects.update(attempts=1)
    later_row.save(force_insert=True)

    tell(round)

    assert MessageOffer.objects.count() == 1


NOT_WRITTEN_TO: dict[str, Any] = {
    "protected guardian": lambda child: _person(guardian_of(child), protected=True),
    "protected child": lambda child: _person(child, protected=True),
    "dead guardian": lambda child: _person(guardian_of(child), died_on=date(2025, 1, 1)),
    "guardian gone": lambda child: _person(guardian_of(child), gone_at=timezone.now()),
    "custody ended": lambda child: Guardianship.objects.update(
        valid_until=timezone.localdate() - timedelta(days=1)
    ),
    "no right to decide": lambda child: Guardianship.objects.update(may_decide=False),
    "no contact": lambda child: ContactPoint.objects.all().delete(),
    "only a dead number": lambda child: ContactPoint.objects.update(health=ContactHealth.BOUNCED),
    "a number of the past": lambda child: ContactPoint.objects.update(gone_at=timezone.now()),
}


def _person(person: Person, **values: Any) -> None:
    Person.objects.filter(pk=person.pk).update(**values)


@pytest.mark.parametrize("change", NOT_WRITTEN_TO.values(), ids=NOT_WRITTEN_TO.keys())
def test_who_may_not_or_cannot_be_written_to_gets_no_message(change: Any) -> None:
    (child,) = a_family()
    round = a_running_round([child])
    change(child)

    assert tell(round) == 0
    assert not Message.objects.exists()


def test_the_chosen_channel_comes_first_then_what_has_answered_then_the_registers_order() -> None:
    (child,) = a_family()
    guardian = guardian_of(child)
    register_first = guardian.contact_points.get()
    answered = a_phone(guardian, priority=5, health=ContactHealth.VERIFIED)
    address = an_address(guardian)

    def best() -> ContactPoint | None:
        Message.objects.all().delete()
        tell(a_running_round([child], period=f"{guardian.contact_points.count()}"))
        return Message.objects.get().contact_point

    assert best() == answered
    ContactPoint.objects.filter(pk=answered.pk).update(gone_at=timezone.now())
    assert best() == register_first
    ChannelChoice.objects.create(person=guardian, channels=[Channel.EMAIL])
    assert best() == address


def test_the_same_key_is_the_same_message() -> None:
    message = a_told_family()
    assert message.contact_point is not None
    values: dict[str, Any] = {
        "person": message.person,
        "contact_point": message.contact_point,
        "kind": TextKind.ACCEPTED,
        "channel": Channel.SMS,
        "language": "fi",
        "lane": Lane.REPLIES,
        "offers": list(message.offers.all()),
        "round": message.round,
        "key": "reply:7",
    }

    first, second = queue_message(**values), queue_message(**values)

    assert first.pk == second.pk
    assert first.message_offers.count() == 1


def test_the_language_is_the_recipients() -> None:
    assert a_told_family(contact_language="sv").language == "sv"
