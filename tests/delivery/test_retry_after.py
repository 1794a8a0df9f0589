"""How long a provider asks us to wait: RFC 9110 allows seconds and moments, and anybody errs."""

from datetime import UTC, datetime

import pytest
import time_machine

from offers.delivery.channels.http import asked_to_wait
from offers.delivery.waits import LONGEST_WAIT

NOW = datetime(2027, 1, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("Fri, 15 Jan 2027 10:01:30 GMT", 90),
        ("Friday, 15-Jan-27 10:01:30 GMT", 90),
        ("Fri, 15 Jan 2027 10:01:30 -0000", 90),
        ("Fri, 15 Jan 2027 09:00:00 GMT", 0),
        ("9" * 400, LONGEST_WAIT.total_seconds()),
        ("Fri, 15 Jan 2100 10:00:00 GMT", LONGEST_WAIT.total_seconds()),
        ("", 0),
        ("-5", 0),
        ("soon", 0),
        ("1e9", 0),
        ("Fri, 99 Jan 2027 10:00:00 GMT", 0),
        ("Fri, 15 Jan 99999999999999999999 10:00:00 GMT", 0),
        ("Fri, 15 Jan 2027 10:00:00 +99999999999999999999", 0),
    ],
)
def test_seconds_and_moments_are_understood_and_no_wait_is_for_ever(
    asked: str, seconds: float
) -> None:
    with time_machine.travel(NOW, tick=False):
        assert asked_to_wait({"Retry-After": asked}) == seconds


def test_no_such_line_is_no_wait() -> None:
    assert asked_to_wait({}) == asked_to_wait(None) == 0
