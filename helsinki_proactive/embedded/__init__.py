"""A local PostgreSQL and Valkey when the environment names none.

The real servers, out of wheels, under ``.local/`` (or ``HP_LOCAL_DIR``): no Docker, no database to
install. Whoever needs them first starts them, others join, and the last to leave stops them.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from helsinki_proactive.embedded.folder import EmbeddedError, Folder, Lock, State
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.embedded.postgres import APP, DATABASE, OWNER, SUPERUSER
from helsinki_proactive.embedded.server import READY_WITHIN, STOPPED_WITHIN, answers

__all__ = ["EmbeddedError", "Servers", "local_folder", "models_fingerprint", "servers"]

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SHAPES_THE_DATABASE = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "*/models.py",
    "*/*/models.py",
    "*/models/*.py",
    "helsinki_proactive/grants.py",
    "helsinki_proactive/staff/roles.py",
    "requirements.txt",
)


@dataclass(frozen=True)
class Servers:
    """Running servers: where they are and how to get in."""

    keys: Keys
    postgres_port: int
    valkey_port: int

    def database_url(self, role: str = APP, *, database: str = DATABASE) -> str:
        """The address of the database for one of the roles."""
        password = {
            APP: self.keys.app_password,
            OWNER: self.keys.owner_password,
            SUPERUSER: self.keys.superuser_password,
        }[role]
        return f"postgres://{role}:{password}@127.0.0.1:{self.postgres_port}/{database}"

    def redis_url(self, *, database: int = 0) -> str:
        """The address of one of Valkey's databases."""
        return f"redis://:{self.keys.valkey_password}@127.0.0.1:{self.valkey_port}/{database}"

    def environment(self) -> dict[str, str]:
        """The variables that settings read."""
        return {
            "DATABASE_URL": self.database_url(),
            "DATABASE_OWNER_URL": self.database_url(OWNER),
            "REDIS_URL": self.redis_url(),
            **secrets_of(self.keys),
        }


def secrets_of(keys: Keys) -> dict[str, str]:
    """The generated secrets, as the variables that settings read."""
    return {
        "SECRET_KEY": keys.secret_key,
        "HP_KEYS": keys.encryption_keys,
        "TWILIO_ACCOUNT_SID": keys.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": keys.twilio_auth_token,
    }


def local_folder(environment: Mapping[str, str] = os.environ) -> Folder:
    """This checkout's folder: ``HP_LOCAL_DIR``, else ``.local``. Made if it is not there."""
    folder = Folder(Path(environment.get("HP_LOCAL_DIR") or CHECKOUT / ".local").resolve())
    folder.create()
    return folder


def models_fingerprint() -> str:
    """Changes whenever a database that was migrated earlier may no longer fit the code."""
    digest = hashlib.sha256()
    for pattern in SHAPES_THE_DATABASE:
        for path in sorted(CHECKOUT.glob(pattern)):
            digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def servers(folder: Folder, *, throwaway: bool = False) -> Iterator[Servers]:
    """Both servers of ``folder``, started if they do not run, stopped if nobody else needs them.

    ``throwaway``: quick instead of safe on disk, and the folder is deleted with them.
    Raises EmbeddedError.
    """
    users = folder.lock("users")
    users.share()  # waits while a supervisor is about to stop
    try:
        with folder.locked("start"):
            keys = Keys.load(folder.keys)
            state = _running(folder) or _start(folder, throwaway=throwaway)
        yield Servers(keys, state.postgres_port, state.valkey_port)
    finally:
        _leave(folder, users)


def _running(folder: Folder) -> State | None:
    """The state of a supervisor that is at work, once its servers answer."""
    give_up = time.monotonic() + READY_WITHIN
    while time.monotonic() < give_up:
        supervisor = folder.lock("supervisor")
        stopped = supervisor.try_take()
        supervisor.release()
        if stopped:
            return None
        state = folder.state()
        if state and answers(state.postgres_port) and answers(state.valkey_port):
            return state
        time.sleep(0.02)
    raise EmbeddedError(f"the servers in {folder.path} do not answer:\n{folder.log_tail()}")


def _start(folder: Folder, *, throwaway: bool) -> State:
    command = [sys.executable, "-m", f"{__name__}.supervisor", str(folder.path)]
    folder.log.unlink(missing_ok=True)
    with folder.log.open("ab") as log:
        supervisor = subprocess.Popen(
            command + (["--throwaway"] if throwaway else []),
            cwd=CHECKOUT,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for its users
        )
    while supervisor.poll() is None:
        state = folder.state()
        if state is not None and state.supervisor_pid == supervisor.pid:
            supervisor.returncode = 0  # it may outlive us; _leave waits for it if it does not
            return state
        time.sleep(0.01)
    raise EmbeddedError(f"PostgreSQL and Valkey could not be started:\n{folder.log_tail()}")


def _leave(folder: Folder, users: Lock) -> None:
    """Let go of the servers; the last to leave waits until they have stopped."""
    state = folder.state()
    if users.try_take() and state is not None:
        with suppress(ProcessLookupError):
            os.kill(state.supervisor_pid, signal.SIGTERM)
        give_up = time.monotonic() + 2 * STOPPED_WITHIN
        supervisor = folder.lock("supervisor")
        while not supervisor.try_take() and time.monotonic() < give_up:
            time.sleep(0.01)
        supervisor.release()
        with suppress(ChildProcessError):  # it is the child of whoever started it
            os.waitpid(state.supervisor_pid, 0)
    users.release()
