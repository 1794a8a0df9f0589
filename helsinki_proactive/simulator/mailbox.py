"""Catches every e-mail that arrives by SMTP, whoever it is for."""

import asyncio
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.dials import SMTP_CODES
from helsinki_proactive.simulator.journal import Journal

SIZE_LIMIT = 10 * 1024 * 1024  # bytes


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
        raw = cast(bytes, envelope.original_content)
        message = BytesParser(policy=policy.default).parsebytes(raw)
        return Mail(
            number=len(self.mails) + 1,
            arrived_at=time.time(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            subject=str(message.get("Subject", "")).strip(),  # a folded one begins with a blank
            headers=tuple((name, str(value)) for name, value in message.items()),
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except LookupError:  # a charset that nobody knows
        text = bytes(part.get_payload(decode=True)).decode(errors="replace")
    return text.replace("\r\n", "\n")
