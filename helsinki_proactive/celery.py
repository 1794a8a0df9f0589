"""Background work. The database is the truth; the broker only rings the bell.

A task that gets lost is found again by its row, so redelivery may be quick and results are not
kept. Replies overtake reminders, reminders overtake the bulk of a round.
"""

import os
from datetime import timedelta

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helsinki_proactive.settings")

QUEUES = ("replies", "reminders", "bulk")
"""In the order in which a worker empties them."""

SCHEDULE: dict[str, timedelta] = {}
"""Periodic tasks: name -> interval. Due times are columns, so no task asks for an hour of day."""

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
    task_queues=[Queue(name) for name in QUEUES],
    task_create_missing_queues=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # Lists are emptied strictly in the given order; a task of a killed worker is given again after
    # the visibility timeout, which is longer than the longest task.
    broker_transport_options={"queue_order_strategy": "priority", "visibility_timeout": 60},
    beat_scheduler="celery.beat:Scheduler",  # in memory: intervals need no schedule file
    beat_schedule={
        name: {"task": name, "schedule": interval} for name, interval in SCHEDULE.items()
    },
)
app.autodiscover_tasks()
