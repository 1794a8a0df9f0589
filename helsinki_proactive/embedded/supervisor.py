"""The process that runs the two servers: `python -m helsinki_proactive.embedded.supervisor FOLDER`.

It lives for as long as somebody shares the folder's ``users`` lock. The kernel lets go of a
killed user's lock, so the servers stop even then; a server that dies meanwhile is started again.
"""

import argparse
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from helsinki_proactive.embedded.account import Account, data_home
from helsinki_proactive.embedded.folder import EmbeddedError, Folder, State
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.embedded.postgres import Postgres
from helsinki_proactive.embedded.server import Server
from helsinki_proactive.embedded.valkey import Valkey

GLANCE = 0.2
"""Seconds between two looks at the users and the servers."""
RESTARTS = 5
"""A server that dies more often than this within RESTARTS_WITHIN seconds is given up."""
RESTARTS_WITHIN = 60.0


def supervise(folder: Folder, *, throwaway: bool) -> None:
    """Run both servers until nobody needs them. Raises EmbeddedError."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    supervisor = folder.lock("supervisor")
    if not supervisor.try_take():
        raise EmbeddedError("another supervisor is at work in this folder")
    users = folder.lock("users")
    keys = Keys.load(folder.keys)
    account = Account.choose()
    home = data_home(folder, keys, account)
    postgres, valkey = (
        kind(folder=folder, keys=keys, account=account, home=home, throwaway=throwaway)
        for kind in (Postgres, Valkey)
    )
    try:
        valkey.start()
        postgres.start()
        folder.write_state(State(os.getpid(), postgres.port, valkey.port))
        _watch([postgres, valkey], stop=stop, unused=users.try_take)
    finally:
        folder.write_state(None)
        postgres.stop()
        valkey.stop()
        if throwaway:
            shutil.rmtree(home, ignore_errors=True)
            shutil.rmtree(folder.path, ignore_errors=True)


def _watch(servers: list[Server], *, stop: threading.Event, unused: Callable[[], bool]) -> None:
    restarts: list[float] = []
    while not stop.wait(GLANCE) and not unused():
        for server in servers:
            if server.keep_running():
                now = time.monotonic()
                restarts = [at for at in restarts if now - at < RESTARTS_WITHIN] + [now]
        if len(restarts) > RESTARTS:
            raise EmbeddedError("the servers die again and again")


def main() -> int:
    """Run from the command line; what went wrong is the last line written."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--throwaway", action="store_true")
    options = parser.parse_args()
    try:
        supervise(Folder(options.folder), throwaway=options.throwaway)
    except EmbeddedError as error:
        print(error, file=sys.stderr)  # noqa: T201  the log is our standard error
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
