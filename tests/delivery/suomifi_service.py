"""A stand-in for Suomi.fi Messages on the wire: signing in, and taking electronic messages."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USERNAME, PASSWORD, SERVICE = "helsinki", "long-password", "esiopetus"


@dataclass
class SuomifiService:
    """What it was sent, and how it behaves: ``answers`` are statuses for the next messages."""

    url: str = ""
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    sign_ins: int = 0
    token: str = ""
    mailboxes: set[str] | None = None
    answers: list[int] = field(default_factory=list)
    seconds: float = 0.0
    lose_answers: int = 0

    def sign_in(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if (body.get("username"), body.get("password")) != (USERNAME, PASSWORD):
            return 401, {"reason": "wrong password"}
        self.sign_ins += 1
        self.token = f"token-{self.sign_ins}"
        return 200, {"access_token": self.token, "expires_in": 3600, "token_type": "bearer"}

    def take(self, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        self.requests.append(body)
        if token != self.token:
            return 401, {"reason": "the token has run out"}
        if self.answers:
            return self.answers.pop(0), {"reason": "as told"}
        number = body["externalId"]
        if number in self.taken:
            return 409, {"messageId": self.taken[number]["messageId"]}
        if self.mailboxes is not None and body["recipient"]["id"] not in self.mailboxes:
            return 400, {"reason": "no active mailbox"}
        self.taken[number] = {**body, "messageId": 1000 + len(self.taken)}
        return 200, {"messageId": self.taken[number]["messageId"]}


@contextmanager
def a_suomifi_service() -> Iterator[SuomifiService]:
    """The service, on loopback, for as long as the context lasts."""
    service = SuomifiService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/v1/token":
                status, said = service.sign_in(body)
            elif self.path == "/v2/messages/electronic":
                status, said = service.take(body, self.headers.get("Authorization", ""))
                if service.lose_answers:
                    service.lose_answers -= 1
                    self.close_connection = True
                    return
                time.sleep(service.seconds)
            else:
                status, said = 404, {}
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
