"""How many segments the carrier bills for a text (3GPP TS 23.038 and 23.040).

Written apart from the product's own counting: two implementations can be compared.
"""

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")


def count_segments(text: str) -> int:
    """Return the number of SMS segments of `text`; never less than one.

    GSM-7: 160 units alone, 153 a segment when split; UCS-2: 70 and 67 UTF-16 units. A
    two-unit character (extension table, surrogate pair) never straddles two segments.
    """
    if all(char in _GSM_BASIC or char in _GSM_EXTENSION for char in text):
        widths = [2 if char in _GSM_EXTENSION else 1 for char in text]
        return _packed(widths, single=160, part=153)
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return _packed(widths, single=70, part=67)


def _packed(widths: list[int], *, single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments
