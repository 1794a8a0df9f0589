"""The bell: telling the workers that something is due.

The database is the truth. If the broker is away the bell is not heard and nobody minds: the next
sweep finds what is due.
"""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from offers.models import Lane

logger = logging.getLogger(__name__)

QUEUES = {Lane.REPLIES: "replies", Lane.REMINDERS: "reminders", Lane.BULK: "bulk"}


def ring(lane: Lane) -> None:
    """Once the transaction is committed, have a worker send what is due in ``lane``."""
    call_worker("send_messages", lane.value, queue=QUEUES[lane])


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
