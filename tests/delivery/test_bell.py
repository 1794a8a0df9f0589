"""The bell tells workers that something is due: once, until one of them looks."""

import os

import pytest
import redis
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from offers.delivery import outbox
from offers.delivery.bell import QUEUES, note_heard, ring
from offers.models import Lane

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
