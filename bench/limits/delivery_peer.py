"""The peer: what most projects do, one Celery task for each message, calling the client."""

import os

from celery import Celery

from bench.limits.delivery import client

app = Celery("peer", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, task_default_queue="peer", worker_prefetch_multiplier=4)
provider = client(16)


@app.task
def send(to: str, body: str) -> None:
    """Send one message."""
    provider.messages.create(to=to, from_=os.environ["TWILIO_FROM"], body=body)
