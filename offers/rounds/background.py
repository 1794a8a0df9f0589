"""Long work on a round is done by a worker; the row says what is to be done."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from offers.models import Round

logger = logging.getLogger(__name__)


def call_worker(task: str, round: Round) -> None:
    """Once the transaction is committed, have a worker run ``task`` for the round.

    With the broker away nobody hears it; ``advance_rounds`` then finds the round by its state.
    """
    transaction.on_commit(lambda: _call(task, round.pk), robust=True)


def _call(task: str, round_id: int) -> None:
    try:
        current_app.send_task(f"offers.tasks.{task}", args=[round_id], queue="bulk", retry=False)
    except (OperationalError, OSError):
        logger.warning("worker_not_called", extra={"task": task, "round": round_id})
