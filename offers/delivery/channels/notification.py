"""SMS through the City of Helsinki's notification service, which hands them to its own gateway.

Source: the service's openapi.yaml and code (City-of-Helsinki/notification-service-api). It answers
``{"id", "report": {"errors", "warnings", "messages": {number: {"status"}}}}``, calls nobody back,
and has no list: what became of a message is asked by its id, if we have one.
"""

from typing import Any

import requests
from django.conf import settings

from offers.delivery.channels.http import asked_to_wait, broken, open_session
from offers.delivery.channels.interface import Outbound, Parcel
from offers.delivery.errors import NotTakenError, ProviderError, UncertainError

FAILED = "FAILED"
GATEWAY_IN_DOUBT = "HTTP 5"
"""How the service repeats its gateway's server errors, after which nobody knows."""


class NotificationChannel(Outbound):
    """Hands texts to the notification service and asks it what became of them."""

    provider = "notification"
    has_list = False
    is_asked = True

    def __init__(self) -> None:
        self._session = open_session(settings.NOTIFICATION_URL)
        self._session.headers["Authorization"] = f"Token {settings.NOTIFICATION_TOKEN}"

    @classmethod
    def receives_answers(cls) -> bool:
        """Only if it sends under the very number whose answers come to us."""
        return bool(settings.NOTIFICATION_SENDER == settings.TWILIO_FROM)

    def send(self, parcel: Parcel) -> str:
        """Post the message; see ``Outbound.send``."""
        text = {
            "sender": settings.NOTIFICATION_SENDER,
            "to": [{"destination": parcel.recipient, "format": "MOBILE"}],
            "text": parcel.body,
        }
        answer = self._call("POST", "v1/message/send", text)
        if answer.status_code >= 500:
            raise UncertainError(str(answer.status_code))
        if answer.status_code not in (200, 201):
            raise NotTakenError(str(answer.status_code), wait_seconds=asked_to_wait(answer.headers))
        log = _read(answer)
        if _status(log) == FAILED:
            raise _failure_at_the_gateway(log)
        return str(log["id"])

    def status_of(self, provider_id: str) -> str:
        """Delivered, failed, created, pending or unknown; see ``Outbound.status_of``."""
        answer = self._call("GET", f"v1/message/{provider_id}")
        if answer.status_code != 200:
            raise NotTakenError(str(answer.status_code), wait_seconds=asked_to_wait(answer.headers))
        return _status(_read(answer)).lower()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                f"{settings.NOTIFICATION_URL}/{path}",
                json=body,
                timeout=settings.PROVIDER_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise broken(error) from None


def _read(answer: requests.Response) -> dict[str, Any]:
    """The log of a message. Raises UncertainError for anything else."""
    try:
        log: Any = answer.json()
        if isinstance(log["id"], str) and isinstance(log["report"]["messages"], dict):
            return dict(log)
    except (ValueError, KeyError, TypeError):
        pass
    raise UncertainError("unreadable_answer")


def _status(log: dict[str, Any]) -> str:
    """The status of the one recipient a message of ours has."""
    for each in log["report"]["messages"].values():
        return str(each.get("status", "")) if isinstance(each, dict) else ""
    return ""


def _failure_at_the_gateway(log: dict[str, Any]) -> ProviderError:
    errors = log["report"].get("errors") or []
    if any(GATEWAY_IN_DOUBT in str(error) for error in errors):
        return UncertainError("gateway")
    return NotTakenError(FAILED)
