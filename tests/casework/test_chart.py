"""The curve of a round."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.admin.rounds.chart import HEIGHT, LABEL_STEP, WIDTH, chart_of
from offers.rounds.figures import EVENTS

START = datetime(2027, 1, 15, 8, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 6000), min_size=5, max_size=5)


def moments(counts: list[list[int]]) -> list[dict[str, Any]]:
    """Totals that only grow, a minute apart."""
    growing = [sorted(column) for column in zip(*counts, strict=True)]
    return [
        {"at": START + timedelta(minutes=row), **dict(zip(EVENTS, values, strict=True))}
        for row, values in enumerate(zip(*growing, strict=True))
    ]


@given(st.lists(COUNTS, min_size=1, max_size=60))
def test_names_do_not_overlap_and_everything_is_inside_the_frame(counts: list[list[int]]) -> None:
    rows = moments(counts)
    chart = chart_of(rows, max(rows[-1][event] for event in EVENTS))
    assert chart
    heights = sorted(curve.label_y for curve in chart.curves)
    assert all(lower - upper >= LABEL_STEP - 0.01 for upper, lower in pairwise(heights))
    assert heights[0] > 0
    assert heights[-1] < HEIGHT
    assert all(0 <= curve.y <= HEIGHT and curve.x <= WIDTH for curve in chart.curves)
    assert [curve.count for curve in chart.curves] == [rows[-1][event] for event in EVENTS]


def test_before_anything_happened_there_is_no_curve() -> None:
    assert chart_of([], 100) is None


@pytest.mark.parametrize(("families", "top"), [(0, 4), (100, 120), (5591, 8000), (3, 4)])
def test_the_scale_ends_at_a_round_number_above_every_count(families: int, top: int) -> None:
    chart = chart_of(moments([[families] * 5]), families)
    assert chart
    assert chart.up[-1].text == str(top)
