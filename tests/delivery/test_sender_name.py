"""Under which sender a text goes: one that can be answered, unless it asks for nothing."""

import pytest
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)
from offers.delivery.channels.interface import Parcel
from offers.delivery.channels.twilio import may_carry_name
from offers.delivery.outbox import reconcile, send_due
from offers.models import Message, MessageState, TextKind
from tests.delivery.world import a_told_family, let_lease_run_out, number_of, state_of

pytestmark = pytest.mark.django_db

NAME = "Helsinki"


@pytest.fixture(autouse=True)
def _named(settings: Settings) -> None:
    settings.TWILIO_SENDER_NAME = NAME
    settings.TWILIO_SENDER_NAME_COUNTRIES = ["FI"]


def a_message(kind: TextKind) -> Message:
    message = a_told_family()
    Message.objects.filter(pk=message.pk).update(kind=kind)
    message.refresh_from_db()
    return message


def senders(simulator: Simulator, message: Message) -> list[str]:
    return [text.from_number for text in simulator.messages(to=number_of(message))]


def test_a_text_that_asks_for_nothing_goes_under_the_citys_name(simulator: Simulator) -> None:
    message = a_message(TextKind.ACCEPTED)

    send_due()

    assert senders(simulator, message) == [NAME]


@pytest.mark.parametrize("kind", [TextKind.OFFER, TextKind.REMINDER, TextKind.ASK_AGAIN])
def test_a_text_that_asks_for_an_answer_goes_under_the_number(
    simulator: Simulator, settings: Settings, kind: TextKind
) -> None:
    message = a_message(kind)

    send_due()

    assert senders(simulator, message) == [settings.TWILIO_FROM]


def test_a_notice_that_holds_the_words_of_an_answer_goes_under_the_number(
    simulator: Simulator, settings: Settings
) -> None:
    message = a_message(TextKind.ACCEPTED)
    assert message.round is not None
    message.round.service.texts.filter(kind=TextKind.ACCEPTED, channel="sms").update(
        body="Vahvistettu. Jos mielesi muuttuu, vastaa ((decline_word))."
    )

    send_due()

    assert senders(simulator, message) == [settings.TWILIO_FROM]


def test_without_a_name_everything_goes_under_the_number(
    simulator: Simulator, settings: Settings
) -> None:
    settings.TWILIO_SENDER_NAME = ""
    message = a_message(TextKind.ACCEPTED)

    send_due()

    assert senders(simulator, message) == [settings.TWILIO_FROM]


@pytest.mark.parametrize(
    ("number", "may"),
    [("+358451239999", True), ("+46701740605", False), ("+12025550143", False), ("none", False)],
)
def test_only_to_numbers_of_countries_that_let_names_through(number: str, may: bool) -> None:
    parcel = Parcel(1, 1, number, "fi", "", "Kiitos", asks=False)

    assert may_carry_name(parcel) is may


def test_a_name_that_is_refused_is_no_failure_the_number_is_taken(
    settings: Settings,
) -> None:
    message = a_message(TextKind.ACCEPTED)
    with start_simulator(senders=[settings.TWILIO_FROM]) as strict:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT_SID, AUTH_TOKEN
        settings.TWILIO_BASE_URL = strict.url

        send_due()

        assert senders(strict, message) == [settings.TWILIO_FROM]
    assert state_of(message) == MessageState.SENT


def test_what_was_taken_under_the_name_is_found_when_its_fate_is_unknown(
    simulator: Simulator,
) -> None:
    message = a_message(TextKind.ACCEPTED)
    simulator.dial(drop_after_taking=1.0)
    send_due()
    simulator.dial(drop_after_taking=0.0)
    let_lease_run_out()

    reconcile()

    assert state_of(message) == MessageState.SENT
    assert senders(simulator, message) == [NAME]
