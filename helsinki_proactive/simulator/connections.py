"""What an HTTP server normally never does to its client: hang up, or say nothing."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "simulator.transport"


class AbortableProtocol(HttpToolsProtocol):
    """Uvicorn's protocol that lets the application reach the connection under a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the application for this connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope, receive, send):  # type: ignore[no-untyped-def]
            scope[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


class Silence(Response):
    """No response: the connection is closed at once, or kept open until the client leaves."""

    def __init__(self, *, drop: bool) -> None:
        super().__init__()
        self._drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the end of the connection."""
        if self._drop:
            scope[TRANSPORT].abort()
        while (await receive())["type"] != "http.disconnect":
            pass
