"""The prices that prove a transport to be the cheapest."""

import signal
from collections.abc import Iterator

import numpy as np
import pytest

from offers.placement.flow import Arcs, _prices
from offers.placement.siblings import UNPLACED_M


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    """Broken, it would go on for hours."""
    signal.alarm(10)
    yield
    signal.alarm(0)


def test_two_who_would_save_a_metre_each_by_swapping_are_found_at_once() -> None:
    """Though somebody else has no seat, which costs a hundred thousand kilometres."""
    party, place = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])
    arcs = Arcs.of(party, place, np.array([101, 100, 100, 101, UNPLACED_M]))
    swapped_wrongly = np.array([1, 0, 0, 1, 1])
    assert _prices(arcs, swapped_wrongly, capacity=np.array([1, 1, 9])).min() < 0
    cheapest = np.array([0, 1, 1, 0, 1])
    assert _prices(arcs, cheapest, capacity=np.array([1, 1, 9])).min() >= 0
