"""The ground faults are played on: real senders, a real provider's log, and an honest count."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from bench.cohort import round_awaiting_approval
from citizens.models import ContactPoint
from helsinki_proactive.simulator.client import SimulatedText, Simulator
from offers.models import CaseKind, Message, MessageState, Round
from offers.rounds.approval import approve_round
from offers.rounds.generate import generate_offers

PROJECT = Path(__file__).parent.parent
BETWEEN_SERVER_KILLS = 15.0
"""Seconds. A server that dies more often is given up by its supervisor, as it should be."""

PATIENCE = 60.0
"""Seconds after which what is not settled is counted as it stands."""


@dataclass
class Count:
    """One run: the provider's own log beside the database."""

    messages: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    parked: int = 0


class Ground:
    """One round's messages, and the processes that send them. ``close`` ends every process."""

    SENDER = ("manage.py", "sending", "sweep", "--every", "0.2")
    WORKER = ("-m", "celery", "--app=helsinki_proactive", "worker", "--concurrency=1")
    WORKER_OPTIONS = ("--queues=replies,reminders,bulk", "--loglevel=warning", "--without-gossip")
    WEB = ("-m", "gunicorn", "--config=python:helsinki_proactive.gunicorn")
    BEAT = ("-m", "celery", "--app=helsinki_proactive", "beat", "--loglevel=warning")

    servers_safe_until = 0.0

    def __init__(self, simulator: Simulator, log: Path) -> None:
        self.simulator = simulator
        self.struck = False
        self.wants_receipts = False
        self.environment: dict[str, str] = {}
        """What every process started from now on is told besides."""
        self.forbidden: dict[int, tuple[str, ...]] = {}
        """Messages (ids) that must not go out, and the reasons one of which must be recorded."""
        self.recallable: dict[int, tuple[str, ...]] = {}
        """The same for messages that may have been on the wire already."""
        self.only_gateway = ""
        """The one provider that may carry these messages, where not every one may."""
        self._at_end = ExitStack()
        self.log = log
        self._processes: list[subprocess.Popen[bytes]] = []
        self._round: Round | None = None
        self._seen = 0

    def queue(self, name: str, *, days: int = 14) -> None:
        """Approve a round of so many days and write its messages; the bell rings."""
        time.sleep(max(Ground.servers_safe_until - time.monotonic(), 0))
        self._seen = len(self.simulator.messages())
        round, approver = round_awaiting_approval(name, days=days)
        approve_round(round=round, digest=round.frozen_digest, by=approver)
        round.refresh_from_db()
        generate_offers(round=round)
        self._round = round

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a Python process of the product in a process group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=PROJECT,
                env=os.environ | self.environment | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def start_sender(self) -> subprocess.Popen[bytes]:
        """A process that sends what is due, looks after leases and asks the provider's list."""
        return self.start(*self.SENDER)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A Celery worker, sending when the bell rings."""
        return self.start(*self.WORKER, *self.WORKER_OPTIONS)

    def start_web(self) -> None:
        """A web server for the provider's receipts; returns when it listens."""
        address = urlsplit(os.environ["HP_PUBLIC_URL"])
        self.start(*self.WEB, BIND=address.netloc, WEB_WORKERS="1")
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            with suppress(OSError), socket.create_connection((address.hostname, address.port)):
                return
            time.sleep(0.1)

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """Strike a process and its children, now; one that had died already is no hit."""
        self.struck = process.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait()
        self._processes.remove(process)

    def kill_server(self, name: str) -> None:
        """kill -9 of a database or broker; its supervisor starts it again."""
        Ground.servers_safe_until = time.monotonic() + BETWEEN_SERVER_KILLS
        for process in psutil.Process().children(recursive=True):
            parent = process.parent()
            if process.name().startswith(name) and parent and parent.name() != process.name():
                process.kill()
                self.struck = True
        connection.close()  # its process at the old server may outlive that for a moment

    def wait_for_acceptance(self, *, after: int = 0) -> bool:
        """Wait until the provider has taken a text more than ``after`` of this run."""
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            if self.taken() > after:
                return True
            time.sleep(0.005)
        return False

    def wait_for_gateway(self, gateway: str) -> bool:
        """Wait until the provider has taken a text of this run."""
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            if any(text.gateway == gateway for text in self._texts()):
                return True
            time.sleep(0.05)
        return False

    def taken(self) -> int:
        """How many texts of this run the providers have taken so far."""
        return len(self._texts())

    def _texts(self) -> list[SimulatedText]:
        """What the product has sent by itself; not what answers somebody's text."""
        texts = self.simulator.messages()[self._seen :]
        return [text for text in texts if text.direction == "outbound-api"]

    def settle(self, *, sabotaged: bool) -> None:
        """Wait until every message has an end or a person to look after it.

        Sabotaged, what a dead sender held never has: then only for what nobody has claimed.
        """
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            try:
                if not self._unsettled(sabotaged=sabotaged):
                    return
            except (OperationalError, InterfaceError):
                connection.close()
            time.sleep(0.1)

    def messages(self) -> "QuerySet[Message]":
        """The messages of this run."""
        return Message.objects.filter(round=self._round)

    def _unsettled(self, *, sabotaged: bool) -> bool:
        open_states = [MessageState.QUEUED]
        if not sabotaged:
            open_states += [MessageState.SENDING, MessageState.UNCERTAIN]
        if self.wants_receipts:
            open_states.append(MessageState.SENT)
        parked = {"cases__kind": CaseKind.UNCERTAIN_MESSAGE}
        return self.messages().filter(state__in=open_states).exclude(**parked).exists()

    def count(self) -> Count:
        """Compare what the providers took with what they should have.

        Once, unless the message may not go out: then never, and with its own reason recorded. A
        message without the receipt that was wanted counts as lost, and so does one that was left
        to a person although its provider has a list to be asked; a text by a provider that may not
        carry it counts as one too many.
        """
        messages = list(self.messages())
        texts = self._texts()
        taken = Counter(text.to for text in texts)
        uncertain = self.messages().filter(state=MessageState.UNCERTAIN)
        parked = uncertain.filter(cases__kind=CaseKind.UNCERTAIN_MESSAGE)
        unknowable = set(parked.exclude(provider="twilio").values_list("pk", flat=True))
        counted = Count(messages=len(messages), uncertain=uncertain.count(), parked=parked.count())
        for message in messages:
            times = taken[_number(message)]
            most = 0 if message.pk in self.forbidden else 1
            counted.doubled += max(times - most, 0)
            if times == 0 and message.pk not in unknowable:
                counted.lost += not self._rightly_withheld(message)
            elif self.wants_receipts:
                counted.lost += message.state != MessageState.DELIVERED
        if self.only_gateway:
            counted.doubled += sum(text.gateway != self.only_gateway for text in texts)
        return counted

    def _rightly_withheld(self, message: Message) -> bool:
        reasons = self.forbidden.get(message.pk) or self.recallable.get(message.pk) or ()
        is_final = message.state in (MessageState.CANCELLED, MessageState.FAILED)
        return is_final and message.reason in reasons

    def let_no_lease_run_out(self) -> None:
        """Sabotage: what a dead sender held stays held, so that the count must notice."""
        self.messages().filter(state=MessageState.SENDING).update(
            lease_until=timezone.now() + timedelta(days=1)
        )

    def until_the_end(self, context: AbstractContextManager[object]) -> None:
        """Enter the context, and leave it when the run is over and counted."""
        self._at_end.enter_context(context)

    def close(self) -> None:
        """End every process this ground has started, and leave things as they were."""
        struck = self.struck
        for process in list(self._processes):
            self.kill(process)
        self.struck = struck
        self._at_end.close()


def _number(message: Message) -> str:
    return ContactPoint.objects.get(messages=message).unseal("value")
