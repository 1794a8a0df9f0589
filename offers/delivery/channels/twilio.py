"""SMS through Twilio's own client. Whether that is Twilio or the simulator, only the URL knows."""

import logging
import re
import threading
from datetime import datetime
from urllib.parse import urlencode

import phonenumbers
import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from offers.delivery.channels.http import asked_to_wait, broken, open_session
from offers.delivery.channels.interface import Outbound, Parcel, Taken
from offers.delivery.codes import NAME_REFUSED
from offers.delivery.errors import NotTakenError, UncertainError

API = "https://api.twilio.com"
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
MOST_LISTED = 1000
UNREADABLE_ANSWER = "unreadable_answer"
UNREADABLE = (
    requests.RequestException,
    TwilioException,
    *(ValueError, TypeError, AttributeError, LookupError),  # JSON that is no message of Twilio's
)

_silent = logging.getLogger("offers.delivery.twilio_http")
_silent.disabled = True  # the client's own lines hold numbers and texts


class PooledHttpClient(TwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Twilio's transport with our base URL, a connection for each caller, and time limits."""

    def __init__(self, *, base_url: str) -> None:
        super().__init__(
            pool_connections=False, timeout=settings.PROVIDER_TIMEOUT_SECONDS, logger=_silent
        )
        self._base_url = base_url
        self._answered = threading.local()
        self.session = open_session(base_url)

    def request(  # the client's own signature
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Call the provider; remembers for the calling thread how long it asked us to wait."""
        response = super().request(
            method,
            self._base_url + url.removeprefix(API),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout,  # the client's own: for connecting, and for the answer
            allow_redirects=allow_redirects,
        )
        self._answered.headers = response.headers
        return response

    def asked_to_wait(self) -> float:
        """The seconds of the last answer's Retry-After to this thread; 0 if it had none."""
        return asked_to_wait(getattr(self._answered, "headers", None))


class TwilioChannel(Outbound):
    """Hands texts to Twilio and asks its message list."""

    provider = "twilio"
    has_list = True

    @classmethod
    def receives_answers(cls) -> bool:
        """Its number is the one whose answers come to us."""
        return True

    def __init__(self) -> None:
        self._http = PooledHttpClient(base_url=settings.TWILIO_BASE_URL)
        self._client = Client(
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=self._http
        )

    def send(self, parcel: Parcel) -> str:
        """Create the message; see ``Outbound.send``.

        What asks for nothing goes under the city's name where the recipient's country lets it, and
        under the number if the name is refused.
        """
        if may_carry_name(parcel):
            try:
                return self._create(parcel, sender=settings.TWILIO_SENDER_NAME)
            except NotTakenError as error:
                if error.code not in NAME_REFUSED[self.provider]:
                    raise
        return self._create(parcel, sender=settings.TWILIO_FROM)

    def _create(self, parcel: Parcel, *, sender: str) -> str:
        try:
            created = self._client.messages.create(
                to=parcel.recipient,
                from_=sender,
                body=parcel.body,
                status_callback=status_callback(message=parcel.message_id),
            )
        except requests.ConnectionError as error:
            raise broken(error) from None
        except TwilioRestException as error:
            raise _refused(error, self._http.asked_to_wait()) from None
        except UNREADABLE as error:
            raise UncertainError(_code(error)) from None
        sid = created.sid
        if not isinstance(sid, str) or not SID.fullmatch(sid):
            raise UncertainError(UNREADABLE_ANSWER)
        return sid

    def taken(self, *, recipient: str, since: datetime) -> list[Taken]:
        """Twilio's list of texts to ``recipient``; see ``Outbound.taken``.

        Not filtered by Twilio's DateSent: a text that still waits there has no such date. Nor by
        the sender, which may have been the name or the number.
        """
        try:
            found = self._client.messages.stream(to=recipient, limit=MOST_LISTED)
            newest_first = []
            for text in found:
                if text.date_created and text.date_created < since:
                    break
                newest_first.append(
                    Taken(str(text.sid), text.body or "", text.date_created or since)
                )
        except UNREADABLE as error:
            raise UncertainError(_code(error)) from None
        return newest_first[::-1]

    def close(self) -> None:
        """Close the connections."""
        if self._http.session is not None:
            self._http.session.close()


def may_carry_name(parcel: Parcel) -> bool:
    """Whether the text may go under a name, to which nobody can write back."""
    if parcel.asks or not settings.TWILIO_SENDER_NAME:
        return False
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(parcel.recipient))
    except phonenumbers.NumberParseException:
        return False
    return country in settings.TWILIO_SENDER_NAME_COUNTRIES


def status_callback(**about: object) -> str:
    """Where receipts go. ``message`` (our number of it) or ``reply`` (the provider's id of what
    it answers) lets a receipt find its message even before we know the provider's id."""
    query = urlencode(about)
    return f"{settings.HP_PUBLIC_URL}/webhooks/twilio/status?{query}"


def _refused(error: TwilioRestException, wait_seconds: float) -> NotTakenError | UncertainError:
    """4xx is a clear no; after 5xx nobody knows whether it was taken."""
    if 400 <= error.status < 500:
        return NotTakenError(_code(error), wait_seconds=wait_seconds)
    return UncertainError(_code(error))


def _code(error: Exception) -> str:
    if isinstance(error, TwilioRestException):
        return str(error.code)
    return "timeout" if isinstance(error, requests.Timeout) else UNREADABLE_ANSWER
