"""Runs one command for as long as somebody holds our standard input open.

    python -m helsinki_proactive.demo.keeper COMMAND ...

Whoever started us closes it by ending, killed or not; the command is then stopped.
"""

import os
import signal
import subprocess
import sys
import threading

STOPS_WITHIN_S = 8.0


def keep(command: list[str]) -> int:
    """Run ``command`` in a session of its own until it ends or our input does.

    It gets the open files that were passed on to us: the socket a server is to listen on.
    """
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, close_fds=False
    )

    def stop_at_the_end() -> None:
        sys.stdin.buffer.read()
        child.terminate()
        try:
            child.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)

    threading.Thread(target=stop_at_the_end, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    # A signal to the whole group reaches us through our starter's end. Caught, not ignored: what
    # is ignored stays so in the command.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    sys.exit(keep(sys.argv[1:]))
