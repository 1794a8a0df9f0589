"""A line: one channel's connections to its provider, kept busy by small claims."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from django.conf import settings
from django.utils import timezone

from offers.delivery.channels import Parcel, open_channel
from offers.delivery.errors import NotTakenError, ProviderError
from offers.delivery.outbox.claims import claim
from offers.delivery.outbox.outcomes import HandOver
from offers.models import Channel, Lane

WORK_AHEAD = 1.0
"""Seconds of work that are claimed at most; topped up when half of it is left."""

MOST_CLAIMED = 500
LOOK_AGAIN = 0.2
"""Seconds before a channel that had nothing due is asked again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that has ended, and how long it took in seconds."""

    line: "Line"
    hand_over: HandOver
    seconds: float


class Line:
    """Claims, calls and counts for one channel. Used as a context; calls end before it does."""

    def __init__(self, channel: Channel, results: "SimpleQueue[Finished]") -> None:
        self.under_way = 0
        self.paused_until = 0.0
        self._channel = channel
        self._results = results
        self._connections = settings.SENDING_CONCURRENCY
        self._outbound = open_channel(channel)
        self._pool = ThreadPoolExecutor(self._connections, thread_name_prefix=channel)
        self._seconds_per_call = WORK_AHEAD / 4
        self._dry_until = 0.0

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
        """Whether the provider has asked us to wait."""
        return self.paused_until > time.monotonic()

    def top_up(self, lane: Lane) -> None:
        """Claim more once less than half of the work ahead is left, and set it under way."""
        now = time.monotonic()
        limit = self._room()
        if not limit or now < max(self.paused_until, self._dry_until):
            return
        claimed = claim(channel=self._channel, lane=lane, limit=limit, now=timezone.now())
        if claimed.taken < limit:
            self._dry_until = now + LOOK_AGAIN
        for parcel in claimed.parcels:
            self.under_way += 1
            self._pool.submit(self._call, parcel, claimed.calls_until)

    def note(self, finished: Finished) -> None:
        """Learn from a call that has ended."""
        self.under_way -= 1
        self._seconds_per_call += (finished.seconds - self._seconds_per_call) / 10
        if finished.hand_over.error is not None:
            wait = finished.hand_over.error.wait_seconds
            self.paused_until = max(self.paused_until, time.monotonic() + wait if wait else 0)

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
        provider_id, error = "", None
        try:
            if began > calls_until:
                raise NotTakenError("not_called")
            provider_id = self._outbound.send(parcel)
        except ProviderError as problem:
            error = problem
        hand_over = HandOver(parcel, self._outbound.provider, provider_id, error)
        self._results.put(Finished(self, hand_over, time.monotonic() - began))
