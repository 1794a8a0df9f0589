"""Starts the simulator as a process of its own and talks to it; for tests and the demo."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self, cast
from urllib.parse import urlencode

import urllib3

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "simulated-auth-token"  # noqa: S105  the account exists only on this machine
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
ANSWER_LIMIT_S = 60.0
CONNECTIONS = 16  # kept open, for as many threads
_PROJECT = Path(__file__).resolve().parents[2]


class SimulatorError(Exception):
    """The simulator did not start, or did not understand."""


@dataclass(frozen=True, slots=True)
class SimulatedText:
    """One SMS as the simulator knows it."""

    number: int
    sid: str
    direction: str
    from_number: str
    to: str
    body: str
    status: str
    error_code: int | None
    segments: int
    created_at: str
    updated_at: str
    gateway: str

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read the simulator's JSON."""
        renamed = {("from_number" if name == "from" else name): given[name] for name in given}
        return cls(**renamed)


@dataclass(frozen=True, slots=True)
class SimulatedMail:
    """One caught e-mail."""

    number: int
    arrived_at: str
    sender: str
    recipients: list[str]
    subject: str
    headers: list[list[str]]
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class ReplyOutcome:
    """What became of a family's text: the webhook's status and time, and the answers."""

    sid: str
    keyword: str | None
    http_status: int | None
    milliseconds: float | None
    attempts: int
    answers: list[SimulatedText]
    error: str | None


class Simulator:
    """A running simulator; every call raises SimulatorError when it is refused."""

    def __init__(
        self, *, url: str, smtp_port: int, smtp_host: str = "127.0.0.1", pid: int | None = None
    ) -> None:
        self.url = url
        self.smtp_host = smtp_host
        self.smtp_port = smtp_port
        self.pid = pid
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False)

    def dial(self, **dials: object) -> dict[str, Any]:
        """Turn the named dials (see `dials.Dials`) and return all of them."""
        return dict(self._call("POST", "/simulator/dials", json=dials))

    def dial_notification(self, **dials: object) -> dict[str, Any]:
        """Turn the named dials of the City's notification service and return all of them."""
        where = {"gateway": "notification"}
        return dict(self._call("POST", "/simulator/dials", params=where, json=dials))

    @property
    def notification_url(self) -> str:
        """Where the City's notification service answers; its token is the account's."""
        return f"{self.url}/notification-service"

    def reset_dials(self) -> None:
        """Turn every dial of every gateway back, but the product's addresses."""
        for gateway in ("twilio", "notification"):
            self._call("DELETE", "/simulator/dials", params={"gateway": gateway})

    def release_callbacks(self) -> int:
        """Send the held status callbacks, stop holding, and return how many there were."""
        return int(self._call("POST", "/simulator/callbacks/release")["released"])

    def reply(self, from_number: str, to: str, body: str) -> ReplyOutcome:
        """Send a text from a phone and wait for the product's answer."""
        given = self._call(
            "POST", "/simulator/replies", json={"from": from_number, "to": to, "body": body}
        )
        answers = [SimulatedText.read(answer) for answer in given["answers"]]
        return ReplyOutcome(**{**given, "answers": answers})

    def messages(self, *, to: str | None = None, since: int = 0) -> list[SimulatedText]:
        """Return the texts the product sent, in any status: all, or those to one phone."""
        query = {"since": since} if to is None else {"since": since, "phone": to}
        found = self._call("GET", "/simulator/messages.json", params=query)
        return [SimulatedText.read(each) for each in found if each["direction"] != "inbound"]

    def arrivals(self, *, since: int = 0) -> list[SimulatedText]:
        """Return texts in the order in which they arrived, leaving out the first `since`."""
        found = self._call("GET", "/simulator/arrivals.json", params={"since": since})
        return [SimulatedText.read(each) for each in found]

    def mails(self, *, since: int = 0) -> list[SimulatedMail]:
        """Return the caught mails numbered after `since`."""
        found = self._call("GET", "/simulator/mailbox.json", params={"since": since})
        return [SimulatedMail(**each) for each in found]

    def counts(self) -> dict[str, Any]:
        """Return the simulator's figures."""
        return dict(self._call("GET", "/simulator/counts.json"))

    def log(self, *, since: int = 0, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the log's entries after `since`, all or of one kind."""
        query = {"since": since} if kind is None else {"since": since, "kind": kind}
        return list(self._call("GET", "/simulator/log.json", params=query))

    def wait_for(self, kind: str, *, after: int = 0, seconds: int = 30) -> dict[str, Any] | None:
        """Wait for the first log entry of `kind` after `after`; None if none comes in time."""
        query = {"kind": kind, "after": after, "timeout": seconds}
        found = self._call("GET", "/simulator/wait", params=query, timeout=seconds + 10)
        return None if found is None else dict(found)

    def close(self) -> None:
        """Close the connections; the simulator runs on."""
        self._http.clear()

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        json: object = None,
        timeout: float = ANSWER_LIMIT_S,
    ) -> Any:
        url = f"{self.url}{path}?{urlencode(params or {})}"
        response = self._http.request(method, url, json=json, timeout=timeout)
        if response.status == 204:
            return None
        if response.status >= 400:
            said = response.data.decode(errors="replace")
            raise SimulatorError(f"{method} {path}: {response.status} {said}")
        return response.json()


@contextmanager
def start_simulator(
    *,
    port: int = 0,
    smtp_port: int = 0,
    log_path: Path | None = None,
    senders: Sequence[str] = (),
    seed: int = 0,
    account_sid: str = ACCOUNT_SID,
    auth_token: str = AUTH_TOKEN,
    **dials: object,
) -> Iterator[Simulator]:
    """Start a simulator, wait until it listens, and stop it at the end.

    It also stops by itself when this process dies. Raises SimulatorError if it can't start.
    """
    command = [sys.executable, "-m", "helsinki_proactive.simulator", "--stop-with-stdin"]
    command += [f"--port={port}", f"--smtp-port={smtp_port}", f"--seed={seed}"]
    command += [f"--sender={sender}" for sender in senders]
    command += [f"--dial={name}={json.dumps(value)}" for name, value in dials.items()]
    if log_path is not None:
        command.append(f"--log={log_path.resolve()}")
    account = {"TWILIO_ACCOUNT_SID": account_sid, "TWILIO_AUTH_TOKEN": auth_token}
    process = subprocess.Popen(
        command,
        cwd=_PROJECT,
        env=os.environ | account,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A group of its own: Ctrl-C reaches the owner, who then stops it in order.
        start_new_session=True,
    )
    try:
        simulator = Simulator(**_read_ready(process))
        try:
            yield simulator
        finally:
            simulator.close()
    finally:
        _stop(process)


def _read_ready(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    ready = cast(IO[bytes], process.stdout)
    deadline = time.monotonic() + START_LIMIT_S
    line = b""
    while not line.endswith(b"\n"):
        remaining = deadline - time.monotonic()
        readable, _, _ = select.select([ready], [], [], max(remaining, 0))
        piece = os.read(ready.fileno(), 4096) if readable else b""
        if not piece:
            raise SimulatorError("The simulator did not start; see its messages above.")
        line += piece
    return dict(json.loads(line))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_LIMIT_S)  # closes its pipes, too
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
