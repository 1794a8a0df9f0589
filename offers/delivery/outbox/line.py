"""A line: the connections to one provider, kept busy by small claims."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from offers.delivery.channels import Parcel, open_provider
from offers.delivery.codes import NOT_CALLED
from offers.delivery.errors import NotTakenError, ProviderError, UncertainError
from offers.delivery.health import ask_leave, give_back, is_its_fault
from offers.delivery.outbox.claims import claim
from offers.delivery.outbox.results import CallResult
from offers.delivery.routes import cargo_of
from offers.models import Channel, Lane
from offers.models.providers import AWAY_AFTER

logger = logging.getLogger(__name__)

UNEXPECTED = "unexpected"
"""The reason of a message whose call ended in a way that nobody has foreseen."""

WORK_AHEAD = 1.0
"""Seconds of work that are claimed at most; topped up when half of it is left."""

MOST_CLAIMED = 500
LOOK_AGAIN = 0.2
"""Seconds before a line that found nothing to carry looks again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that has ended, and how long it took in seconds."""

    line: "Line"
    result: CallResult
    seconds: float


class Line:
    """Claims, calls and counts for one provider. Used as a context; calls end before it does."""

    def __init__(self, channel: Channel, provider: str, results: "SimpleQueue[Finished]") -> None:
        self.under_way = 0
        self.paused_until = 0.0
        self.has_more = False
        """Whether more was due at some time than was to be claimed at once."""
        self._channel = channel
        self._provider = provider
        self._results = results
        self._connections = settings.SENDING_CONCURRENCY
        self._outbound = open_provider(provider)
        self._pool = ThreadPoolExecutor(self._connections, thread_name_prefix=provider)
        self._seconds_per_call = WORK_AHEAD / 4
        self._dry_until = 0.0
        self._failures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._outbound.close()

    @property
    def is_paused(self) -> bool:
        """Whether the provider has asked us to wait, is away, or has had its ration."""
        return self.paused_until > time.monotonic()

    def top_up(self, lane: Lane) -> int:
        """Claim more once less than half of the work ahead is left, and set it under way.

        Returns how many were claimed, those that the gate refused included.
        """
        now = time.monotonic()
        wanted = self._room()
        if not wanted or now < max(self.paused_until, self._dry_until):
            return 0
        cargo = cargo_of(self._channel, self._provider)
        if cargo is None:
            self._dry_until = now + LOOK_AGAIN
            return 0
        leave = ask_leave(provider=self._provider, wanted=wanted)
        if leave.calls:
            return self._claim(lane, leave.calls, cargo)
        self._pause(leave.wait)
        return 0

    def _claim(self, lane: Lane, limit: int, cargo: Q) -> int:
        claimed = claim(
            channel=self._channel,
            provider=self._provider,
            lane=lane,
            limit=limit,
            now=timezone.now(),
            cargo=cargo,
        )
        give_back(provider=self._provider, calls=limit - len(claimed.parcels))
        self.has_more |= claimed.taken == limit
        if claimed.taken < limit:
            self._dry_until = time.monotonic() + LOOK_AGAIN
        self._failures = min(self._failures, AWAY_AFTER - 1)  # having leave, it is tried
        for parcel in claimed.parcels:
            self.under_way += 1
            self._pool.submit(self._call, parcel, claimed.calls_until)
        return claimed.taken

    def note(self, finished: Finished) -> None:
        """Learn from a call that has ended."""
        self.under_way -= 1
        self._seconds_per_call += (finished.seconds - self._seconds_per_call) / 10

    def _room(self) -> int:
        """How many more may be claimed now."""
        ahead = self._connections
        if self._outbound.has_list:
            calls = self._connections * WORK_AHEAD / max(self._seconds_per_call, 0.001)
            ahead = min(max(int(calls), self._connections), MOST_CLAIMED)
        return ahead - self.under_way if self.under_way <= ahead / 2 else 0

    def _call(self, parcel: Parcel, calls_until: float) -> None:
        """Hand one parcel over; runs in a thread and touches no database."""
        began = time.monotonic()
        provider_id = ""
        error: ProviderError | None = None
        try:
            if began > calls_until or self.is_paused or self._failures >= AWAY_AFTER:
                raise NotTakenError(NOT_CALLED)
            provider_id = self._outbound.send(parcel)
            self._failures = 0
        except ProviderError as problem:
            error = problem
        except Exception as problem:
            # Without the traceback, which may hold what was sent.
            logger.error(
                "call_broke", extra={"provider": self._provider, "code": type(problem).__name__}
            )
            error = UncertainError(UNEXPECTED)
        if error is not None:
            self._heed(error)
        result = CallResult(parcel, self._provider, provider_id, error)
        self._results.put(Finished(self, result, time.monotonic() - began))

    def _heed(self, error: ProviderError) -> None:
        """Act on an error at once, for what is claimed already: it goes back to the queue."""
        if error.wait_seconds:
            self._pause(error.wait_seconds)
        if is_its_fault(self._provider, error):
            self._failures += 1

    def _pause(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, time.monotonic() + seconds)
