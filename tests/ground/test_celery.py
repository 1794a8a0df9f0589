"""A real worker on the real broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg2
import pytest
import redis

from helsinki_proactive.celery import QUEUES, REDELIVERED_AFTER, SCHEDULE, app
from tests.ground.queue_tasks import RAN, STARTED, note, note_connection, note_slowly


@contextmanager
def worker(*options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "celery", "-A", "tests.ground.queue_tasks", "worker"]
    process = subprocess.Popen(
        [*command, "--concurrency=1", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_length(key: str, length: int) -> list[str]:
    with redis.Redis.from_url(os.environ["CACHE_URL"], decode_responses=True) as valkey:
        for _ in range(600):
            rows: list[str] = valkey.lrange(key, 0, -1)
            if len(rows) >= length:
                return rows
            time.sleep(0.05)
    pytest.fail(f"{key} did not get {length} entries")


def test_replies_overtake_reminders_and_reminders_overtake_the_bulk() -> None:
    for queue in reversed(QUEUES):
        for number in range(3):
            note.apply_async((f"{queue} {number}",), queue=queue)
    with worker():
        ran = wait_for_length(RAN, 9)
    assert [name.split()[0] for name in ran] == [queue for queue in QUEUES for _ in range(3)]


def test_a_task_of_a_killed_child_process_is_run_again() -> None:
    note_slowly.apply_async(("once",), queue="bulk")
    with worker() as process, redis.Redis.from_url(os.environ["CACHE_URL"]) as valkey:
        while not valkey.get(STARTED):
            time.sleep(0.05)
        psutil.Process(process.pid).children()[0].kill()
        assert wait_for_length(RAN, 1) == ["once"]


def test_a_worker_keeps_its_database_connection_while_it_works() -> None:
    with worker(), psycopg2.connect(os.environ["DATABASE_URL"]) as database:
        for length in (1, 2):
            note_connection.apply_async(queue="bulk")
            first, *others = wait_for_length(RAN, length)
        assert others == [first]
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [first])
        note_connection.apply_async(queue="bulk")
        assert wait_for_length(RAN, 3)[2] != first
    database.close()


def test_redelivery_takes_a_minute_not_an_hour() -> None:
    assert app.conf.broker_transport_options["visibility_timeout"] == REDELIVERED_AFTER <= 60


def test_a_task_without_a_queue_waits_behind_the_others() -> None:
    assert app.conf.task_default_queue == QUEUES[-1]


def test_every_periodic_task_exists() -> None:
    app.loader.import_default_modules()
    assert set(SCHEDULE) <= set(app.tasks)
