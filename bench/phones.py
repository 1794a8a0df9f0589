"""Families' phones, as Twilio brings their texts to a web server, and that server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg2
from twilio.request_validator import RequestValidator

from helsinki_proactive.embedded.server import free_port

PROJECT = Path(__file__).parent.parent
PUBLIC_URL = "http://bench.test"
PATHS = {"ours": "/webhooks/twilio/reply", "limit": "/limit/reply"}
APPLICATIONS = {
    "ours": ["--config=python:helsinki_proactive.gunicorn"],
    "limit": ["bench.limits.replies:application", "--threads=4", "--worker-class=gthread"],
}
Request = tuple[str, bytes, dict[str, str]]

TOLD = """
    UPDATE offers_message SET state = 'sending', claimed_at = now(), lease_until = now()
    WHERE state = 'queued';
    UPDATE offers_message SET state = 'sent', sent_at = now(), lease_until = NULL,
        provider = 'twilio', provider_id = 'SM' || id
    WHERE state = 'sending'
"""
"""Every message has been taken by the provider: families may answer."""

_numbers = count()


def request(validator: RequestValidator, path: str, family: int, words: str) -> Request:
    """A family's text as Twilio posts it."""
    fields = {"MessageSid": f"SMb{next(_numbers):030}", "From": f"+35845{family:07}", "Body": words}
    signature = validator.compute_signature(PUBLIC_URL + path, fields)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
        "Host": "bench.test",
    }
    return path, urlencode(fields).encode(), headers


def send_all(port: int, requests: Sequence[Request], connections: int) -> list[float]:
    """Post them over so many connections; the seconds each took. Every one must be answered."""

    def send(share: Sequence[Request]) -> list[float]:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        spent = []
        for path, body, headers in share:
            began = time.perf_counter()
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            content = answer.read()
            spent.append(time.perf_counter() - began)
            assert answer.status == 200, answer.status
            assert "webhooks" not in path or b"<Message" in content, "not answered"
        line.close()
        return spent

    shares = [requests[start::connections] for start in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        return [seconds for spent in pool.map(send, shares) for seconds in spent]


@contextmanager
def serving(name: str, workers: int) -> Iterator[int]:
    """The application behind gunicorn; the port."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", *APPLICATIONS[name]),
            *(f"--bind=127.0.0.1:{port}", f"--workers={workers}", "--max-requests=0"),
            *("--access-logfile=/dev/null", "--log-level=error"),
        ],
        cwd=PROJECT,
        env={
            k: v for k, v in os.environ.items() if name == "ours" or k != "DJANGO_SETTINGS_MODULE"
        },
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Until somebody listens."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        line = HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError):
            line.request("GET", "/")
            line.getresponse()
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def run_as(url: str, sql: str) -> None:
    """Run statements as somebody."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in sql.split(";"):
            cursor.execute(statement)
    connection.close()
