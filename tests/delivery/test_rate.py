"""The ration of calls to a provider: shared by all workers, kept by the database."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.health import ask_leave, give_back
from offers.delivery.outbox import send_due
from offers.models import Message, MessageState, ProviderHealth
from tests.delivery.world import a_running_round, a_told_family, state_of, tell
from tests.rounds.city import a_family


@pytest.mark.django_db
def test_without_a_ration_there_is_leave_for_everything() -> None:
    assert ask_leave(provider="twilio", wanted=500).calls == 500
    assert not ProviderHealth.objects.exists()


@pytest.mark.django_db
def test_a_ration_fills_up_with_time_and_unused_leave_goes_back(settings: Settings) -> None:
    settings.CALLS_PER_SECOND = {"twilio": 40}
    ProviderHealth.objects.create(provider="twilio", allowed_at=timezone.now() - timedelta(hours=1))

    leave = ask_leave(provider="twilio", wanted=500)
    give_back(provider="twilio", calls=leave.calls)

    assert leave.calls == 10, "a quarter of a second's, however long nobody called"
    assert ask_leave(provider="twilio", wanted=4).calls == 4


@pytest.mark.django_db
def test_a_slow_ration_says_how_long_to_wait(settings: Settings) -> None:
    settings.CALLS_PER_SECOND = {"twilio": 0.5}
    ProviderHealth.objects.create(provider="twilio", allowance=1)

    assert ask_leave(provider="twilio", wanted=3).calls == 1

    leave = ask_leave(provider="twilio", wanted=3)
    assert leave.calls == 0
    assert 0 < leave.wait <= 2


@pytest.mark.django_db(transaction=True)
def test_workers_together_stay_within_what_the_provider_allows(
    simulator: Simulator, settings: Settings
) -> None:
    settings.CALLS_PER_SECOND = {"twilio": 40}
    tell(a_running_round([child for _ in range(60) for child in a_family()]))
    simulator.dial(rate_per_s=40, retry_after_s=1)
    refused = len(simulator.log(kind="refused"))
    began = time.monotonic()

    def send() -> None:
        try:
            send_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=send) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}
    assert len(simulator.log(kind="refused")) == refused
    assert time.monotonic() - began > 50 / 40


@pytest.mark.django_db
def test_when_a_provider_asks_for_a_pause_no_worker_calls_it_before(simulator: Simulator) -> None:
    first, second = a_told_family(), a_told_family()
    Message.objects.filter(pk=second.pk).update(due_at=timezone.now() + timedelta(hours=1))
    simulator.dial(refuse={"20429": 1.0}, retry_after_s=60)
    send_due()
    calls = len(simulator.log(kind="refused"))
    simulator.dial(refuse={})
    Message.objects.update(due_at=timezone.now())

    assert send_due() == 0, "another worker, which has not heard it itself"

    assert {state_of(first), state_of(second)} == {MessageState.QUEUED}
    assert len(simulator.log(kind="refused")) == calls
    ProviderHealth.objects.update(not_before=timezone.now())
    assert send_due() == 2


@pytest.mark.django_db
def test_what_is_claimed_already_is_not_called_during_a_pause(simulator: Simulator) -> None:
    tell(a_running_round([child for _ in range(40) for child in a_family()]))
    simulator.dial(refuse={"20429": 1.0}, retry_after_s=60, delay_ms=50)
    calls = len(simulator.log(kind="refused"))

    send_due()

    assert len(simulator.log(kind="refused")) - calls <= 16, "no more than were under way"
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.QUEUED, 0)}


@pytest.mark.django_db
def test_the_metrics_show_queue_ration_and_pause(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.CALLS_PER_SECOND = "t0ken", {"twilio": 20, "smtp": 0}
    a_told_family()
    soon = timezone.now() + timedelta(minutes=1)
    ProviderHealth.objects.create(
        provider="twilio", failures=7, away_since=timezone.now(), not_before=soon, allowance=3
    )

    answer = client.get("/metrics", headers={"authorization": "Bearer t0ken"}).content.decode()

    lines = dict(line.rsplit(" ", 1) for line in answer.splitlines() if line.startswith("hp_"))
    assert lines['hp_messages{lane="bulk",state="queued"}'] == "1.0"
    assert lines['hp_provider_failures{provider="twilio"}'] == "7.0"
    assert lines['hp_provider_away{provider="twilio"}'] == "1.0"
    assert lines['hp_provider_away{provider="smtp"}'] == "0.0"
    assert lines['hp_provider_calls_per_second{provider="twilio"}'] == "20.0"
    assert lines['hp_provider_calls_allowed{provider="twilio"}'] == "3.0"
    assert 50 < float(lines['hp_provider_pause_seconds{provider="twilio"}']) <= 60
