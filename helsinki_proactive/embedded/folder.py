"""Where one set of embedded servers keeps its files, and the locks that keep its users in order."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class EmbeddedError(Exception):
    """The embedded servers cannot run here; the message says why and what to do."""


class Lock:
    """A file lock. The kernel lets go of it when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def share(self) -> None:
        """Hold it together with others; waits for somebody who holds it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def take(self) -> None:
        """Hold it alone; waits for everybody else."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Hold it alone if nobody else holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


@dataclass(frozen=True)
class State:
    """What a running supervisor says of itself."""

    supervisor_pid: int
    postgres_port: int
    valkey_port: int


@dataclass(frozen=True)
class Folder:
    """One folder with keys, data, log and locks."""

    path: Path

    def create(self) -> None:
        """Make the folder if it is not there."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(
                f"cannot make the folder {self.path}: {error.strerror}. "
                "Set HP_LOCAL_DIR to one that can be written."
            ) from None

    @property
    def keys(self) -> Path:
        """The generated secrets."""
        return self.path / "keys.json"

    @property
    def log(self) -> Path:
        """What the servers and their supervisor wrote."""
        return self.path / "servers.log"

    @property
    def migrated(self) -> Path:
        """The fingerprint of the models the database was last migrated to."""
        return self.path / "migrated"

    def lock(self, name: str) -> Lock:
        """One of the locks: users (shared by who needs the servers), start, supervisor."""
        return Lock(self.path / f"{name}.lock")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold the lock ``name`` alone for a while."""
        lock = self.lock(name)
        lock.take()
        try:
            yield
        finally:
            lock.release()

    def state(self) -> State | None:
        """What the supervisor wrote when both servers were ready."""
        with suppress(OSError, ValueError, TypeError):
            return State(**json.loads((self.path / "servers.json").read_text()))
        return None

    def write_state(self, state: State | None) -> None:
        """Say that the servers are ready, or (None) that they are not."""
        path = self.path / "servers.json"
        if state is None:
            path.unlink(missing_ok=True)
            return
        new = path.with_suffix(".new")
        new.write_text(json.dumps(vars(state)))
        new.replace(path)

    def log_tail(self) -> str:
        """The last lines of the log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return ""
