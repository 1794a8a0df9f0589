"""What cannot reach somebody goes another way, and at last to a person."""

import pytest
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint
from consents.models import ChannelChoice
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.delivery.receipts import record_receipt
from offers.delivery.waits import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, wait_before
from offers.models import CaseKind, Channel, Message, MessageState, ReviewCase
from tests.delivery.world import (
    a_running_round,
    a_told_family,
    guardian_of,
    number_of,
    state_of,
    tell,
)
from tests.rounds.city import a_family, a_phone, an_address

pytestmark = pytest.mark.django_db


def test_a_dead_number_falls_through_to_the_next_number_and_then_to_e_mail(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    second = a_phone(message.person, priority=1)
    address = an_address(message.person)
    simulator.dial(phones={number_of(message): 21211, second.unseal("value"): 21614})

    for _way in range(3):
        send_due()

    first, another, mail = Message.objects.order_by("pk")
    assert (first.state, first.reason) == (MessageState.FAILED, "21211")
    assert (another.contact_point, another.state) == (second, MessageState.FAILED)
    assert (mail.channel, mail.contact_point) == (Channel.EMAIL, address)
    assert mail.state == MessageState.SENT
    assert set(mail.offers.all()) == set(first.offers.all())
    assert not ReviewCase.objects.exists()
    health = ContactPoint.objects.filter(kind="sms").values_list("health", flat=True)
    assert set(health) == {ContactHealth.BOUNCED}


def test_with_no_way_left_a_caseworker_takes_over_once(simulator: Simulator) -> None:
    message = a_told_family()
    simulator.dial(phones={number_of(message): 21211})

    send_due()
    send_due()

    case = ReviewCase.objects.get()
    assert case.kind == CaseKind.NO_CONTACT
    assert case.message == message
    assert case.subject is not None


def test_while_the_other_guardian_is_reached_no_caseworker_is_needed(
    simulator: Simulator,
) -> None:
    message = a_told_family(guardians=2)
    simulator.dial(phones={number_of(message): 21211})

    assert send_due() == 1

    assert state_of(message) == MessageState.FAILED
    assert not ReviewCase.objects.exists()


def test_two_guardians_with_one_dead_number_end_in_one_case_for_the_child(
    simulator: Simulator,
) -> None:
    (child,) = a_family(guardians=2)
    ContactPoint.objects.all().delete()
    for guardianship in child.guardians.all():
        a_phone(guardianship.guardian, "+358457654321")
    tell(a_running_round([child]))
    simulator.dial(phones={"+358457654321": 21211})

    send_due()

    assert {m.state for m in Message.objects.all()} <= {
        MessageState.FAILED,
        MessageState.CANCELLED,
    }
    assert ReviewCase.objects.count() == 1


def test_somebody_who_has_opted_out_by_text_is_written_to_by_e_mail(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    an_address(message.person)
    simulator.dial(phones={number_of(message): 21610})

    send_due()
    send_due()

    message.refresh_from_db()
    assert message.contact_point is not None
    assert message.contact_point.health == ContactHealth.OPTED_OUT
    assert Message.objects.latest("pk").channel == Channel.EMAIL


def test_a_number_found_dead_after_queueing_is_gone_around_at_the_gate(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    an_address(message.person)
    ContactPoint.objects.filter(messages=message).update(health=ContactHealth.BOUNCED)

    send_due()

    send_due()
    assert state_of(message) == MessageState.CANCELLED
    assert Message.objects.latest("pk").state == MessageState.SENT


def test_a_late_failure_by_receipt_goes_on_to_the_next_way(simulator: Simulator) -> None:
    message = a_told_family()
    an_address(message.person)
    send_due()
    message.refresh_from_db()

    record_receipt(
        provider="twilio",
        provider_id=message.provider_id,
        status="undelivered",
        error_code="30005",
    )
    assert send_due() == 1

    assert Message.objects.latest("pk").channel == Channel.EMAIL


def test_a_busy_provider_is_asked_again_and_no_attempt_is_used_up(simulator: Simulator) -> None:
    message = a_told_family()
    simulator.dial(refuse={"20429": 1.0}, fault_count=3, retry_after_s=0)

    send_due()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)
    assert message.due_at > timezone.now()

    simulator.dial(refuse={})
    Message.objects.update(due_at=timezone.now())
    assert send_due() == 1
    assert len(simulator.messages(to=number_of(message))) == 1


def test_when_our_account_is_refused_the_contact_points_are_not_blamed(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    simulator.dial(refuse={"21606": 1.0})

    send_due()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, "21606")
    assert message.attempts == 0, "it is no fault of the message"
    assert message.body is None
    assert message.contact_point is not None
    assert message.contact_point.health == ContactHealth.UNKNOWN


def test_the_channel_a_person_has_chosen_comes_first(simulator: Simulator) -> None:
    (child,) = a_family()
    guardian = guardian_of(child)
    an_address(guardian)
    ChannelChoice.objects.create(person=guardian, channels=["email"])

    tell(a_running_round([child]))

    assert Message.objects.get().channel == Channel.EMAIL


def test_waits_grow_differ_and_are_bounded() -> None:
    waits = [wait_before(attempt) for attempt in range(2, MOST_ATTEMPTS + 1)]

    assert all(FIRST_WAIT <= wait <= LONGEST_WAIT * 1.5 for wait in waits)
    assert waits[0] < waits[2] < waits[4]
    assert len({wait_before(5) for _ in range(20)}) > 1
