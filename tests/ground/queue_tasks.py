"""Tasks that write down in Valkey that they ran, for a real worker."""

import os
import time

import redis
from django.db import connection

from helsinki_proactive.celery import app

RAN = "test:ran"
STARTED = "test:started"


@app.task(name="tests.note")
def note(name: str) -> None:
    """Write ``name`` down."""
    with redis.Redis.from_url(os.environ["CACHE_URL"]) as valkey:
        valkey.rpush(RAN, name)


@app.task(name="tests.note_connection")
def note_connection() -> None:
    """Write down which of the database's processes serves us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        note(str(cursor.fetchone()[0]))


@app.task(name="tests.note_slowly")
def note_slowly(name: str) -> None:
    """Say that it started, and write ``name`` down ten seconds later, the second time at once."""
    with redis.Redis.from_url(os.environ["CACHE_URL"]) as valkey:
        if valkey.incr(STARTED) == 1:
            time.sleep(10)
        valkey.rpush(RAN, name)
