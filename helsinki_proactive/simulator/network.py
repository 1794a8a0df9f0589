"""Phones, texts and opt-outs: the state of the simulated mobile network."""

import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b

from helsinki_proactive.simulator.codes import FAILURES
from helsinki_proactive.simulator.segments import count_segments

TWILIO, NOTIFICATION = "twilio", "notification"
ARRIVED = frozenset({"delivered", "received"})


@dataclass(slots=True)
class Text:
    """One SMS in either direction, with its status as the provider knows it."""

    number: int
    sid: str
    direction: str  # Twilio's: outbound-api, outbound-reply or inbound
    sender: str
    recipient: str
    body: str
    status: str
    created_at: float
    updated_at: float
    sent_at: float | None = None
    error_code: int | None = None
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    segments: int = 1
    gateway: str = TWILIO  # which of the providers took it
    note: str | None = None  # why the product did not take it

    @property
    def is_inbound(self) -> bool:
        """Whether the phone sent it."""
        return self.direction == "inbound"

    @property
    def phone_number(self) -> str:
        """The family's end of the text."""
        return self.sender if self.is_inbound else self.recipient


@dataclass(slots=True)
class Phone:
    """A family's phone, with everything that was sent to it or from it."""

    id: str
    number: str
    texts: list[Text] = field(default_factory=list)
    unread: int = 0

    @property
    def last(self) -> Text:
        """The newest text."""
        return self.texts[-1]

    @property
    def answerable_sender(self) -> str | None:
        """The newest sender that can receive an answer: a name made of letters can't."""
        for text in reversed(self.texts):
            peer = text.recipient if text.is_inbound else text.sender
            if not any(char.isalpha() for char in peer):
                return peer
        return None


class Network:
    """All texts and phones of one account, in memory."""

    def __init__(self, *, secret: str) -> None:
        self._secret = secret.encode()[:64]
        self.texts: list[Text] = []
        self.arrivals: list[Text] = []
        self.by_sid: dict[str, Text] = {}
        self.by_recipient: defaultdict[str, list[Text]] = defaultdict(list)
        self.phones: dict[str, Phone] = {}
        self._phones_by_id: dict[str, Phone] = {}
        self._opted_out: set[tuple[str, str]] = set()

    def add(
        self,
        *,
        direction: str,
        sender: str,
        recipient: str,
        body: str,
        status: str,
        messaging_service_sid: str | None = None,
        status_callback: str | None = None,
        gateway: str = TWILIO,
    ) -> Text:
        """Record a new text, on its phone too, and return it with its own sid."""
        now = time.time()
        text = Text(
            number=len(self.texts) + 1,
            sid=f"SM{uuid.uuid4().hex}",
            direction=direction,
            sender=sender,
            recipient=recipient,
            body=body,
            status=status,
            created_at=now,
            updated_at=now,
            messaging_service_sid=messaging_service_sid,
            status_callback=status_callback,
            segments=count_segments(body),
            gateway=gateway,
        )
        self.texts.append(text)
        self.by_sid[text.sid] = text
        self.by_recipient[recipient].append(text)
        self.phone(text.phone_number).texts.append(text)
        if status in ARRIVED:
            text.sent_at = now
            self.arrivals.append(text)
        return text

    def move(self, text: Text, *, status: str, error_code: int | None = None) -> None:
        """Give `text` its next status; a delivered one shows up on the phone."""
        text.status = status
        text.error_code = error_code
        text.updated_at = time.time()
        if text.sent_at is None and status != "failed":
            text.sent_at = text.updated_at
        if status in ARRIVED:
            self.arrivals.append(text)
            self.phone(text.recipient).unread += 1

    def phone(self, number: str) -> Phone:
        """Return the phone with `number`, new if nothing ever reached it."""
        phone = self.phones.get(number)
        if phone is None:
            # Not the number itself: addresses end up in histories and logs.
            digest = blake2b(number.encode(), key=self._secret, digest_size=8).hexdigest()
            phone = self.phones[number] = Phone(id=digest, number=number)
            self._phones_by_id[digest] = phone
        return phone

    def phone_by_id(self, phone_id: str) -> Phone | None:
        """Return the phone with the opaque id, or None."""
        return self._phones_by_id.get(phone_id)

    def opt_out(self, *, phone_number: str, sender: str) -> None:
        """Stop `sender` from reaching the phone."""
        self._opted_out.add((phone_number, sender))

    def opt_in(self, *, phone_number: str, sender: str) -> None:
        """Let `sender` reach the phone again."""
        self._opted_out.discard((phone_number, sender))

    def is_opted_out(self, *, phone_number: str, sender: str) -> bool:
        """Return whether the phone's owner said STOP to `sender`."""
        return (phone_number, sender) in self._opted_out

    def counts(self) -> dict[str, object]:
        """Return figures over all texts: by direction, by status, by failure, and phones."""
        directions: defaultdict[str, int] = defaultdict(int)
        statuses: defaultdict[str, int] = defaultdict(int)
        failures: defaultdict[str, int] = defaultdict(int)
        for text in self.texts:
            directions[text.direction] += 1
            if not text.is_inbound:
                statuses[text.status] += 1
            if text.error_code in FAILURES:
                failures[str(text.error_code)] += 1
        return {
            "texts": dict(directions),
            "statuses": dict(statuses),
            "failures": dict(failures),
            "phones": len(self.phones),
            "opted_out": len(self._opted_out),
        }
