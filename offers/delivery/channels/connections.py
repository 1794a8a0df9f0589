"""What a broken connection tells: whether the provider can have heard us."""

from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from offers.delivery.errors import NotTakenError, UncertainError


def broken(error: requests.ConnectionError) -> NotTakenError | UncertainError:
    """A connection that was never made took nothing; one that broke may have taken it."""
    cause: Any = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return NotTakenError("unreachable")
    return UncertainError("connection_lost")
