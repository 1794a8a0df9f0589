"""A second provider: on the wire, standing in while the first is away, and never besides it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import AUTH_TOKEN, Simulator
from offers.delivery.channels import Parcel, open_provider
from offers.delivery.errors import NotTakenError, UncertainError
from offers.delivery.outbox import reconcile, send_due, sweep
from offers.delivery.statuses import ask_statuses
from offers.models import (
    CaseKind,
    Message,
    MessageState,
    ProviderHealth,
    ReviewCase,
    TextKind,
)
from offers.models.providers import AWAY_AFTER
from tests.delivery.world import a_running_round, a_told_family, number_of, state_of, tell
from tests.rounds.city import a_family, an_address

pytestmark = pytest.mark.django_db

NUMBER = "+358451239999"
Fault = Callable[[Simulator], object]


@pytest.fixture(autouse=True)
def _two_providers(simulator: Simulator, settings: Settings) -> None:
    settings.SMS_PROVIDERS = ["twilio", "notification"]
    settings.NOTIFICATION_URL = simulator.notification_url
    settings.NOTIFICATION_TOKEN = AUTH_TOKEN
    settings.NOTIFICATION_SENDER = "Hel.fi"


def a_notice() -> Message:
    """A message that wants no answer."""
    message = a_told_family()
    Message.objects.filter(pk=message.pk).update(kind=TextKind.ACCEPTED)
    message.refresh_from_db()
    return message


def twilio_is_away() -> None:
    """As all workers have found out, and it is not time to try it again."""
    now = timezone.now()
    ProviderHealth.objects.update_or_create(
        provider="twilio",
        defaults={
            "failures": AWAY_AFTER,
            "away_since": now,
            "not_before": now + timedelta(minutes=1),
        },
    )


def gateways(simulator: Simulator, message: Message) -> list[str]:
    return [text.gateway for text in simulator.messages(to=number_of(message))]


def call(body: str = "Hyvää päivää, ÅÄÖ") -> str:
    service = open_provider("notification")
    try:
        return service.send(
            Parcel(message_id=1, attempt=1, recipient=NUMBER, language="fi", subject="", body=body)
        )
    finally:
        service.close()


def test_the_notification_service_takes_a_text_and_says_later_what_became_of_it(
    simulator: Simulator,
) -> None:
    provider_id = call()

    text = simulator.messages(to=NUMBER)[-1]
    assert (text.from_number, text.body, text.gateway) == (
        "Hel.fi",
        "Hyvää päivää, ÅÄÖ",
        "notification",
    )
    service = open_provider("notification")
    assert service.status_of(provider_id) in {"created", "pending", "delivered"}
    with pytest.raises(NotTakenError, match="404"):
        service.status_of("no-such-id")
    service.close()


@pytest.mark.parametrize(
    ("dials", "error", "code"),
    [
        ({"refuse": {"20003": 1.0}}, NotTakenError, "401"),
        ({"refuse": {"21211": 1.0}}, NotTakenError, "400"),
        ({"refuse": {"20429": 1.0}, "retry_after_s": 7}, NotTakenError, "429"),
        ({"refuse": {"20500": 1.0}}, UncertainError, "500"),
        ({"drop_after_taking": 1.0}, UncertainError, "connection_lost"),
        ({"hang_after_taking": 1.0}, UncertainError, "timeout"),
    ],
)
def test_what_the_service_says_is_not_taken_or_uncertain(
    simulator: Simulator, dials: dict[str, object], error: type[Exception], code: str
) -> None:
    simulator.dial_notification(**dials)

    with pytest.raises(error, match=code) as raised:
        call()

    assert NUMBER not in str(raised.value)
    assert raised.value.wait_seconds == (7 if code == "429" else 0)  # type: ignore[attr-defined]


def test_a_service_that_cannot_be_reached_took_nothing(settings: Settings) -> None:
    settings.NOTIFICATION_URL = "http://127.0.0.1:9"

    with pytest.raises(NotTakenError, match="unreachable"):
        call()


def test_while_the_first_provider_is_there_the_second_gets_nothing(simulator: Simulator) -> None:
    message = a_notice()

    assert send_due() == 1

    assert gateways(simulator, message) == ["twilio"]


def test_when_the_first_provider_refuses_our_account_the_second_takes_over(
    simulator: Simulator,
) -> None:
    message = a_notice()
    simulator.dial(refuse={"20003": 1.0})

    for _try in range(AWAY_AFTER):
        Message.objects.update(due_at=timezone.now())
        send_due()
    Message.objects.update(due_at=timezone.now())
    send_due()

    assert ProviderHealth.objects.away().get().provider == "twilio"
    assert gateways(simulator, message) == ["notification"]
    message.refresh_from_db()
    assert (message.provider, message.state) == ("notification", MessageState.SENT)
    assert message.attempts == 1, "an outage uses up no attempts"


def test_a_message_about_a_number_is_no_reason_to_change_the_provider(
    simulator: Simulator,
) -> None:
    messages = [a_notice() for _ in range(AWAY_AFTER + 1)]
    simulator.dial(phones={number_of(message): 21211 for message in messages})

    send_due()

    assert {state_of(message) for message in messages} == {MessageState.FAILED}
    assert not ProviderHealth.objects.away().exists()


def test_a_text_that_asks_for_an_answer_waits_for_the_sender_that_can_receive_one(
    simulator: Simulator,
) -> None:
    question, notice = a_told_family(), a_notice()
    twilio_is_away()

    assert send_due() == 1

    assert gateways(simulator, notice) == ["notification"]
    assert state_of(question) == MessageState.QUEUED
    assert gateways(simulator, question) == []


def test_a_second_sender_under_our_own_number_may_ask_too(
    simulator: Simulator, settings: Settings
) -> None:
    settings.NOTIFICATION_SENDER = settings.TWILIO_FROM
    question = a_told_family()
    twilio_is_away()

    assert send_due() == 1

    assert gateways(simulator, question) == ["notification"]


def test_a_notice_whose_text_holds_the_words_of_an_answer_waits_as_well(
    simulator: Simulator,
) -> None:
    notice = a_notice()
    assert notice.round is not None
    notice.round.service.texts.filter(kind=TextKind.ACCEPTED, channel="sms").update(
        body="Vahvistettu. Jos mielesi muuttuu, vastaa ((decline_word))."
    )
    twilio_is_away()

    assert send_due() == 0

    assert state_of(notice) == MessageState.QUEUED


@pytest.mark.parametrize("fault", ["hang_after_taking", "drop_after_taking"])
def test_an_uncertain_message_is_asked_about_where_it_was_before_anybody_else_gets_it(
    simulator: Simulator, fault: str
) -> None:
    message = a_notice()
    simulator.dial(**{fault: 1.0})
    send_due()
    twilio_is_away()

    assert send_due() == 0, "uncertain is not failed"
    simulator.dial(**{fault: 0.0})
    Message.objects.update(due_at=timezone.now())
    reconcile()

    assert gateways(simulator, message) == ["twilio"]
    assert state_of(message) == MessageState.SENT
    assert send_due() == 0


def test_an_uncertain_message_that_was_not_taken_goes_to_the_second_provider(
    simulator: Simulator,
) -> None:
    message = a_notice()
    simulator.dial(drop_before_taking=1.0)
    send_due()
    twilio_is_away()
    Message.objects.update(due_at=timezone.now())
    reconcile()

    assert send_due() == 1

    assert gateways(simulator, message) == ["notification"]


def test_what_the_second_provider_may_have_taken_is_left_to_a_person(simulator: Simulator) -> None:
    message = a_notice()
    twilio_is_away()
    simulator.dial_notification(hang_after_taking=1.0)
    send_due()
    ProviderHealth.objects.all().delete()
    Message.objects.update(due_at=timezone.now())

    reconcile()

    assert send_due() == 0
    assert gateways(simulator, message) == ["notification"]
    assert ReviewCase.objects.get().kind == CaseKind.UNCERTAIN_MESSAGE


def test_a_provider_that_is_away_is_tried_with_one_message_and_is_back_when_it_takes_it(
    simulator: Simulator,
) -> None:
    children = [child for _ in range(8) for child in a_family()]
    tell(a_running_round(children))
    twilio_is_away()
    assert send_due() == 0
    simulator.dial(refuse={"20003": 1.0})
    ProviderHealth.objects.update(not_before=timezone.now())
    seen = len(simulator.log(kind="refused"))

    send_due(turn=timedelta(seconds=0.5))

    assert len(simulator.log(kind="refused")) == seen + 1
    simulator.dial(refuse={})
    ProviderHealth.objects.update(not_before=timezone.now())
    Message.objects.update(due_at=timezone.now())
    assert send_due() == 8
    assert not ProviderHealth.objects.away().exists()


def test_many_calls_that_fail_at_once_make_nobody_wait_longer_than_one(
    simulator: Simulator, settings: Settings
) -> None:
    tell(a_running_round([child for _ in range(30) for child in a_family()]))
    simulator.dial(refuse={"20003": 1.0}, delay_ms=50)

    send_due(turn=timedelta(seconds=0.5))

    health = ProviderHealth.objects.get()
    assert health.not_before is not None
    assert health.failures > 2 * AWAY_AFTER
    longest_first_wait = 2 * 2 * settings.PROVIDER_TIMEOUT_SECONDS
    assert health.not_before - timezone.now() < timedelta(seconds=longest_first_wait)


def test_after_hours_without_any_provider_another_way_is_taken(simulator: Simulator) -> None:
    message, young = a_told_family(), a_told_family()
    an_address(message.person)
    twilio_is_away()
    long_ago = timezone.now() - timedelta(hours=6)
    ProviderHealth.objects.update(away_since=long_ago)
    Message.objects.filter(pk=message.pk).update(created_at=long_ago)

    sweep()
    send_due()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, "no_provider")
    assert Message.objects.get(channel="email").state == MessageState.SENT
    assert state_of(young) == MessageState.QUEUED


def test_what_became_of_a_message_is_asked_of_a_provider_that_tells_nobody(
    simulator: Simulator,
) -> None:
    arrives, is_lost, waits = a_notice(), a_notice(), a_notice()
    twilio_is_away()
    simulator.dial_notification(
        sent_after_ms=0, delivered_after_ms=0, phones={number_of(is_lost): 30003}
    )
    for message in (arrives, is_lost):
        Message.objects.exclude(pk=message.pk).update(due_at=timezone.now() + timedelta(hours=1))
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        send_due()
    simulator.dial_notification(sent_after_ms=60_000)
    Message.objects.filter(pk=waits.pk).update(due_at=timezone.now())
    send_due()
    Message.objects.update(due_at=timezone.now())

    assert ask_statuses() == 2

    assert state_of(arrives) == MessageState.DELIVERED
    assert state_of(is_lost) == MessageState.FAILED
    waits.refresh_from_db()
    assert waits.state == MessageState.SENT
    assert waits.due_at > timezone.now(), "asked again later, not at once"
    assert ask_statuses() == 0


@given(
    faults=st.lists(
        st.sampled_from(
            [
                {"refuse": {"20003": 1.0}},
                {"refuse": {"20500": 1.0}},
                {"refuse": {"20429": 1.0}, "retry_after_s": 0},
                {"drop_before_taking": 1.0},
                {"drop_after_taking": 1.0},
                {},
            ]
        ),
        min_size=1,
        max_size=5,
    ),
    aways=st.lists(st.booleans(), min_size=5, max_size=5),
)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_first_provider_does_no_message_is_taken_twice(
    simulator: Simulator, faults: list[dict[str, object]], aways: list[bool]
) -> None:
    message = a_notice()
    for fault, is_away in zip(faults, aways, strict=False):
        simulator.reset_dials()
        simulator.dial(hold_callbacks=True, **fault)
        if is_away:
            twilio_is_away()
        else:
            ProviderHealth.objects.all().delete()
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        send_due(turn=timedelta(seconds=0.3))
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        reconcile()
        assert len(gateways(simulator, message)) <= 1

    simulator.reset_dials()
    ProviderHealth.objects.all().delete()
    for _round in range(2):
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        reconcile()
        send_due()
    assert len(gateways(simulator, message)) == 1
    assert state_of(message) in {MessageState.SENT, MessageState.DELIVERED}
