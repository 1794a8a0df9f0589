"""How the simulated provider behaves: every dial, its range, and what it does to a message."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from helsinki_proactive.simulator.codes import FAILURES, REFUSALS


class DialError(ValueError):
    """A dial has no such name or can't take this value."""


def is_loopback_url(url: str) -> bool:
    """Return whether `url` is http(s) on this machine, the only place that is ever called."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    on_this_machine = host in {"localhost", "::1"} or host.startswith("127.")
    return parts.scheme in {"http", "https"} and on_this_machine


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DialError("must be a whole number, 0 or more")
    return value


def _whole_or_none(value: Any) -> int | None:
    return None if value is None else _whole(value)


def _rate_or_none(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise DialError("must be a number above 0, or null for no limit")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise DialError("must be true or false")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DialError("must be a share between 0 and 1")
    return float(value)


def _url_or_none(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not is_loopback_url(value):
        raise DialError("must be an http(s) address on this machine, or null")
    return value


def _known_code(value: Any, known: Mapping[int, object]) -> int:
    try:
        code = int(value)
    except (TypeError, ValueError):
        raise DialError(f"has no code {value}") from None
    if code not in known:
        raise DialError(f"has no code {code}; known: {', '.join(map(str, known))}")
    return code


def _shares_of(known: Mapping[int, object]) -> Callable[[Any], dict[int, float]]:
    def read(value: Any) -> dict[int, float]:
        shares = {_known_code(code, known): _share(part) for code, part in _mapping(value).items()}
        if sum(shares.values()) > 1:
            raise DialError("must have shares that add up to 1 at most")
        return shares

    return read


def _codes_of(known: Mapping[int, object]) -> Callable[[Any], dict[str, int]]:
    def read(value: Any) -> dict[str, int]:
        return {str(who): _known_code(code, known) for who, code in _mapping(value).items()}

    return read


def _mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise DialError("must be an object")
    return value


SMTP_CODES: dict[int, str] = {
    421: "4.3.2 Service not available",
    450: "4.2.0 Mailbox busy",
    452: "4.2.2 Mailbox full",
    550: "5.1.1 No such mailbox",
    552: "5.2.2 Mailbox full for good",
    554: "5.7.1 Refused as spam",
}


_READERS: dict[str, Callable[[Any], Any]] = {
    "webhook_url": _url_or_none,
    "status_callback_url": _url_or_none,
    "delay_ms": _whole,
    "refuse": _shares_of(REFUSALS),
    "rate_per_s": _rate_or_none,
    "retry_after_s": _whole,
    "drop_before_taking": _share,
    "drop_after_taking": _share,
    "hang_before_taking": _share,
    "hang_after_taking": _share,
    "fault_count": _whole_or_none,
    "sent_after_ms": _whole,
    "delivered_after_ms": _whole,
    "fail": _shares_of(FAILURES),
    "phones": _codes_of({**REFUSALS, **FAILURES}),
    "hold_callbacks": _flag,
    "early_callbacks": _flag,
    "reorder_callbacks": _flag,
    "duplicate_callbacks": _whole,
    "stop_keywords": _flag,
    "duplicate_replies": _whole,
    "webhook_retries": _whole,
    "webhook_retry_ms": _whole,
    "mailboxes": _codes_of(SMTP_CODES),
    "refuse_mail": _shares_of(SMTP_CODES),
    "mail_delay_ms": _whole,
}


@dataclass(frozen=True, slots=True)
class Dials:
    """One setting of all dials; a share is between 0 and 1, times are in milliseconds."""

    # Where the product listens.
    webhook_url: str | None = None
    status_callback_url: str | None = None

    # Taking a message: the whole time the API takes, and how it goes wrong.
    delay_ms: int = 0
    refuse: dict[int, float] = field(default_factory=dict)
    rate_per_s: float | None = None
    retry_after_s: int = 1
    drop_before_taking: float = 0.0
    drop_after_taking: float = 0.0
    hang_before_taking: float = 0.0
    hang_after_taking: float = 0.0
    # How many more messages the faults above may strike; null for no end.
    fault_count: int | None = None

    # Delivering it: phones by number win over shares by code.
    sent_after_ms: int = 20
    delivered_after_ms: int = 80
    fail: dict[int, float] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)

    # Status callbacks.
    hold_callbacks: bool = False
    early_callbacks: bool = False
    reorder_callbacks: bool = False
    duplicate_callbacks: int = 0

    # Replies, and how often a refused webhook of either kind is tried again.
    stop_keywords: bool = True
    duplicate_replies: int = 0
    webhook_retries: int = 3
    webhook_retry_ms: int = 250

    # E-mail: SMTP codes by address, and shares by code.
    mailboxes: dict[str, int] = field(default_factory=dict)
    refuse_mail: dict[int, float] = field(default_factory=dict)
    mail_delay_ms: int = 0

    def turned(self, changes: Mapping[str, object]) -> "Dials":
        """Return these dials with `changes` made.

        Raises DialError, naming the dial, for an unknown name or a value out of range.
        """
        read: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in _READERS:
                raise DialError(f"There is no dial {name}; there are: {', '.join(_READERS)}")
            try:
                read[name] = _READERS[name](value)
            except DialError as error:
                raise DialError(f"{name} {error}") from None
        return replace(self, **read)

    def as_dict(self) -> dict[str, object]:
        """Return every dial by name, ready for JSON."""
        return asdict(self)
