"""E-mail over SMTP: a plain part and an HTML part, no tracking, one connection for each thread.

Mails of a voluntary service can be unsubscribed from with one click (RFC 8058); the others say why
they cannot.
"""

import smtplib
import threading
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from urllib3.util import wait_for_read

from offers.delivery.channels.interface import Outbound, Parcel
from offers.delivery.errors import NotTakenError, ProviderError, UncertainError
from offers.delivery.unsubscribing import unsubscribe_address


class EmailChannel(Outbound):
    """Hands mails to the SMTP server. Nobody can ask it afterwards what it has taken."""

    provider = "smtp"
    has_list = False

    def __init__(self) -> None:
        self._opened: list[BaseEmailBackend] = []
        self._mine = threading.local()

    def send(self, parcel: Parcel) -> str:
        """Send the mail; its Message-ID is the provider's id. See ``Outbound.send``."""
        connection = self._connection()
        mail = compose(parcel)
        mail.connection = connection
        try:
            mail.send()
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise _provider_error(error) from None
        return str(mail.extra_headers["Message-ID"])

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._opened:
            connection.close()

    def _connection(self) -> BaseEmailBackend:
        connection: BaseEmailBackend | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = get_connection()
            self._opened.append(connection)
        try:
            _let_go_if_closed(connection)
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            code = _answered(error)
            raise NotTakenError(code or "unreachable") from None
        return connection


def compose(parcel: Parcel) -> EmailMultiAlternatives:
    """The mail of a parcel. Its Message-ID is the same however often it is made."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    foot = _foot(parcel)
    mail = EmailMultiAlternatives(
        subject=" ".join(parcel.subject.split()),  # no line break of any kind in a header
        body=f"{parcel.body.strip()}\n\n{foot}\n",
        to=[parcel.recipient],
        headers={
            "Message-ID": f"<{parcel.message_id}.{parcel.attempt}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": parcel.language,
            **(_unsubscribe_headers(parcel) if parcel.voluntary else {}),
        },
    )
    paragraphs = [part.splitlines() for part in parcel.body.strip().split("\n\n")]
    words = {"language": parcel.language, "subject": parcel.subject}
    html = render_to_string(
        "delivery/email.html", {**words, "paragraphs": paragraphs, "foot": foot.splitlines()}
    )
    mail.attach_alternative(html, "text/html")
    return mail


def _unsubscribe_headers(parcel: Parcel) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<{unsubscribe_address(parcel.message_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _foot(parcel: Parcel) -> str:
    """How to say stop, or why one cannot."""
    with translation.override(parcel.language):
        if parcel.voluntary:
            stop = _("If you want no more messages about this service:")
            return f"{stop}\n{unsubscribe_address(parcel.message_id)}"
        return _(
            "The city must settle this matter with you, so this message cannot be unsubscribed "
            "from. If you want to be reached in another way, call %(phone)s."
        ) % {"phone": settings.CITY_PHONE}


def _let_go_if_closed(connection: BaseEmailBackend) -> None:
    """A server closes idle connections: noticed before a mail is lost to the question where."""
    smtp: smtplib.SMTP | None = getattr(connection, "connection", None)
    # Between two mails it says nothing, unless it takes its leave.
    if smtp is not None and (smtp.sock is None or wait_for_read(smtp.sock, timeout=0)):
        connection.close()


def _provider_error(error: Exception) -> ProviderError:
    """A numbered answer is a clear no; a lost connection leaves us not knowing."""
    code = _answered(error)
    return NotTakenError(code) if code else UncertainError("connection_lost")


def _answered(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code) if error.smtp_code > 0 else ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return str(next(iter(error.recipients.values()))[0])
    return ""
