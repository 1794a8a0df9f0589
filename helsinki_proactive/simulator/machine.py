"""The simulator's parts, put together."""

from dataclasses import dataclass, field
from pathlib import Path

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.carrier import Carrier
from helsinki_proactive.simulator.journal import Journal
from helsinki_proactive.simulator.mailbox import Mailbox
from helsinki_proactive.simulator.network import Network, Text
from helsinki_proactive.simulator.replies import Replies
from helsinki_proactive.simulator.webhooks import Webhooks

CALLBACK_CONNECTIONS = 8
REPLY_CONNECTIONS = 64


@dataclass(slots=True)
class Machine:
    """An account with each provider, the phones, and one mailbox for everybody."""

    account_sid: str
    auth_token: str
    log_path: Path | None = None
    senders: frozenset[str] = frozenset()
    service_sender: str = "+15005550006"
    seed: int = 0
    journal: Journal = field(init=False)
    board: DialBoard = field(init=False)
    network: Network = field(init=False)
    mailbox: Mailbox = field(init=False)
    carrier: Carrier = field(init=False)
    notification_board: DialBoard = field(init=False)
    notification_carrier: Carrier = field(init=False)
    notification_logs: dict[str, list[Text]] = field(default_factory=dict)
    replies: Replies = field(init=False)
    _webhooks: list[Webhooks] = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.log_path)
        self.board = DialBoard(seed=self.seed)
        self.network = Network(secret=self.auth_token)
        self.mailbox = Mailbox(board=self.board, journal=self.journal)
        # Pools of their own: a family's reply never waits behind a round's receipts.
        for_callbacks, for_replies = (
            Webhooks(auth_token=self.auth_token, board=self.board, connections=connections)
            for connections in (CALLBACK_CONNECTIONS, REPLY_CONNECTIONS)
        )
        self._webhooks = [for_callbacks, for_replies]
        self.carrier = Carrier(
            account_sid=self.account_sid,
            network=self.network,
            board=self.board,
            journal=self.journal,
            webhooks=for_callbacks,
        )
        # The City's notification service has faults of its own, and tells nobody by itself.
        self.notification_board = DialBoard(seed=self.seed)
        self.notification_carrier = Carrier(
            account_sid=self.account_sid,
            network=self.network,
            board=self.notification_board,
            journal=self.journal,
            webhooks=for_callbacks,
        )
        self.replies = Replies(
            account_sid=self.account_sid,
            network=self.network,
            board=self.board,
            journal=self.journal,
            webhooks=for_replies,
            carrier=self.carrier,
        )

    async def stop(self) -> None:
        """Abandon what is under way and close the log."""
        await self.carrier.stop()
        await self.notification_carrier.stop()
        for webhooks in self._webhooks:
            await webhooks.close()
        self.journal.close()
