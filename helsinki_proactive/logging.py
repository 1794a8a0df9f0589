"""Structured logs without personal data: JSON where people are served, readable elsewhere.

Code does not log personal data; what arrives here anyway (a provider's exception, a database's
error, a list URL) is scrubbed as the last step before a line is written or a report is sent.
"""

import re
import sys
from collections.abc import Mapping
from typing import Any, cast

import structlog
from sentry_sdk.types import Event, Hint
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
NEVER_LOGGED = ("ip", "user_agent")
NEVER_REPORTED = ("request", "user", "server_name")

_PATTERNS = (
    # Values that PostgreSQL repeats: a failing row, a key, a part of the statement.
    (re.compile(r"\b(DETAIL|CONTEXT|HINT|LINE \d+):.*"), rf"\1: {HIDDEN}"),
    # What is searched for or sent, in the parameters of a URL.
    (
        re.compile(r"([?&](?:To|From|Body|DateSent[<>]?|q|next)=)[^&\s'\"]*", re.IGNORECASE),
        r"\1" + HIDDEN,
    ),
    # The keys in our links.
    (re.compile(r"(/(?:o|my/\w+)/)[\w-]{16,}"), rf"\1{HIDDEN}"),
    # E-mail addresses.
    (re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.\w+"), HIDDEN),
    # Identity codes, before telephone numbers, which could be taken for their beginning.
    (re.compile(r"\b\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]\b", re.IGNORECASE), HIDDEN),
    # Telephone numbers: international, also as in a URL; national ones begin with 0.
    (re.compile(r"(?:\+|%2B|\b00)\d(?:[\s().-]{0,2}\d){6,14}\b", re.IGNORECASE), HIDDEN),
    (re.compile(r"(?<![\w.-])0\d(?:[ -]?\d){5,10}\b"), HIDDEN),
)


def scrubbed(text: str) -> str:
    """``text`` without numbers, addresses, codes, keys and what a database repeats."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def scrubbed_deeply(value: Any) -> Any:
    """Any value of a log line or report, with every text in it scrubbed; unknown ones as text."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return scrubbed(value)
        case Mapping():
            return {scrubbed(str(key)): scrubbed_deeply(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [scrubbed_deeply(item) for item in value]
        case _:
            return scrubbed(str(value))


def scrub(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The processor that everything passes just before it is written."""
    return {
        key: value if key.startswith("_") else scrubbed_deeply(value)
        for key, value in event.items()
        if key not in NEVER_LOGGED
    }


def scrub_report(report: Event, hint: Hint) -> Event:
    """Sentry's ``before_send``: an error report carries no request, no person and no number."""
    parts = {name: part for name, part in report.items() if name not in NEVER_REPORTED}
    return cast(Event, scrubbed_deeply(parts))


def configuration(*, readable: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING. Also makes structlog's own loggers go through it."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # the plain traceback: no variables
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "ours": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    scrub,
                    _renderer(readable=readable),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level},
            "django.request": {"level": "CRITICAL"},  # django_structlog tells the same once
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # whoever tries addresses
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.worker.strategy": {"level": "WARNING"},  # a line for each message of a round
            "celery.app.trace": {"level": "WARNING"},
            "twilio": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
        },
    }


def _renderer(*, readable: bool) -> Processor:
    if readable:
        return structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)
