"""Whole conversations over HTTP: the product, Twilio's simulator and a phone."""

import time

import pytest
from django.conf import settings

from citizens.models import ContactHealth, ContactPoint
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.models import Lane, Message, MessageState, OfferState, Reply, Service, TextKind
from tests.delivery.world import a_running_round, tell
from tests.replies.families import Family
from tests.replies.phones import Phone
from tests.rounds.city import a_family, preschool

pytestmark = pytest.mark.django_db(transaction=True)


def a_family_on_the_phone(**values: int) -> Family:
    """A family that waits to be written to."""
    preschool()
    Service.objects.update(acceptance="any")
    children = a_family(**values)
    family = Family(children, a_running_round(children))
    tell(family.round)
    return family


def answer_of(simulator: Simulator, phone: Phone, words: str) -> str:
    """Text the city; what it answers, if anything."""
    outcome = simulator.reply(phone.number, settings.TWILIO_FROM, words)
    assert (outcome.http_status, outcome.error) == (200, None)
    return outcome.answers[0].body if outcome.answers else ""


def wait_for(message: Message, state: MessageState) -> None:
    """Receipts come when they come, in five seconds at the latest."""
    ends_at = time.monotonic() + 5
    while message.state != state and time.monotonic() < ends_at:
        time.sleep(0.02)
        message.refresh_from_db()
    assert message.state == state


def test_a_family_asks_back_agrees_and_says_thanks(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    phone = family.phone()
    assert send_due() == 1
    offer = simulator.messages(to=phone.number)[-1]
    assert "KYLLÄ" in offer.body

    assert "1" in answer_of(simulator, phone, "Täh")
    assert answer_of(simulator, phone, "1").startswith("Kiitos! Esiopetuspaikka on vahvistettu")
    assert answer_of(simulator, phone, "Kiitos!") == ""

    assert family.state() == OfferState.ACCEPTED
    wait_for(Message.objects.get(kind=TextKind.ACCEPTED), MessageState.DELIVERED)


def test_the_other_guardian_hears_of_it_and_disagrees(simulator: Simulator) -> None:
    family = a_family_on_the_phone(guardians=2)
    send_due()

    answer_of(simulator, family.phone(0), "Ei kiitos")
    send_due(lane=Lane.REPLIES)
    notice = simulator.messages(to=family.phone(1).number)[-1]
    answer_of(simulator, family.phone(1), "Kyllä")

    assert "toinen huoltaja" in notice.body.lower()
    assert family.state() == OfferState.ACCEPTED


def test_twilio_ends_the_conversation_itself_where_somebody_says_stop(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone()
    send_due()

    phone = family.phone()
    simulator.reply(phone.number, settings.TWILIO_FROM, "STOP")
    tell(family.round, kind=TextKind.REMINDER)
    send_due()

    assert family.state() == OfferState.OPEN
    assert ContactPoint.objects.get().health == ContactHealth.OPTED_OUT
    offer, goodbye = simulator.messages(to=phone.number)
    assert "KYLLÄ" in offer.body
    assert "unsubscribed" in goodbye.body, "Twilio's own"


def test_a_webhook_that_is_delivered_twice_answers_once(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()
    simulator.dial(duplicate_replies=2)

    answer_of(simulator, family.phone(), "Kyllä")

    assert Reply.objects.count() == 1
    assert Message.objects.filter(kind=TextKind.ACCEPTED).count() == 1
