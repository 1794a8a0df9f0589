"""How the providers are, and how often they may be called: known to all workers alike.

It is in the database, on the database's clock, so it outlives the broker and no wrong clock bends
it. A provider that fails several times in a row is away: nothing is handed to it but a single
message now and then, until it takes one. Waits are answers here: nobody sleeps in a transaction.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from offers.delivery.channels import longest_call
from offers.delivery.codes import Verdict, verdict_on
from offers.delivery.errors import ProviderError, UncertainError
from offers.models import ProviderHealth
from offers.models.providers import AWAY_AFTER

TABLE = ProviderHealth._meta.db_table
LONGEST_PROBE_WAIT = timedelta(minutes=5)
BURST_SECONDS = 0.25
"""As much of a second's ration as may be called at once."""


@dataclass(frozen=True, slots=True)
class Leave:
    """How many ``calls`` may be made now; if none, in how many seconds to ask again."""

    calls: int
    wait: float = 0


def ask_leave(*, provider: str, wanted: int) -> Leave:
    """Leave to call the provider up to ``wanted`` times; what is not used is given back.

    A provider that is away gives leave for one call, to one worker, when it is time to try it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT failures, extract(epoch FROM not_before - clock_timestamp())::float"
            f" FROM {TABLE} WHERE provider = %s",
            [provider],
        )
        failures, wait = cursor.fetchone() or (0, None)
    if wait is not None and wait > 0:
        return Leave(0, wait)
    if failures >= AWAY_AFTER:
        return Leave(1) if _may_probe(provider) else Leave(0, longest_call())
    rate = settings.CALLS_PER_SECOND.get(provider, 0)
    return _take(provider, wanted, rate) if rate else Leave(wanted)


def give_back(*, provider: str, calls: int) -> None:
    """Leave that was not used."""
    if calls > 0 and settings.CALLS_PER_SECOND.get(provider, 0):
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {TABLE} SET allowance = allowance + %s WHERE provider = %s",
                [calls, provider],
            )


def note_results(results: Iterable[tuple[str, ProviderError | None]]) -> None:
    """Learn from calls that have ended: each one's provider, and its error if there was one.

    One success means that the provider is there. Only errors that speak of the provider count
    against it, not those about a number or a text.
    """
    by_provider: dict[str, list[ProviderError | None]] = defaultdict(list)
    for provider, error in results:
        by_provider[provider].append(error)
    for provider, errors in by_provider.items():
        if None in errors:
            _note_success(provider)
        elif failed := sum(error is not None and is_its_fault(provider, error) for error in errors):
            _note_failures(provider, failed)
        asked = max(error.wait_seconds if error else 0 for error in errors)
        if asked:
            _note_wait(provider, asked)


def is_its_fault(provider: str, error: ProviderError) -> bool:
    """Whether the error says that the provider, or our account with it, is out of order."""
    if isinstance(error, UncertainError):
        return True
    return verdict_on(provider=provider, code=error.code) == Verdict.AWAY


def _may_probe(provider: str) -> bool:
    """Whether this worker is the one to try a provider that is away; the next one waits longer."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET not_before = {_NEXT_PROBE} WHERE provider = %(provider)s"
            " AND (not_before IS NULL OR not_before <= clock_timestamp())",
            {**_probe_waits(), "provider": provider},
        )
        return bool(cursor.rowcount)


_NEXT_PROBE = f"""clock_timestamp() + (1 + random() / 2) * least(
    greatest(%(first)s, clock_timestamp() - {TABLE}.away_since), %(longest)s)"""
"""About as long again as it has been away already: how many calls failed at once says nothing."""


def _probe_waits() -> dict[str, Any]:
    return {"first": timedelta(seconds=longest_call()), "longest": LONGEST_PROBE_WAIT}


def _note_success(provider: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET failures = 0, away_since = NULL,"
            " not_before = CASE WHEN failures >= %s THEN NULL ELSE not_before END"
            " WHERE provider = %s AND failures > 0",
            [AWAY_AFTER, provider],
        )


def _note_failures(provider: str, number: int) -> None:
    _make_row(provider)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} SET failures = failures + %(more)s,
                away_since = CASE WHEN failures + %(more)s >= {AWAY_AFTER}
                    THEN coalesce(away_since, clock_timestamp()) END,
                not_before = CASE WHEN failures + %(more)s >= {AWAY_AFTER}
                    THEN greatest(not_before, {_NEXT_PROBE}) ELSE not_before END
            WHERE provider = %(provider)s
            """,
            {**_probe_waits(), "provider": provider, "more": number},
        )


def _note_wait(provider: str, seconds: float) -> None:
    _make_row(provider)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET not_before = greatest(not_before,"
            " clock_timestamp() + make_interval(secs => %s)) WHERE provider = %s",
            [seconds, provider],
        )


def _take(provider: str, wanted: int, rate: float) -> Leave:
    """Take from the ration that fills up by ``rate`` a second; whole calls only."""
    _make_row(provider)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT allowance, extract(epoch FROM clock_timestamp() - allowed_at)::float"
            f" FROM {TABLE} WHERE provider = %s FOR UPDATE",
            [provider],
        )
        allowance, elapsed = cursor.fetchone()
        allowed = min(allowance + rate * max(elapsed, 0), max(rate * BURST_SECONDS, 1))
        calls = min(wanted, int(allowed))
        cursor.execute(
            f"UPDATE {TABLE} SET allowance = %s, allowed_at = clock_timestamp()"
            " WHERE provider = %s",
            [allowed - calls, provider],
        )
    return Leave(calls, 0 if calls else (1 - allowed) / rate)


def _make_row(provider: str) -> None:
    ProviderHealth.objects.bulk_create([ProviderHealth(provider=provider)], ignore_conflicts=True)
