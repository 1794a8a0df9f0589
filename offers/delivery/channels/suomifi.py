"""Suomi.fi Messages, through the City's client (the extra "suomifi").

The client sets no timeouts and tells an error's status in its words only; both are mended here. The
identity code is decrypted for the call and for nothing else.
"""

import threading
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from suomifi_messages import SuomiFiAPIError, SuomiFiClient
from suomifi_messages.schemas import BodyFormat

from offers.delivery.channels.http import asked_to_wait, broken
from offers.delivery.channels.interface import Outbound, Parcel
from offers.delivery.errors import NotTakenError, ProviderError, UncertainError

ALREADY_TAKEN = 409
UNAUTHORISED = 401
FIRST_SERVER_ERROR = 500


class RefusedError(Exception):
    """An answer that is not 2xx; ``message_id`` is that of an earlier message with our number."""

    def __init__(self, status: int, *, wait_seconds: float = 0, message_id: str = "") -> None:
        super().__init__(str(status))
        self.status = status
        self.wait_seconds = wait_seconds
        self.message_id = message_id


class PatientClient(SuomiFiClient):  # type: ignore[misc]  # it has no types
    """The client with our address, a connection for each caller, and time limits."""

    def __init__(self, *, connections: int) -> None:
        super().__init__("prod")
        self.base_url = settings.SUOMIFI_BASE_URL
        self.session.trust_env = False  # no proxy, no .netrc: asked of the disk at every call
        # No retries: what became of a message is for the outbox to find out.
        pool = HTTPAdapter(pool_maxsize=connections, pool_block=True, max_retries=0)
        self.session.mount(self.base_url, pool)

    def request(self, method: str, path: str, **about: Any) -> requests.Response:
        """Call the service, within the time limit for connecting and for the answer."""
        about["timeout"] = settings.PROVIDER_TIMEOUT_SECONDS
        response: requests.Response = super().request(method, path, **about)
        return response

    def _raise_for_status(self, response: requests.Response, error_message: str) -> None:
        """As the client does, but with the status, and without what the answer said."""
        try:
            super()._raise_for_status(response, error_message)
        except SuomiFiAPIError as error:
            raise RefusedError(
                response.status_code,
                wait_seconds=asked_to_wait(response.headers),
                message_id=str(getattr(error, "message_id", None) or ""),
            ) from None


class SuomifiChannel(Outbound):
    """Hands messages to the recipients' mailboxes at Suomi.fi."""

    provider = "suomifi"
    has_list = False
    repeatable = True

    def __init__(self) -> None:
        self._client = PatientClient(connections=settings.SENDING_CONCURRENCY)
        self._signing_in = threading.Lock()

    def send(self, parcel: Parcel) -> str:
        """Send the message; whoever has no mailbox there is a clear no. See ``Outbound.send``."""
        token = self._sign_in(instead_of="")
        try:
            return self._send(parcel)
        except RefusedError as refused:
            if refused.status != UNAUTHORISED:
                raise _provider_error(refused) from None
        self._sign_in(instead_of=token)  # it had run out
        try:
            return self._send(parcel)
        except RefusedError as refused:
            raise _provider_error(refused) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.session.close()

    def _sign_in(self, *, instead_of: str) -> str:
        """A token other than the given one, from the service unless another thread has got it."""
        with self._signing_in:
            known = str(self._client.token or "")
            if known == instead_of:
                try:
                    self._client.login()
                except RefusedError as refused:
                    raise NotTakenError(
                        str(refused.status), wait_seconds=refused.wait_seconds
                    ) from None
                except (requests.RequestException, ValueError, KeyError):
                    raise NotTakenError("unreachable") from None
            return str(self._client.token)

    def _send(self, parcel: Parcel) -> str:
        """One call. Raises RefusedError, NotTakenError or UncertainError."""
        try:
            message_id, _ours = self._client.send_electronic_message(
                title=parcel.subject,
                body=parcel.body,
                body_format=BodyFormat.TEXT,
                recipient_id=_identity_code(parcel),
                external_id=external_id(parcel),
            )
        except RefusedError as refused:
            if refused.status == ALREADY_TAKEN and refused.message_id:
                return refused.message_id
            raise
        except requests.ConnectionError as error:
            raise broken(error) from None
        except (requests.RequestException, ValueError, KeyError) as error:
            timeout = isinstance(error, requests.Timeout)
            raise UncertainError("timeout" if timeout else "unreadable_answer") from None
        return str(message_id)


def external_id(parcel: Parcel) -> str:
    """Our number of a message, the same at every attempt: the service takes it once."""
    return f"{urlsplit(settings.HP_PUBLIC_URL).hostname}-{parcel.message_id}"


def _identity_code(parcel: Parcel) -> str:
    return parcel.person.unseal("identity_code") if parcel.person else ""


def _provider_error(refused: RefusedError) -> ProviderError:
    """4xx is a clear no; after 5xx nobody knows whether it was taken."""
    code = str(refused.status)
    if refused.status >= FIRST_SERVER_ERROR:
        return UncertainError(code)
    return NotTakenError(code, wait_seconds=refused.wait_seconds)
