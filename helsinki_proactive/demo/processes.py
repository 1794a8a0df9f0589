"""What a city runs: web server, workers, beat; and the simulator in place of the providers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings

from helsinki_proactive.simulator.client import Simulator, start_simulator

HOST = "127.0.0.1"
WEB_PORT, SIMULATOR_PORT, SMTP_PORT = 8000, 8001, 8025
READY_WITHIN_S = 60.0


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(frozen=True)
class Running:
    """The demo's processes: where the web is, and the simulator to talk to."""

    web_url: str
    simulator: Simulator


@contextmanager
def running(logs: Path) -> Iterator[Running]:
    """Start everything; whatever happens, nothing is left behind. Raises DemoError."""
    web_port, simulator_port, smtp_port = map(_port, (WEB_PORT, SIMULATOR_PORT, SMTP_PORT))
    web_url = f"http://{HOST}:{web_port}"
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        simulator = stack.enter_context(
            start_simulator(
                port=simulator_port,
                smtp_port=smtp_port,
                log_path=logs / "simulator.jsonl",
                account_sid=settings.TWILIO_ACCOUNT_SID,
                auth_token=settings.TWILIO_AUTH_TOKEN,
                senders=[settings.TWILIO_FROM],
                webhook_url=f"{web_url}/webhooks/twilio/reply",
                status_callback_url=f"{web_url}/webhooks/twilio/status",
            )
        )
        environment = os.environ | {
            "HP_PUBLIC_URL": web_url,
            "TWILIO_BASE_URL": simulator.url,
            "EMAIL_HOST": simulator.smtp_host,
            "EMAIL_PORT": str(simulator.smtp_port),
            "QUIET_HOURS": "off",
            "BIND": f"{HOST}:{web_port}",
        }
        celery = [sys.executable, "-m", "celery", "-A", "helsinki_proactive"]
        commands = {
            "web": [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", "python:helsinki_proactive.gunicorn"),
            ],
            "worker": [*celery, "worker", "--concurrency=2"],
            "beat": [*celery, "beat"],
        }
        for name, command in commands.items():
            stack.enter_context(_kept(command, environment, logs / f"{name}.log"))
        _wait_for(f"{web_url}/healthz", logs / "web.log")
        yield Running(web_url, simulator)


def _port(wished: int) -> int:
    """The wished port, or any free one when somebody has it."""
    for port in (wished, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise DemoError("no free port on this machine")


@contextmanager
def _kept(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "helsinki_proactive.demo.keeper", *command],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        if keeper.stdin:
            keeper.stdin.close()
        keeper.wait()


def _wait_for(url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        with suppress(OSError), urlopen(url, timeout=2) as answer:  # noqa: S310  our own server
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise DemoError(f"the web server does not answer; its log is {log}")
