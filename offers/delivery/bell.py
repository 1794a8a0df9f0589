"""The bell: telling the workers that something is due.

The database is the truth. If the broker is away the bell is not heard and nobody minds: the next
sweep finds what is due. While a bell is on its way to a worker, another one would tell it nothing
new: what is committed before the worker looks is found.
"""

import logging
from contextlib import suppress

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from offers.models import Lane

logger = logging.getLogger(__name__)

QUEUES = {Lane.REPLIES: "replies", Lane.REMINDERS: "reminders", Lane.BULK: "bulk"}


LOST_AFTER = 5
"""Seconds after which a bell that no worker has heard is taken for lost."""


def ring(lane: Lane) -> None:
    """Once the transaction is committed, have a worker send what is due in ``lane``."""
    transaction.on_commit(lambda: _ring(lane), robust=True)


def note_heard(lane: Lane) -> None:
    """A worker is about to look at ``lane``: who rings from now on is to be heard anew."""
    with suppress(RedisError):
        cache.delete(_key(lane))


def note_attended(lane: Lane) -> None:
    """A worker is at ``lane`` and will look at it again in a moment: nobody needs to ring."""
    with suppress(RedisError):
        cache.set(_key(lane), True, timeout=LOST_AFTER)


def pass_on(lane: Lane) -> None:
    """Have one more worker send what is due in ``lane``, whoever rang before."""
    _call("send_messages", lane.value, QUEUES[lane])


def _ring(lane: Lane) -> None:
    with suppress(RedisError):
        if not cache.add(_key(lane), True, timeout=LOST_AFTER):
            return
    pass_on(lane)


def _key(lane: Lane) -> str:
    return f"bell:{lane.value}"


def ring_all() -> None:
    """Ring for every lane."""
    for lane in Lane:
        ring(lane)


def call_worker(task: str, number: int, *, queue: str = QUEUES[Lane.BULK]) -> None:
    """Once the transaction is committed, have a worker run a task of ours with an id."""
    transaction.on_commit(lambda: _call(task, number, queue), robust=True)


def _call(task: str, number: int, queue: str) -> None:
    try:
        current_app.send_task(f"offers.tasks.{task}", args=[number], queue=queue, retry=False)
    except (OperationalError, OSError):
        logger.warning("bell_not_heard", extra={"task": task, "number": number})
