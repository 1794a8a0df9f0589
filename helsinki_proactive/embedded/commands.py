"""The environment of a management command: its servers, its secrets, its database role."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from helsinki_proactive.embedded import (
    CHECKOUT,
    local_folder,
    models_fingerprint,
    secrets_of,
    servers,
)
from helsinki_proactive.embedded.folder import EmbeddedError, Folder
from helsinki_proactive.embedded.keys import Keys

AS_OWNER = frozenset({"flush", "migrate", "pgtrigger", "prune_seal"})
"""These change tables or what is append-only; all others connect as the application does."""
WITHOUT_MIGRATING = AS_OWNER - {"prune_seal"} | {
    "dbshell",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
}
WITHOUT_SERVERS = frozenset(
    {
        *("", "--help", "--version", "help", "version", "check", "collectstatic"),
        *("compilemessages", "makemessages", "spectacular", "startapp"),
    }
)


@contextmanager
def environment_for(command: str) -> Iterator[None]:
    """Fill in what the environment does not say, for as long as the command runs.

    Where people are served (HP_ENV) nothing is filled in. Elsewhere the secrets come from the
    generated file, and with DATABASE_URL or REDIS_URL unset the embedded servers run meanwhile,
    migrated to the models of this checkout. Raises EmbeddedError.
    """
    if command in AS_OWNER:
        os.environ["HP_DATABASE_ROLE"] = "owner"
    if os.environ.get("HP_ENV", "development") not in ("development", "test"):
        yield
        return
    folder = local_folder()
    with folder.locked("start"):
        _fill_in({**secrets_of(Keys.load(folder.keys)), "SEAL_DIR": str(folder.path / "seals")})
    if {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys() or command in WITHOUT_SERVERS:
        yield
        return
    with servers(folder) as running:
        ours = "DATABASE_URL" not in os.environ
        _fill_in(running.environment())
        if ours and command not in WITHOUT_MIGRATING:
            _migrate(folder)
        yield


def _fill_in(values: dict[str, str]) -> None:
    for name, value in values.items():
        os.environ.setdefault(name, value)


def _migrate(folder: Folder) -> None:
    """Bring the embedded database to the models of this checkout, once for each change."""
    with folder.locked("migrate"):
        fingerprint = models_fingerprint()
        if folder.migrated.exists() and folder.migrated.read_text() == fingerprint:
            return
        done = subprocess.run(
            [sys.executable, CHECKOUT / "manage.py", "migrate", "--verbosity=0"], check=False
        )
        if done.returncode:
            raise EmbeddedError(
                "the embedded database could not be migrated to this version. If what is in it "
                f"may go, delete the folder {folder.path} and run the command again."
            )
        folder.migrated.write_text(fingerprint)
