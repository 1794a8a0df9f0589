"""Counting segments, beside another implementation that packs septets one by one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.segments import count_segments
from offers.delivery.segments import BASIC, EXTENSION, count, price_eur

letters = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=500)
any_text = st.text(
    st.one_of(st.sampled_from("aä€[ķ😀Ж"), st.characters(codec="utf-8")), max_size=400
)


def _packed_by_hand(text: str) -> int:
    """Segments by filling them: a list of lists, no arithmetic."""
    gsm = all(character in BASIC | EXTENSION for character in text)
    wide = EXTENSION if gsm else {character for character in text if ord(character) > 0xFFFF}
    places = [["unit"] * (2 if character in wide else 1) for character in text]
    if sum(map(len, places)) <= (160 if gsm else 70):
        return 1
    segments: list[list[str]] = [[]]
    for place in places:
        if len(segments[-1]) + len(place) > (153 if gsm else 67):
            segments.append([])
        segments[-1].extend(place)
    return len(segments)


@given(st.one_of(letters, any_text))
def test_the_count_is_the_same_as_by_hand_and_as_the_carriers(text: str) -> None:
    assert count(text).segments == _packed_by_hand(text) == count_segments(text)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 153, 3),  # the euro sign moves to the second segment whole
        ("Ж" * 70, 1),
        ("Ж" * 71, 2),
        ("😀" * 35, 1),
        ("Ж" * 66 + "😀" + "Ж" * 66, 3),
    ],
)
def test_the_edges(text: str, segments: int) -> None:
    assert count(text).segments == segments


def test_it_says_which_characters_made_it_ucs_2() -> None:
    counted = count("Šárka ja Äiti")

    assert counted.encoding == "UCS-2"
    assert counted.outside == ("á", "Š")


def test_finnish_and_swedish_need_no_ucs_2() -> None:
    assert count("ÄÖÅäöå Päiväkoti Kannel é").encoding == "GSM-7"


def test_the_price_is_exact(settings: Settings) -> None:
    settings.SMS_PRICE_EUR = 0.06

    assert price_eur(3) == Decimal("0.18")
