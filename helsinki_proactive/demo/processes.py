"""What a city runs: web server, workers, beat; and the simulator in place of the providers."""

import os
import secrets
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

from helsinki_proactive.simulator.client import Simulator, SimulatorError, start_simulator

HOST = "127.0.0.1"
WEB_PORT, SIMULATOR_PORT, IDENTITY_PORT, SMTP_PORT = 8000, 8001, 8002, 8025
READY_WITHIN_S = 60.0


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(frozen=True)
class Running:
    """The demo's processes: where the web is, its log, and the simulator to talk to."""

    web_url: str
    web_log: Path
    simulator: Simulator

    def wait_until_ready(self) -> None:
        """Until the web server answers. Raises DemoError if it does not."""
        _wait_for(f"{self.web_url}/healthz", self.web_log)


@contextmanager
def running(logs: Path) -> Iterator[Running]:
    """Start everything, which goes on meanwhile; whatever happens, nothing is left behind.

    Raises DemoError.
    """
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        door = stack.enter_context(listening(WEB_PORT))
        web_url = f"http://{HOST}:{door.getsockname()[1]}"
        simulator = _simulator(stack, web_url, logs / "simulator.jsonl")
        identity_door = stack.enter_context(listening(IDENTITY_PORT))
        identity_url = f"http://{HOST}:{identity_door.getsockname()[1]}"
        environment = os.environ | {
            "CITIZEN_OIDC_ISSUER": identity_url,
            "CITIZEN_OIDC_CLIENT_ID": "demo",
            "CITIZEN_OIDC_CLIENT_SECRET": secrets.token_urlsafe(16),
            "HP_PUBLIC_URL": web_url,
            "TWILIO_BASE_URL": simulator.url,
            "EMAIL_HOST": simulator.smtp_host,
            "EMAIL_PORT": str(simulator.smtp_port),
            "QUIET_HOURS": "off",
            "BIND": f"fd://{door.fileno()}",
        }
        celery = [sys.executable, "-m", "celery", "-A", "helsinki_proactive"]
        gunicorn = [sys.executable, "-m", "gunicorn", "--config=python:helsinki_proactive.gunicorn"]
        identity = [sys.executable, "-m", "helsinki_proactive.simulator.identity"]
        identity += [f"--fd={identity_door.fileno()}", f"--issuer={identity_url}"]
        commands = {
            "web": (gunicorn, (door.fileno(),)),
            "identity": ([*identity, f"--client-url={web_url}"], (identity_door.fileno(),)),
            "worker": ([*celery, "worker", "--concurrency=2"], ()),
            "beat": ([*celery, "beat"], ()),
        }
        keepers = stack.enter_context(_kept_until_the_end())
        for name, (command, files) in commands.items():
            keepers.append(_keeper(command, environment, logs / f"{name}.log", files))
        door.close()
        identity_door.close()
        yield Running(web_url, logs / "web.log", simulator)


def listening(wished: int) -> socket.socket:
    """A socket on the wished port, or on any free one when somebody has it.

    It listens from now on, so that nobody else can have the port by the time the server starts.
    """
    try:
        return socket.create_server((HOST, wished))
    except OSError:
        return socket.create_server((HOST, 0))


def _simulator(stack: ExitStack, web_url: str, log: Path) -> Simulator:
    """The simulator on its usual ports, or on any when somebody has them."""
    for ports in ((_free_or_any(SIMULATOR_PORT), _free_or_any(SMTP_PORT)), (0, 0)):
        with suppress(SimulatorError):
            return stack.enter_context(
                start_simulator(
                    port=ports[0],
                    smtp_port=ports[1],
                    log_path=log,
                    account_sid=settings.TWILIO_ACCOUNT_SID,
                    auth_token=settings.TWILIO_AUTH_TOKEN,
                    senders=[settings.TWILIO_FROM, *filter(None, [settings.TWILIO_SENDER_NAME])],
                    webhook_url=f"{web_url}/webhooks/twilio/reply",
                    status_callback_url=f"{web_url}/webhooks/twilio/status",
                )
            )
    raise DemoError("the simulator does not start; see its messages above")


def _free_or_any(wished: int) -> int:
    """The port, or 0 when somebody has it."""
    with listening(wished) as probe:
        return wished if probe.getsockname()[1] == wished else 0


@contextmanager
def _kept_until_the_end() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The keepers put into the list end with the block, all at once."""
    keepers: list[subprocess.Popen[bytes]] = []
    try:
        yield keepers
    finally:
        for keeper in keepers:
            if keeper.stdin:
                keeper.stdin.close()
        for keeper in keepers:
            keeper.wait()


def _keeper(
    command: list[str], environment: Mapping[str, str], log: Path, files: tuple[int, ...]
) -> "subprocess.Popen[bytes]":
    """Run the command, which gets these open files, until our end of its keeper is closed."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "helsinki_proactive.demo.keeper", *command],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=files,
        )


def _wait_for(url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        with suppress(OSError), urlopen(url, timeout=2) as answer:  # noqa: S310  our own server
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise DemoError(f"the web server does not answer; its log is {log}")
