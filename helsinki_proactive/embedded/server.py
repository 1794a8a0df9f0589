"""What the two servers have in common: a process on a loopback port, started and stopped."""

import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO

from helsinki_proactive.embedded.account import Account
from helsinki_proactive.embedded.folder import EmbeddedError, Folder
from helsinki_proactive.embedded.keys import Keys

READY_WITHIN = 60.0
"""Seconds; PostgreSQL's recovery after it was killed included."""
STOPPED_WITHIN = 20.0
"""Seconds; then it is killed."""
PORTS_TRIED = 5


def free_port() -> int:
    """A TCP port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Server(ABC):
    """One server process. ``throwaway``: its data need not outlive the machine's power."""

    def __init__(
        self, *, folder: Folder, keys: Keys, account: Account, home: Path, throwaway: bool
    ) -> None:
        self.folder = folder
        self.keys = keys
        self.account = account
        self.home = home
        self.throwaway = throwaway
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder."""

    @abstractmethod
    def clear_away(self) -> None:
        """End what a killed predecessor left. Raises EmbeddedError."""

    @abstractmethod
    def _open(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the process."""

    @abstractmethod
    def _ready(self, pid: int) -> bool:
        """Whether that process takes connections."""

    def start(self) -> None:
        """Start it on a free port and wait until it answers. Raises EmbeddedError."""
        self.prepare()
        for _ in range(PORTS_TRIED):  # somebody may take the port between our look and its start
            self.port = free_port()
            if self._launch():
                return
        raise self._not_started("does not start")

    def keep_running(self) -> bool:
        """Start it again on its port if it has died, and say so. Raises EmbeddedError."""
        if self._process is not None and self._process.poll() is None:
            return False
        give_up = time.monotonic() + READY_WITHIN
        while not self._launch():  # another program may have its port for a moment
            if time.monotonic() > give_up:
                raise self._not_started("died and does not start again")
            time.sleep(0.2)
        return True

    def _not_started(self, what: str) -> EmbeddedError:
        return EmbeddedError(f"{type(self).__name__} {what}:\n{self.folder.log_tail()}")

    def stop(self) -> None:
        """Stop it and wait for its end."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)  # PostgreSQL: end the sessions, write, stop
        try:
            self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _launch(self) -> bool:
        self.clear_away()
        with self.folder.log.open("ab") as log:
            self._process = self._open(log)
        give_up = time.monotonic() + READY_WITHIN
        while time.monotonic() < give_up and self._process.poll() is None:
            if self._ready(self._process.pid):
                return True
            time.sleep(0.01)
        self.stop()
        return False
