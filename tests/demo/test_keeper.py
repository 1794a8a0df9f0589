"""Nothing of the demo outlives it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

SLEEPER = "import sys, os, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], psutil.Process]]:
    """A keeper, and the command that it keeps."""
    note = tmp_path / "pid"
    keeper = subprocess.Popen(
        [
            *(sys.executable, "-m", "helsinki_proactive.demo.keeper"),
            *(sys.executable, "-c", SLEEPER, str(note)),
        ],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    command = psutil.Process(int(note.read_text()))
    yield keeper, command
    with suppress(psutil.NoSuchProcess):
        command.kill()
    if keeper.stdin and not keeper.stdin.closed:
        keeper.stdin.close()
    keeper.wait(20)


def ended(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        psutil.wait_procs([process], timeout=20)
    return not process.is_running()


def test_a_kept_command_ends_with_its_starter(
    kept: tuple[subprocess.Popen[bytes], psutil.Process],
) -> None:
    keeper, command = kept
    assert keeper.stdin
    keeper.stdin.close()
    assert ended(command)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_group_leaves_the_command_to_its_starter(
    kept: tuple[subprocess.Popen[bytes], psutil.Process], number: signal.Signals
) -> None:
    keeper, command = kept
    os.killpg(keeper.pid, number)
    time.sleep(0.3)
    assert command.is_running()
    assert keeper.stdin
    keeper.stdin.close()
    assert ended(command)
