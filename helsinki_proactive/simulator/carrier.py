"""Brings a taken text to the phone, or fails to, and tells the product about it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.codes import FAILURES
from helsinki_proactive.simulator.journal import Journal
from helsinki_proactive.simulator.network import Network, Text
from helsinki_proactive.simulator.webhooks import Webhooks

API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One status callback as it is sent, whatever happens to the text afterwards."""

    sid: str
    status: str
    url: str
    form: dict[str, str]


class Carrier:
    """Moves texts through their statuses on the dials' times, one task for each text."""

    def __init__(
        self,
        *,
        account_sid: str,
        network: Network,
        board: DialBoard,
        journal: Journal,
        webhooks: Webhooks,
    ) -> None:
        self._account_sid = account_sid
        self._network = network
        self._board = board
        self._journal = journal
        self._webhooks = webhooks
        self._held: list[Receipt] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """How many status callbacks wait to be released."""
        return len(self._held)

    def start(self, text: Text) -> None:
        """Set `text` on its way and return at once."""
        self._spawn(self.bring(text, wait_for_receipts=False))

    async def bring(self, text: Text, *, wait_for_receipts: bool) -> None:
        """Move `text` to its final status; with receipts awaited, after the product has them."""
        dials = self._board.now
        receipts: list[Receipt] = []
        for wait_ms, status, code in self._journey(text):
            await asyncio.sleep(wait_ms / 1000)
            receipts += self._move(text, status=status, code=code)
            if not (wait_for_receipts or dials.reorder_callbacks):
                self._hand_over(receipts)
                receipts = []
        if dials.reorder_callbacks:
            receipts.reverse()
        if wait_for_receipts:
            for receipt in receipts:
                await self._send(receipt)
        else:
            self._hand_over(receipts)

    def fail(self, text: Text, *, code: int) -> None:
        """Give up on `text` before it leaves, with the reason."""
        self._hand_over(self._move(text, status=FAILURES[code].status, code=code))

    def release(self) -> int:
        """Send the held status callbacks, stop holding, and return how many there were."""
        self._board.turn({"hold_callbacks": False})
        released, self._held = self._held, []
        self._hand_over(released)
        return len(released)

    async def stop(self) -> None:
        """Abandon everything under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _journey(self, text: Text) -> list[tuple[int, str, int | None]]:
        dials = self._board.now
        code = self._board.failure(to=text.recipient)
        status = "delivered" if code is None else FAILURES[code].status
        if status == "failed":
            return [(dials.sent_after_ms, status, code)]
        wait_ms = max(0, dials.delivered_after_ms - dials.sent_after_ms)
        return [(dials.sent_after_ms, "sent", None), (wait_ms, status, code)]

    def _move(self, text: Text, *, status: str, code: int | None) -> list[Receipt]:
        self._network.move(text, status=status, error_code=code)
        self._journal.write("status", sid=text.sid, status=status, code=code)
        url = text.status_callback or self._board.now.status_callback_url
        if url is None:
            return []
        return [Receipt(text.sid, status, url, self._form(text))]

    def _form(self, text: Text) -> dict[str, str]:
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": API_VERSION,
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": text.status,
            "SmsSid": text.sid,
            "SmsStatus": text.status,
            "To": text.recipient,
        }
        if text.messaging_service_sid is not None:
            form["MessagingServiceSid"] = text.messaging_service_sid
        if text.error_code is not None:
            form["ErrorCode"] = str(text.error_code)
        return form

    def _hand_over(self, receipts: list[Receipt]) -> None:
        if self._board.now.hold_callbacks:
            self._held += receipts
            return
        for receipt in receipts:
            self._spawn(self._send(receipt))

    async def _send(self, receipt: Receipt) -> None:
        for _copy in range(1 + self._board.now.duplicate_callbacks):
            attempts = await self._webhooks.call_until_taken(receipt.url, receipt.form)
            self._journal.write(
                "callback" if attempts[-1].is_success else "callback_lost",
                sid=receipt.sid,
                status=receipt.status,
                attempts=[called.http_status or called.error for called in attempts],
            )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
