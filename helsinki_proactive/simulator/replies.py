"""A family's text to the city: Twilio's own keywords, the product's webhook, its answer."""

from dataclasses import dataclass, field
from urllib.parse import urljoin

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.carrier import API_VERSION, Carrier
from helsinki_proactive.simulator.journal import Journal
from helsinki_proactive.simulator.network import Network, Text
from helsinki_proactive.simulator.twiml import TwimlError, TwimlMessage, read_messages
from helsinki_proactive.simulator.webhooks import Called, Webhooks

# https://help.twilio.com/articles/223134027 : only when the word is the whole text.
STOP_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
)
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

STOP_ANSWER = (
    "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe."
)
START_ANSWER = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for "
    "help. Reply STOP to unsubscribe."
)
HELP_ANSWER = "Reply STOP to unsubscribe."


@dataclass(slots=True)
class Exchange:
    """A family's text and what came back for it."""

    text: Text
    keyword: str | None = None
    attempts: list[Called] = field(default_factory=list)
    answers: list[Text] = field(default_factory=list)
    error: str | None = None


class Replies:
    """Takes texts from phones to the product and the product's answers back."""

    def __init__(
        self,
        *,
        account_sid: str,
        network: Network,
        board: DialBoard,
        journal: Journal,
        webhooks: Webhooks,
        carrier: Carrier,
    ) -> None:
        self._account_sid = account_sid
        self._network = network
        self._board = board
        self._journal = journal
        self._webhooks = webhooks
        self._carrier = carrier

    async def send(self, *, sender: str, recipient: str, body: str) -> Exchange:
        """Send `body` from the phone `sender`; return when the product has answered."""
        text = self._network.add(
            direction="inbound", sender=sender, recipient=recipient, body=body, status="received"
        )
        self._journal.write("inbound", sid=text.sid, sender=sender, recipient=recipient, body=body)
        exchange = Exchange(text)
        if self._board.now.stop_keywords:
            self._obey_keyword(exchange)
        await self._call_product(exchange)
        text.note = exchange.error
        self._journal.write(
            "answered" if exchange.error is None else "unanswered",
            sid=text.sid,
            keyword=exchange.keyword,
            attempts=[called.http_status or called.error for called in exchange.attempts],
            milliseconds=exchange.attempts[-1].milliseconds if exchange.attempts else None,
            answers=[answer.sid for answer in exchange.answers],
            error=exchange.error,
        )
        return exchange

    def _obey_keyword(self, exchange: Exchange) -> None:
        text = exchange.text
        word = text.body.strip().upper()
        pair = {"phone_number": text.sender, "sender": text.recipient}
        if word in STOP_WORDS:
            exchange.keyword = "STOP"
            # The last text that gets through: sent on its way before the door closes.
            exchange.answers.append(self._answer(text, STOP_ANSWER))
            self._network.opt_out(**pair)
        elif word in START_WORDS and self._network.is_opted_out(**pair):
            exchange.keyword = "START"
            self._network.opt_in(**pair)
            exchange.answers.append(self._answer(text, START_ANSWER))
        elif word in HELP_WORDS:
            exchange.keyword = "HELP"
            exchange.answers.append(self._answer(text, HELP_ANSWER))

    async def _call_product(self, exchange: Exchange) -> None:
        url = self._board.now.webhook_url
        if url is None:
            exchange.error = "no webhook_url is set"
            return
        form = self._form(exchange)
        exchange.attempts = await self._webhooks.call_until_taken(url, form)
        for _copy in range(self._board.now.duplicate_replies):
            exchange.attempts.append(await self._webhooks.call(url, form))
        for called in exchange.attempts:
            self._take_answer(exchange, called, url)
        if not any(called.is_success for called in exchange.attempts):
            exchange.error = "the product refused the webhook"

    def _take_answer(self, exchange: Exchange, called: Called, url: str) -> None:
        if not called.is_success:
            return
        try:
            messages = read_messages(called.body)
        except TwimlError as error:
            exchange.error = str(error)
            return
        exchange.answers += [self._twiml_answer(exchange.text, each, url) for each in messages]

    def _twiml_answer(self, text: Text, message: TwimlMessage, url: str) -> Text:
        callback = message.status_callback
        return self._answer(
            text,
            message.body,
            recipient=message.to,
            sender=message.sender,
            status_callback=None if callback is None else urljoin(url, callback),
        )

    def _answer(
        self,
        text: Text,
        body: str,
        *,
        recipient: str | None = None,
        sender: str | None = None,
        status_callback: str | None = None,
    ) -> Text:
        answer = self._network.add(
            direction="outbound-reply",
            sender=sender or text.recipient,
            recipient=recipient or text.sender,
            body=body,
            status="queued",
            status_callback=status_callback,
        )
        self._journal.write(
            "answer", sid=answer.sid, inbound=text.sid, recipient=answer.recipient, body=body
        )
        if self._network.is_opted_out(phone_number=answer.recipient, sender=answer.sender):
            self._carrier.fail(answer, code=21610)
        else:
            self._carrier.start(answer)
        return answer

    def _form(self, exchange: Exchange) -> dict[str, str]:
        text = exchange.text
        form = {
            "AccountSid": self._account_sid,
            "ApiVersion": API_VERSION,
            "Body": text.body,
            "From": text.sender,
            "FromCity": "",
            "FromCountry": "FI",
            "FromState": "",
            "FromZip": "",
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": str(text.segments),
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": text.recipient,
            "ToCity": "",
            "ToCountry": "FI",
            "ToState": "",
            "ToZip": "",
        }
        if exchange.keyword is not None:
            form["OptOutType"] = exchange.keyword
        return form
