"""The product's end of the wire, reduced to a listener: keeps what it is sent, answers as told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from helsinki_proactive.simulator.client import AUTH_TOKEN

EMPTY_TWIML = "<Response/>"


@dataclass
class Product:
    """What came, in order, and what to answer next."""

    url: str
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    forged: int = 0
    twiml: str = EMPTY_TWIML
    refuse_next: int = 0

    @property
    def reply_url(self) -> str:
        """Where texts from families are wanted."""
        return f"{self.url}/reply"

    @property
    def status_url(self) -> str:
        """Where statuses are wanted."""
        return f"{self.url}/status?from=simulator"

    @property
    def replies(self) -> list[dict[str, str]]:
        """The texts that came."""
        return [form for path, form in self.calls if path == "/reply"]

    def statuses(self, sid: str) -> list[str]:
        """Return the statuses that came for one message."""
        return [
            form["MessageStatus"]
            for path, form in self.calls
            if path.startswith("/status") and form["MessageSid"] == sid
        ]

    def receipt(self, sid: str, status: str) -> dict[str, str]:
        """Return the callback that told this status of one message."""
        return next(
            form
            for path, form in self.calls
            if path.startswith("/status")
            and (form["MessageSid"], form["MessageStatus"]) == (sid, status)
        )

    def wait_for_statuses(self, sid: str, count: int) -> list[str]:
        """Return the statuses of a message once there are `count`, or what there is after 5 s."""
        deadline = time.monotonic() + 5
        while len(self.statuses(sid)) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.statuses(sid)


@contextmanager
def listening_product() -> Iterator[Product]:
    """Listen on a free port of loopback."""
    validator = RequestValidator(AUTH_TOKEN)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode()
            form = dict(parse_qsl(body, keep_blank_values=True))
            signature = self.headers.get("X-Twilio-Signature", "")
            if not validator.validate(f"{product.url}{self.path}", form, signature):
                product.forged += 1
            if product.refuse_next:
                product.refuse_next -= 1
                self._answer(503, "")
                return
            product.calls.append((self.path, form))
            self._answer(200, product.twiml)

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        product = Product(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield product
        finally:
            server.shutdown()
            thread.join()
