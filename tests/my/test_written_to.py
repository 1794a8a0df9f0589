"""A citizen chooses how, and in which language, to be written to; what is written next obeys."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from citizens.models import ContactPoint, Person
from consents.models import ChannelChoice
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.contacts import addresses_of
from offers.delivery.outbox import send_due
from offers.models import Lane, Message
from tests.delivery.conftest import running_simulator, simulator  # noqa: F401  fixtures
from tests.delivery.world import a_running_round, guardian_of, number_of, tell
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, press, signed_in, with_code
from tests.rounds.city import a_family, an_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def child() -> Person:
    [child] = a_family()
    an_address(with_code(guardian_of(child)))
    return child


@pytest.fixture
def client(child: Person, provider: IdentityProvider) -> Client:
    return signed_in(provider)


def test_the_next_message_goes_that_way_in_that_language(
    client: Client,
    child: Person,
    simulator: Simulator,  # noqa: F811
    settings: Settings,
) -> None:
    settings.QUIET_HOURS = None
    assert "Saved." in press(client, "channel", channel="email", written_in="sv").words
    round = a_running_round([child])
    tell(round)
    send_due(lane=Lane.BULK)
    message = Message.objects.get()
    assert (message.channel, message.language) == ("email", "sv")
    [mail] = [mail for mail in simulator.mails() if mail.recipients == [number_of(message)]]
    assert "förskole" in mail.text
    [address] = addresses_of([guardian_of(child).pk], channels=["sms", "email"])
    assert (address.channel, address.language) == ("email", "sv")


def test_the_registers_language_is_no_choice_and_follows_the_register(
    client: Client, child: Person
) -> None:
    press(client, "channel", channel="sms", written_in="en")
    assert 'value="en" id="written-in-en" required checked' in look(client).html
    press(client, "channel", channel="sms", written_in="fi")
    assert ChannelChoice.objects.get().language == ""
    Person.objects.filter(pk=guardian_of(child).pk).update(contact_language="sv")
    assert 'value="sv" id="written-in-sv" required checked' in look(client).html


def test_who_cannot_be_reached_may_choose_the_language(client: Client, child: Person) -> None:
    ContactPoint.objects.all().delete()
    assert "no working phone number" in look(client).words
    assert "Saved." in press(client, "channel", written_in="en").words
    [choice] = ChannelChoice.objects.all()
    assert (choice.channels, choice.language) == ([], "en")


@pytest.mark.parametrize("said", [{"channel": "sms", "written_in": "ru"}, {"written_in": "sv"}, {}])
def test_what_is_not_on_the_page_is_refused(said: dict[str, Any], client: Client) -> None:
    assert press(client, "channel", **said).status == 409
    assert not ChannelChoice.objects.exists()


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("fi", "fi", "suomi"),
        ("fi", "sv", "finska"),
        ("so", "fi", "somali"),
        ("so", "en", "Somali"),
        ("et", "sv", "estniska"),
        ("xx", "fi", "xx"),
    ],
)
def test_languages_are_shown_by_name(
    code: str, language: str, name: str, client: Client, child: Person
) -> None:
    Person.objects.filter(pk=guardian_of(child).pk).update(mother_tongue=code)
    label = {"fi": "Äidinkieli", "sv": "Modersmål", "en": "Mother tongue"}[language]
    assert f"{label} {name} (" in look(client, language).words
