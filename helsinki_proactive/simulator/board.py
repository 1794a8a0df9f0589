"""The dials as they stand, and the dice that turn shares into single events."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from helsinki_proactive.simulator.codes import FAILURES, MAGIC_RECIPIENTS, REFUSALS
from helsinki_proactive.simulator.dials import Dials


@dataclass(frozen=True, slots=True)
class Reception:
    """What happens to a message at the API's door; without any fault it is taken."""

    taken: bool = True
    refusal: int | None = None
    silence: str | None = None  # "drop" closes the connection, "hang" never answers


TAKEN = Reception()

_SILENCES = (
    ("drop_before_taking", Reception(taken=False, silence="drop")),
    ("drop_after_taking", Reception(taken=True, silence="drop")),
    ("hang_before_taking", Reception(taken=False, silence="hang")),
    ("hang_after_taking", Reception(taken=True, silence="hang")),
)


class DialBoard:
    """The dials as they stand, and the dice: one seed gives one sequence of faults."""

    def __init__(self, *, seed: int) -> None:
        self.now = Dials()
        self._dice = random.Random(seed)
        self._rate_allowance = 0.0
        self._rate_asked_at = 0.0

    def turn(self, changes: Mapping[str, object]) -> None:
        """Change the named dials and leave the others; raises DialError and changes none."""
        self.now = self.now.turned(changes)

    def reset(self) -> None:
        """Turn every dial but the product's addresses back to where it was at the start."""
        self.now = Dials(
            webhook_url=self.now.webhook_url, status_callback_url=self.now.status_callback_url
        )

    def receive(self, *, to: str, at: float) -> Reception:
        """Decide what happens to a valid message to `to` that arrives at `at` (seconds)."""
        code = self.now.phones.get(to) or MAGIC_RECIPIENTS.get(to)
        if code in REFUSALS:
            return Reception(taken=False, refusal=code)
        if self._is_over_rate(at):
            return Reception(taken=False, refusal=20429)
        return self._fault() or TAKEN

    def failure(self, *, to: str) -> int | None:
        """Return the code with which a message to `to` fails on its way, or None."""
        code = self.now.phones.get(to) or MAGIC_RECIPIENTS.get(to)
        return code if code in FAILURES else self._draw(self.now.fail)

    def mail_refusal(self, *, address: str) -> int | None:
        """Return the SMTP code with which mail to `address` is refused, or None."""
        return self.now.mailboxes.get(address) or self._draw(self.now.refuse_mail)

    def _fault(self) -> Reception | None:
        if self.now.fault_count == 0:
            return None
        fault = self._draw_fault()
        if fault is not None and self.now.fault_count is not None:
            self.now = replace(self.now, fault_count=self.now.fault_count - 1)
        return fault

    def _draw_fault(self) -> Reception | None:
        for name, silence in _SILENCES:
            share = getattr(self.now, name)
            if share and self._dice.random() < share:
                return silence
        code = self._draw(self.now.refuse)
        return None if code is None else Reception(taken=False, refusal=code)

    def _draw(self, shares: Mapping[int, float]) -> int | None:
        if not shares:
            return None
        roll = self._dice.random()
        for code, share in shares.items():
            if roll < share:
                return code
            roll -= share
        return None

    def _is_over_rate(self, at: float) -> bool:
        rate = self.now.rate_per_s
        if rate is None:
            return False
        burst = max(rate, 1.0)
        elapsed = at - self._rate_asked_at
        self._rate_allowance = min(burst, self._rate_allowance + elapsed * rate)
        self._rate_asked_at = at
        if self._rate_allowance < 1:
            return True
        self._rate_allowance -= 1
        return False
