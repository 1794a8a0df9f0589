"""How many SMS segments a text takes and what they cost.

GSM 03.38 (3GPP TS 23.038): the default alphabet packs 160 characters into one segment, 153 into
each of several; a character of its extension table takes two places, which may not be parted.
Anything else makes the whole text UCS-2: 70 and 67 UTF-16 units, surrogate pairs kept together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_7 = BASIC | EXTENSION
GSM_7_SIZES = (160, 153)
UCS_2_SIZES = (70, 67)
LAST_OF_ONE_UNIT = 0xFFFF


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """``units`` are septets or UTF-16 units; ``outside`` are the characters that need UCS-2."""

    segments: int
    units: int
    encoding: str
    outside: tuple[str, ...] = ()


def count(text: str) -> SegmentCount:
    """The segments ``text`` is sent in; an empty text takes one."""
    letters = set(text)
    outside = tuple(sorted(letters - GSM_7))
    if outside:
        wide = {letter for letter in letters if ord(letter) > LAST_OF_ONE_UNIT}
        segments, units = _packed(text, wide, UCS_2_SIZES)
        return SegmentCount(segments, units, "UCS-2", outside)
    segments, units = _packed(text, letters & EXTENSION, GSM_7_SIZES)
    return SegmentCount(segments, units, "GSM-7")


def price_eur(segments: int) -> Decimal:
    """What so many segments cost, in euros."""
    return segments * Decimal(str(settings.SMS_PRICE_EUR))


def _packed(text: str, wide: Collection[str], sizes: tuple[int, int]) -> tuple[int, int]:
    """Segments and units of a text in which the characters of ``wide`` take two units."""
    whole, part = sizes
    total = len(text) + sum(text.count(letter) for letter in wide)
    if total <= whole:
        return 1, total
    if not wide:
        return -(-total // part), total
    segments, room = 1, part
    for letter in text:
        width = 2 if letter in wide else 1
        if width > room:
            segments, room = segments + 1, part
        room -= width
    return segments, total
