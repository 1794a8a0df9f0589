"""Background work. The database is the truth; the broker only rings the bell.

A task that gets lost is found again by its row, so redelivery may be quick and results are not
kept. Replies overtake reminders, and reminders overtake the bulk of a round.

    celery -A helsinki_proactive worker
    celery -A helsinki_proactive beat
"""

import os
import sys
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helsinki_proactive.settings")

QUEUES = ("replies", "reminders", "bulk")
"""In the order in which a worker empties them."""

SCHEDULE: dict[str, float] = {
    "consents.tasks.seal": 30,
    "consents.tasks.verify_seal": 1800,
    "offers.tasks.sweep": 5,
    "offers.tasks.reconcile": 10,
    "offers.tasks.ask_statuses": 30,
    "offers.tasks.decide_pending": 15,
    "offers.tasks.end_grace": 30,
    "offers.tasks.resume_rounds": 30,
    "offers.tasks.remind_due": 60,
    "offers.tasks.deadline_passed": 30,
    "offers.tasks.offer_freed_seats": 30,
    "offers.tasks.erase_expired": 1800,
    "offers.tasks.keep_standing": 600,
}
"""Periodic tasks: name -> seconds between two runs. None asks for an hour of the day: due times
are columns, which daylight saving does not touch."""

REDELIVERED_AFTER = 60
"""Seconds. A killed worker's tasks are given to another one; every task is safe to run twice."""

app = Celery("helsinki_proactive")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    timezone="UTC",
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue="bulk",
    # Short, and a round's bulk must not delay it beyond its minute.
    task_routes={"consents.tasks.seal": {"queue": "replies"}},
    task_queues=[Queue(name) for name in QUEUES],
    task_create_missing_queues=False,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "queue_order_strategy": "priority",  # the queues in the order above, never in turn
        "visibility_timeout": REDELIVERED_AFTER,
    },
    beat_scheduler="celery.beat:Scheduler",  # in memory: intervals need no schedule file
    beat_schedule={name: {"task": name, "schedule": seconds} for name, seconds in SCHEDULE.items()},
)
app.steps["worker"].add(DjangoStructLogInitStep)  # a task's log lines carry the request's id
app.autodiscover_tasks()
# No connection for each task: that would cost more than most tasks do.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@signals.task_prerun.connect
def _keep_good_connections(**signal: Any) -> None:
    """Celery closes none of them now, so Django does as before a request: what is old or broken."""
    close_old_connections()


@signals.setup_logging.connect
def _keep_our_logging(**signal: Any) -> None:
    """Celery sets up no logging of its own when somebody listens here; settings already have."""
