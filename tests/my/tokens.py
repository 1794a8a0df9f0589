"""A provider on loopback that signs the City's tokens, as Helsinki Profile brings them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

AUDIENCE = "helsinki-proactive-api"


class TokenIssuer:
    """Publishes its keys; ``token`` makes a good token unless told otherwise."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)

    def token(self, sub: str, *, key: RSAKey | None = None, **changed: Any) -> str:
        """A token; a claim that is changed to None is left out."""
        key = key or self.key
        scopes = changed.pop("scopes", ["gdprquery", "gdprdelete"])
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "exp": int(time.time()) + 60,
            "sub": sub,
            "loa": "substantial",
            "authorization": {"permissions": [{"scopes": scopes}]},
        } | changed
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)

    def new_key(self) -> None:
        """From now on it signs with another key."""
        self.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"}, private=True)

    def published(self, path: str) -> dict[str, Any]:
        """What is at a path."""
        if path.endswith("openid-configuration"):
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        return dict(KeySet([self.key]).as_dict(private=False))


@contextmanager
def token_issuer() -> Iterator[TokenIssuer]:
    """Run one until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(running.published(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = TokenIssuer(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield running
        finally:
            server.shutdown()
