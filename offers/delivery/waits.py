"""How long to wait before trying again: longer each time, never all at once, not for ever."""

import random
from datetime import timedelta

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=2)
BUSY_WAIT = timedelta(seconds=1)
OUR_FAULT_WAIT = timedelta(minutes=15)
MOST_ATTEMPTS = 8
"""With these waits a provider may be away for five hours before another way is tried."""


def wait_before(attempt: int, *, at_least: timedelta = timedelta(0)) -> timedelta:
    """The wait before the given attempt (the first retry is attempt 2), spread by half."""
    wait = min(FIRST_WAIT * 4 ** max(attempt - 2, 0), LONGEST_WAIT)
    return spread(max(wait, at_least))


def spread(wait: timedelta) -> timedelta:
    """``wait`` made up to half as long again, so that not all come back at once."""
    return wait * random.uniform(1, 1.5)
