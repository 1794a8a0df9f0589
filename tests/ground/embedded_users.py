"""Users of embedded servers: in this process and in others."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.folder import Folder, State
from helsinki_proactive.embedded.keys import Keys

CHECKOUT = Path(__file__).resolve().parent.parent.parent
HOLDER = Path(__file__).with_name("hold_servers.py")
Process = subprocess.Popen[str]


def start_holder(folder: Folder, **options: Any) -> Process:
    return subprocess.Popen(
        [sys.executable, str(HOLDER), str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"]},
        **options,
    )


@contextmanager
def holder(folder: Folder, **options: Any) -> Iterator[tuple[Process, dict[str, str]]]:
    """Another process that uses the servers, and the environment it has got."""
    process = start_holder(folder, **options)
    assert process.stdout is not None
    assert process.stderr is not None
    answer = process.stdout.readline()
    if not answer:
        pytest.fail(process.stderr.read())
    try:
        yield process, json.loads(answer)
    finally:
        process.communicate()


def ask(url: str, sql: str) -> Any:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else None


def works(environment: dict[str, str]) -> bool:
    with redis.Redis.from_url(environment["REDIS_URL"]) as valkey:
        return bool(valkey.ping()) and ask(environment["DATABASE_URL"], "SELECT 1") == 1


def postmaster(folder: Folder) -> psutil.Process:
    (pid_file,) = folder.path.glob("servers/*/postgres/postmaster.pid")
    return psutil.Process(int(pid_file.read_text().split()[0]))


def state_of(folder: Folder) -> State:
    state = folder.state()
    assert state is not None
    return state


def servers_of(folder: Folder) -> Servers:
    state = state_of(folder)
    return Servers(Keys.load(folder.keys), state.postgres_port, state.valkey_port)


def until(condition: Any) -> None:
    for _ in range(600):
        with suppress(OSError, psycopg2.Error, redis.ConnectionError, psutil.Error, ValueError):
            if condition():
                return
        time.sleep(0.05)
    pytest.fail("it did not come to that within 30 seconds")
