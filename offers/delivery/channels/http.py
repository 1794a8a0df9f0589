"""What the providers that are called over HTTP have in common."""

from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from offers.delivery.errors import NotTakenError, ProviderError, UncertainError


def open_session(base_url: str) -> requests.Session:
    """Connections to ``base_url``, one for each call at a time, that try nothing a second time.

    Whether a message was taken is for the outbox to find out.
    """
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc: asked of the disk at every call
    pool = HTTPAdapter(pool_maxsize=settings.SENDING_CONCURRENCY, pool_block=True, max_retries=0)
    session.mount(base_url, pool)
    return session


def broken(error: requests.RequestException) -> ProviderError:
    """A connection that was never made took nothing; one that broke may have taken it."""
    cause: Any = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return NotTakenError("unreachable")
    return UncertainError("timeout" if isinstance(error, requests.Timeout) else "connection_lost")


def asked_to_wait(headers: Any) -> float:
    """The seconds of an answer's Retry-After; 0 if it has none, or names a date."""
    seconds = (headers or {}).get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else 0.0
