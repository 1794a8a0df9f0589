"""Suomi.fi Messages: a mailbox that needs no contact point, in its place among the other ways."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from citizens.models import Person
from consents.models import ChannelChoice
from consents.services.choices import choose_channels
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.contacts import ways_to
from offers.delivery.outbox import reconcile, send_due
from offers.models import CaseKind, Channel, Message, MessageState, ReviewCase, Service
from tests.delivery.suomifi_service import (
    PASSWORD,
    SERVICE,
    USERNAME,
    SuomifiService,
    a_suomifi_service,
)
from tests.delivery.world import a_running_round, guardian_of, number_of, state_of, tell
from tests.rounds.city import a_family, a_phone, an_address

pytestmark = pytest.mark.django_db

CODE = "131052-308T"


@pytest.fixture
def suomifi(settings: Settings) -> Iterator[SuomifiService]:
    with a_suomifi_service() as service:
        settings.SUOMIFI_BASE_URL = service.url
        settings.SUOMIFI_USERNAME = USERNAME
        settings.SUOMIFI_PASSWORD = PASSWORD
        settings.SUOMIFI_SERVICE_ID = SERVICE
        settings.PROVIDER_TIMEOUT_SECONDS = 0.5
        yield service


def a_guardian(*, phone: bool = False, code: str = CODE) -> Person:
    """A guardian with an identity code, of one child."""
    (child,) = a_family()
    guardian = guardian_of(child)
    guardian.contact_points.all().delete()
    guardian.set_identity_code(code)
    guardian.save()
    if phone:
        a_phone(guardian)
    return guardian


def told(guardian: Person, *, channels: list[str] | None = None) -> Message:
    """The message that offers the guardian's child a place."""
    round = a_running_round([each.child for each in guardian.guardianships.all()])
    if channels:
        Service.objects.filter(pk=round.service_id).update(channels=channels)
    tell(round)
    return Message.objects.get()


def later() -> None:
    """The time of everything that waits has come."""
    Message.objects.update(due_at=timezone.now())


def test_whoever_has_no_contact_point_is_written_to_at_suomi_fi(suomifi: SuomifiService) -> None:
    message = told(a_guardian())

    assert send_due() == 1

    message.refresh_from_db()
    assert (message.channel, message.state) == (Channel.SUOMIFI, MessageState.SENT)
    (sent,) = suomifi.taken.values()
    assert message.provider_id == str(sent["messageId"])
    assert sent["recipient"] == {"id": CODE}
    assert sent["sender"] == {"serviceId": SERVICE}
    assert sent["electronic"]["title"] == "Esiopetuspaikka on varattu"
    assert sent["electronic"]["body"] == message.unseal("body")
    assert sent["electronic"]["replyAllowedBy"] == "No one"


def test_where_it_is_not_set_up_nobody_is_written_to_there(settings: Settings) -> None:
    assert settings.SUOMIFI_USERNAME == ""
    guardian = a_guardian()
    tell(a_running_round([each.child for each in guardian.guardianships.all()]))

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("channels", "first"),
    [
        (["sms", "suomifi"], Channel.SMS),
        (["suomifi", "sms"], Channel.SUOMIFI),
        (["email", "suomifi", "sms"], Channel.SUOMIFI),
    ],
)
def test_the_service_s_order_decides(
    channels: list[str], first: Channel, suomifi: SuomifiService
) -> None:
    assert told(a_guardian(phone=True), channels=channels).channel == first


def test_the_channel_a_person_has_chosen_comes_before_it(suomifi: SuomifiService) -> None:
    guardian = a_guardian(phone=True)
    an_address(guardian)
    ChannelChoice.objects.create(person=guardian, channels=["email"])

    assert told(guardian, channels=["suomifi", "sms", "email"]).channel == Channel.EMAIL


@pytest.mark.parametrize(
    ("chosen", "order"),
    [
        (["email", "suomifi", "sms"], ["email", "suomifi", "sms"]),
        (["suomifi"], ["suomifi", "sms", "email"]),
        (["sms", "suomifi"], ["sms", "suomifi", "email"]),
        (["letter", "email"], ["email", "sms", "suomifi"]),
    ],
)
def test_the_order_a_person_has_chosen_is_kept_and_the_service_s_comes_after_it(
    chosen: list[str], order: list[str], suomifi: SuomifiService
) -> None:
    guardian = a_guardian(phone=True)
    an_address(guardian)
    choose_channels(channels=chosen, by=guardian)
    channels = ["sms", "email", "suomifi"]

    ways = [way.channel for way in ways_to(guardian, channels=channels)]

    assert ways == order
    assert told(guardian, channels=channels).channel == order[0]


def test_after_a_dead_number_the_mailbox_is_tried(
    simulator: Simulator, suomifi: SuomifiService
) -> None:
    message = told(a_guardian(phone=True))
    simulator.dial(phones={number_of(message): 21211})

    send_due()
    send_due()

    assert len(suomifi.taken) == 1
    assert not ReviewCase.objects.exists()


def test_without_a_mailbox_a_letter_follows_and_without_an_address_a_caseworker(
    suomifi: SuomifiService,
) -> None:
    suomifi.mailboxes = set()
    guardian = a_guardian()
    guardian.set_address("Kannelkatu 1")
    guardian.postal_code = "00420"
    guardian.save()
    told(guardian)
    Message.objects.update(due_at=timezone.now())

    send_due()

    assert Message.objects.latest("pk").channel == Channel.LETTER
    assert not ReviewCase.objects.exists()


def test_without_a_mailbox_or_an_address_a_caseworker_takes_over(suomifi: SuomifiService) -> None:
    suomifi.mailboxes = set()
    told(a_guardian())

    send_due()

    assert ReviewCase.objects.get().kind == CaseKind.NO_CONTACT


def test_a_token_that_has_run_out_is_renewed_on_the_way(suomifi: SuomifiService) -> None:
    first = told(a_guardian())
    suomifi.answers = [401]

    assert send_due() == 1

    assert state_of(first) == MessageState.SENT
    assert suomifi.sign_ins == 2


def test_a_wrong_password_is_our_fault_and_blames_nobody(
    suomifi: SuomifiService, settings: Settings
) -> None:
    settings.SUOMIFI_PASSWORD = "wrong"
    message = told(a_guardian())

    send_due()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, "401")
    assert not ReviewCase.objects.exists()


@pytest.mark.parametrize("fault", ["answer lost", "slow", "server error"])
def test_when_the_answer_is_lost_it_is_handed_over_again_and_taken_once(
    fault: str, suomifi: SuomifiService
) -> None:
    message = told(a_guardian())
    suomifi.lose_answers = fault == "answer lost"
    suomifi.answers = [500] if fault == "server error" else []
    suomifi.seconds = 1.5 if fault == "slow" else 0

    send_due()
    assert state_of(message) == MessageState.UNCERTAIN
    suomifi.seconds = 0
    later()
    assert reconcile() == 1
    later()
    assert send_due() == 1

    assert state_of(message) == MessageState.SENT
    assert len(suomifi.taken) == 1
    assert len(suomifi.requests) == 2


def test_what_is_never_answered_is_left_to_a_person(suomifi: SuomifiService) -> None:
    message = told(a_guardian())
    suomifi.answers = [500]
    send_due()
    Message.objects.update(attempts=8)
    later()

    reconcile()

    assert state_of(message) == MessageState.UNCERTAIN
    assert ReviewCase.objects.get().kind == CaseKind.UNCERTAIN_MESSAGE


def test_when_too_much_is_asked_it_waits_as_told_and_loses_nothing(
    suomifi: SuomifiService,
) -> None:
    message = told(a_guardian())
    suomifi.answers = [429]

    send_due()

    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)
    later()
    assert send_due() == 1
