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
    transaction.on_commit(lambda: _ring(lane), robust=True)


def ring_all() -> None:
    """Ring for every lane."""
    for lane in Lane:
        ring(lane)


def _ring(lane: Lane) -> None:
    try:
        current_app.send_task(
            "offers.tasks.send_messages", args=[lane.value], queue=QUEUES[lane], retry=False
        )
    except (OperationalError, OSError):
        logger.warning("bell_not_heard", extra={"lane": lane.name})
