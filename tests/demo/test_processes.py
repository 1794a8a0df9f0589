"""The demo finds its ports whoever else is on the machine."""

import socket
import subprocess
import sys

from helsinki_proactive.demo.processes import HOST, listening

GREETER = """
import socket, sys
door = socket.socket(fileno=int(sys.argv[1]))
visitor, _ = door.accept()
visitor.sendall(b"welcome")
"""


def test_a_port_that_somebody_has_is_passed_over() -> None:
    with listening(0) as first:
        taken = first.getsockname()[1]
        with listening(taken) as second:
            assert second.getsockname()[1] not in (0, taken)


def test_a_kept_server_gets_the_socket_that_was_opened_for_it() -> None:
    with listening(0) as door:
        address = (HOST, door.getsockname()[1])
        keeper = subprocess.Popen(
            [
                *(sys.executable, "-m", "helsinki_proactive.demo.keeper"),
                *(sys.executable, "-c", GREETER, str(door.fileno())),
            ],
            stdin=subprocess.PIPE,
            pass_fds=[door.fileno()],
        )
    with keeper, socket.create_connection(address, timeout=30) as visitor:
        assert visitor.recv(100) == b"welcome"
