"""A real OpenID Connect provider on loopback, in a process of its own, for whoever signs in."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

PATIENCE_S = 30.0


@dataclass(frozen=True)
class IdentityProvider:
    """Vouches for whomever it was told of."""

    issuer: str

    def vouch(self, sub: str, **claims: Any) -> None:
        """From now on the account ``sub`` has these claims."""
        httpx.put(f"{self.issuer}/users/{sub}", json=claims).raise_for_status()

    def agree(self, client: Client, address: str, *, sub: str, **query: str) -> str:
        """Begin at our ``address``, agree at the provider as ``sub``; where one is sent back to."""
        begun = client.get(address, query)
        assert begun.status_code == 302, begun.status_code
        agreed = httpx.post(begun["Location"], data={"sub": sub})
        parts = urlsplit(agreed.headers["Location"])
        return f"{parts.path}?{parts.query}"


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run one until the context ends."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    command = (sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            issuer = f"http://127.0.0.1:{port}"
            _wait_for(f"{issuer}/.well-known/openid-configuration")
            yield IdentityProvider(issuer)
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            httpx.get(address).raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
