"""What the providers that are called over HTTP have in common."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from offers.delivery.errors import NotTakenError, ProviderError, UncertainError
from offers.delivery.waits import LONGEST_WAIT


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
    """The seconds of an answer's Retry-After (RFC 9110, section 10.2.3), a number or a moment.

    0 if it has none, or one that says neither. Nobody makes us wait longer than we would by
    ourselves: one wrong answer must not halt a provider for days.
    """
    asked = (headers or {}).get("Retry-After", "")
    seconds = float(asked) if asked.isdecimal() else _seconds_until(asked)
    return min(max(seconds, 0.0), LONGEST_WAIT.total_seconds())


def _seconds_until(moment: str) -> float:
    try:
        at = parsedate_to_datetime(moment)
    except (ValueError, OverflowError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)  # HTTP knows no other
    return (at - timezone.now()).total_seconds()
