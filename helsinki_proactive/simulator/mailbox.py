"""Catches every e-mail that arrives by SMTP, whoever it is for."""

import asyncio
import re
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import Message
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.dials import SMTP_CODES
from helsinki_proactive.simulator.journal import Journal

SIZE_LIMIT = 10 * 1024 * 1024  # bytes
FOLD = re.compile(r"\r?\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Mail:
    """One caught e-mail, its parts decoded."""

    number: int
    arrived_at: float
    sender: str
    recipients: tuple[str, ...]
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


class Mailbox:
    """All caught mail in order of arrival; also the handler of the SMTP server."""

    def __init__(self, *, board: DialBoard, journal: Journal) -> None:
        self._board = board
        self._journal = journal
        self.mails: list[Mail] = []

    def protocol(self) -> SMTP:
        """Return the protocol of one SMTP connection."""
        return SMTP(
            self,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",  # its default asks a name server
            loop=asyncio.get_running_loop(),
        )

    def mail(self, number: int) -> Mail | None:
        """Return the mail with this number, or None."""
        return self.mails[number - 1] if 0 < number <= len(self.mails) else None

    async def handle_RCPT(  # noqa: N802  the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Accept a recipient, or refuse it as dialled."""
        code = self._board.mail_refusal(address=address)
        if code is not None:
            self._journal.write("mail_refused", code=code, recipient=address)
            return f"{code} {SMTP_CODES[code]}"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a message."""
        mail = self._read(envelope)
        self.mails.append(mail)
        self._journal.write(
            "mail", number=mail.number, recipients=mail.recipients, subject=mail.subject
        )
        await asyncio.sleep(self._board.now.mail_delay_ms / 1000)
        return "250 OK"

    def _read(self, envelope: Envelope) -> Mail:
        # The policy that is called the legacy one: the newer one costs ten times as much.
        message = message_from_bytes(cast(bytes, envelope.original_content))
        headers = tuple((name, _decoded(value)) for name, value in message.items())
        return Mail(
            number=len(self.mails) + 1,
            arrived_at=time.time(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            subject=_decoded(message.get("Subject", "")),
            headers=headers,
            text=_part(message, "text/plain"),
            html=_part(message, "text/html"),
        )


def _decoded(value: str | Header) -> str:
    try:
        return str(make_header(decode_header(FOLD.sub("", str(value))))).strip()
    except (LookupError, ValueError, HeaderParseError):  # an unknown charset, or not what it says
        return str(value)


def _part(message: Message, content_type: str) -> str:
    for part in message.walk():
        if part.get_content_type() == content_type and not part.get_filename():
            raw = cast(bytes, part.get_payload(decode=True))
            try:
                text = raw.decode(part.get_content_charset("ascii"), errors="replace")
            except LookupError:  # a charset that nobody knows
                text = raw.decode(errors="replace")
            return text.replace("\r\n", "\n")
    return ""
