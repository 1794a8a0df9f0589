"""The process: one event loop with the HTTP server and the SMTP server, on loopback only."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from helsinki_proactive.simulator import control, notification_api, pages, twilio_api
from helsinki_proactive.simulator.connections import AbortableProtocol
from helsinki_proactive.simulator.machine import Machine

HOST = "127.0.0.1"
SHUTDOWN_S = 1


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen (0: any free port) and whom to tell."""

    http: int = 0
    smtp: int = 0
    ready_path: Path | None = None
    stop_with_stdin: bool = False


class OwnPagesOnly:
    """Refuses requests that a browser sends from another site's page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or origin == f"http://{headers.get('host')}":
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("Not from there", status_code=403)(scope, receive, send)


def build_app(machine: Machine) -> ASGIApp:
    """Return the application around `machine`."""
    app = Starlette(
        routes=[
            *twilio_api.routes(),
            *notification_api.routes(),
            *control.routes(),
            *pages.routes(),
        ],
        middleware=[
            # Names only of this machine: a page on the internet can't rebind its name to us,
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            # nor post to us from a visitor's browser.
            Middleware(OwnPagesOnly),
        ],
    )
    app.state.machine = machine
    return app


async def serve(machine: Machine, ports: Ports, dials: Mapping[str, object]) -> None:
    """Run until a signal comes, or until stdin closes where that is asked for.

    Raises DialError for a dial that can't be turned so, and OSError for a port in use.
    """
    machine.board.turn(dials)
    loop = asyncio.get_running_loop()
    with _listen(ports.http) as http_socket, _listen(ports.smtp) as smtp_socket:
        smtp = await loop.create_server(machine.mailbox.protocol, sock=smtp_socket)
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(machine),
                http=AbortableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
        )
        if ports.stop_with_stdin:
            loop.add_reader(sys.stdin.fileno(), _stop_at_end_of_stdin, server)
        _announce(ports, http_socket, smtp_socket)
        try:
            await server.serve(sockets=[http_socket])
        finally:
            smtp.close()
            await machine.stop()


def _listen(port: int) -> socket.socket:
    # Named as TCP, else asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, port))
    # From here on connections queue up, so that being announced means being reachable.
    listening.listen(1024)
    listening.setblocking(False)
    return listening


def _announce(ports: Ports, http_socket: socket.socket, smtp_socket: socket.socket) -> None:
    ready = json.dumps(
        {
            "url": f"http://{HOST}:{http_socket.getsockname()[1]}",
            "smtp_host": HOST,
            "smtp_port": smtp_socket.getsockname()[1],
            "pid": os.getpid(),
        }
    )
    if ports.ready_path is not None:
        # Complete or not there: whoever waits for the file never reads half of it.
        unfinished = ports.ready_path.with_name(f"{ports.ready_path.name}.{os.getpid()}")
        unfinished.write_text(ready, encoding="utf-8")
        unfinished.replace(ports.ready_path)
    sys.stdout.write(f"{ready}\n")
    sys.stdout.flush()


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        server.should_exit = True
