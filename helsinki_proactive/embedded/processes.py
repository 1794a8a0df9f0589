"""What runs on this machine, as far as everybody may see it: no rights over others are needed."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def alive(pid: int) -> bool:
    """Whether there is such a process, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str:
    """How a process was called, or what it calls itself; empty if it has ended."""
    with suppress(OSError):
        return _told(PROC / str(pid) / "cmdline")
    return _ps("-o", "command=", "-p", str(pid)).strip()


def command_lines() -> Iterator[tuple[int, str]]:
    """The same of every process."""
    if (PROC / "self").exists():
        for folder in PROC.glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                yield int(folder.name), _told(folder / "cmdline")
        return
    for line in _ps("-ax", "-o", "pid=,command=").splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command


def _told(file: Path) -> str:
    return file.read_text(errors="surrogateescape").replace("\0", " ")


def _ps(*options: str) -> str:
    """macOS has no /proc."""
    command = ["ps", "-ww", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
