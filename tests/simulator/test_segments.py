"""Segments as the carriers count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsinki_proactive.simulator.segments import count_segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 153, 3),  # 76 fit in a segment: the 77th would straddle
        ("Ä" * 160, 1),
        ("Привет" + "x" * 64, 1),
        ("Привет" + "x" * 65, 2),
        ("👍" * 35, 1),
        ("👍" * 67, 3),  # 33 fit in a segment
    ],
)
def test_known_texts(text: str, segments: int) -> None:
    assert count_segments(text) == segments


@given(st.text(max_size=400), st.text(max_size=50))
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert 1 <= count_segments(text) <= count_segments(text + more)
