"""Calls to the product: form posts, signed as Twilio signs them."""

import asyncio
import time
from dataclasses import dataclass

import aiohttp
from twilio.request_validator import RequestValidator

from helsinki_proactive.simulator.board import DialBoard

TIMEOUT_S = 15.0  # as long as Twilio waits for a webhook


@dataclass(frozen=True, slots=True)
class Called:
    """How one call ended: an HTTP status and body, or the kind of network error."""

    http_status: int | None
    body: str
    milliseconds: float
    error: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the product took it."""
        return self.http_status is not None and 200 <= self.http_status < 300


class Webhooks:
    """A pool of connections to the product, and the account's signature."""

    def __init__(self, *, auth_token: str, board: DialBoard, connections: int) -> None:
        self._validator = RequestValidator(auth_token)
        self._board = board
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def call(self, url: str, form: dict[str, str]) -> Called:
        """Post `form` once, signed."""
        signature: str = self._validator.compute_signature(url, form)
        started = time.perf_counter()
        try:
            async with self._http().post(
                url,
                data=form,
                headers={"X-Twilio-Signature": signature},
                allow_redirects=False,  # could lead off this machine
            ) as response:
                body = await response.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            return Called(None, "", _milliseconds_since(started), type(error).__name__)
        return Called(response.status, body, _milliseconds_since(started))

    async def call_until_taken(self, url: str, form: dict[str, str]) -> list[Called]:
        """Post `form`, again with growing waits while it is refused; return every attempt."""
        attempts = [await self.call(url, form)]
        dials = self._board.now
        for retry in range(dials.webhook_retries):
            if attempts[-1].is_success:
                break
            await asyncio.sleep(dials.webhook_retry_ms / 1000 * 2**retry)
            attempts.append(await self.call(url, form))
        return attempts

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        # Made at the first call: it belongs to the event loop that is running by then.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S),
                # No environment: a proxy set there must never be handed the product's webhooks.
                trust_env=False,
            )
        return self._session


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
