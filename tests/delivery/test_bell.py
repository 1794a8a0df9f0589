"""The bell tells workers that something is due: once, until one of them looks."""

import os
import threading
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from pytest_django.fixtures import Settings

from citizens.models import Person
from helsinki_proactive.simulator.client import Simulator
from offers.delivery import outbox
from offers.delivery.bell import QUEUES, note_heard, ring
from offers.models import Lane, Message, MessageState
from tests.delivery.test_outbox import a_mail
from tests.delivery.world import a_running_round, a_told_family, state_of, tell
from tests.rounds.city import a_family

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}


def rung(lane: Lane) -> int:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        return int(broker.llen(QUEUES[lane]))


def test_a_bell_that_is_on_its_way_is_not_rung_again() -> None:
    ring(Lane.REPLIES)
    ring(Lane.REPLIES)

    assert rung(Lane.REPLIES) == 1


def test_each_lane_has_its_own_bell() -> None:
    ring(Lane.REPLIES)
    ring(Lane.BULK)

    assert (rung(Lane.REPLIES), rung(Lane.BULK)) == (1, 1)


def test_what_becomes_due_once_a_worker_looks_is_rung_for_anew() -> None:
    ring(Lane.REPLIES)
    outbox.send_due(lane=Lane.REPLIES)
    ring(Lane.REPLIES)

    assert rung(Lane.REPLIES) == 2


def test_it_is_rung_after_the_commit_and_not_for_what_was_taken_back() -> None:
    with transaction.atomic():
        ring(Lane.REPLIES)
        before = rung(Lane.REPLIES)
    with transaction.atomic():
        ring(Lane.BULK)
        transaction.set_rollback(True)

    assert (before, rung(Lane.REPLIES), rung(Lane.BULK)) == (0, 1, 0)


def test_without_a_cache_every_bell_is_rung() -> None:
    with override_settings(CACHES=AWAY):
        ring(Lane.REPLIES)
        ring(Lane.REPLIES)
        note_heard(Lane.REPLIES)

    assert rung(Lane.REPLIES) == 2


@pytest.mark.parametrize(("families", "called"), [(3, 0), (20, 1)])
def test_another_worker_is_called_once_if_there_is_more_than_one_claims_at_once(
    families: int, called: int, simulator: Simulator, settings: Settings
) -> None:
    settings.SENDING_CONCURRENCY = 2
    tell(a_running_round([child for _ in range(families) for child in a_family()]))
    before = rung(Lane.BULK)

    assert outbox.send_due() == families

    assert rung(Lane.BULK) == before + called


def test_a_worker_that_stays_sends_what_comes_meanwhile_and_nobody_else_is_rung_for(
    simulator: Simulator,
) -> None:
    simulator.dial(delay_ms=300)
    first = a_told_family()
    staying = threading.Thread(target=stay_and_send)

    staying.start()
    wait_until_attended(first)
    second = a_told_family()
    staying.join()

    assert (state_of(first), state_of(second)) == (MessageState.SENT, MessageState.SENT)
    assert rung(Lane.BULK) == 1
    ring(Lane.BULK)
    assert rung(Lane.BULK) == 2


def test_who_waits_for_a_slow_provider_still_sends_by_another(
    simulator: Simulator, settings: Settings
) -> None:
    settings.PROVIDER_TIMEOUT_SECONDS = 4
    simulator.dial(hang_after_taking=1.0)
    slow = a_told_family()
    staying = threading.Thread(target=stay_and_send)

    staying.start()
    wait_until_attended(slow)
    mail = a_mail()
    wait_until(mail, MessageState.SENT)

    assert (state_of(mail), state_of(slow)) == (MessageState.SENT, MessageState.SENDING)
    staying.join()


def test_whose_turn_is_over_passes_on_at_once_what_there_was_no_room_for(
    simulator: Simulator, settings: Settings
) -> None:
    settings.PROVIDER_TIMEOUT_SECONDS = 5
    settings.SENDING_CONCURRENCY = 1  # four are claimed at most, and more when two are left
    simulator.dial(delay_ms=1000)
    claimed = [a_told_family() for _ in range(3)]
    staying = threading.Thread(target=stay_and_send, kwargs={"turn": timedelta(seconds=0.5)})

    staying.start()
    wait_until_attended(claimed[-1])
    waiting = a_told_family()
    before = rung(Lane.BULK)
    time.sleep(1.5)

    assert rung(Lane.BULK) == before + 1
    assert (state_of(claimed[-1]), state_of(waiting)) == (MessageState.SENDING, MessageState.QUEUED)
    staying.join()


def test_a_worker_goes_on_though_all_that_it_claimed_was_refused(
    simulator: Simulator, settings: Settings
) -> None:
    settings.SENDING_CONCURRENCY = 1  # four at a time
    refused = [a_told_family() for _ in range(9)]
    Person.objects.filter(messages__in=refused).update(protected=True)
    last = a_told_family()

    assert outbox.send_due() == 1

    assert state_of(last) == MessageState.SENT


def stay_and_send(*, turn: timedelta = timedelta(seconds=10)) -> None:
    try:
        outbox.send_due(stay=True, turn=turn)
    finally:
        connection.close()


def wait_until_attended(message: Message) -> None:
    wait_until(message, MessageState.SENDING)
    time.sleep(0.05)


def wait_until(message: Message, state: MessageState) -> None:
    """Or until two seconds have passed: the test says what should be."""
    until = time.monotonic() + 2
    while state_of(message) != state and time.monotonic() < until:
        time.sleep(0.005)
