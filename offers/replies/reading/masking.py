"""Hiding identity codes before a text is stored."""

import re
import unicodedata

from stdnum.ee import ik

MASK = "******-****"

_BETWEEN = r"[\s.\u00ad\u200b-\u200f\u2060\ufeff]?"  # what a keyboard or a habit puts inside a code
_DIGITS = _BETWEEN.join([r"\d"] * 6)
_TAIL = _BETWEEN.join([r"\d"] * 3)
_CENTURY = r"[-+\u2010-\u2015\u2212A-FU-Ya-fu-y]"  # the sign between the date and the number

# Finnish: date, century sign, number, check character. A Swedish one with its sign has the same
# shape. The check character is not checked: a mistyped code is still somebody's.
_FINNISH = re.compile(
    rf"(?<!\w)(?:\d\d)?{_DIGITS}{_BETWEEN}{_CENTURY}{_BETWEEN}{_TAIL}{_BETWEEN}[0-9A-Ya-y](?!\w)"
)
_FINNISH_WITHOUT_SIGN = re.compile(rf"(?<!\w){_DIGITS}{_BETWEEN}{_TAIL}{_BETWEEN}[A-Ya-y](?!\w)")
_ESTONIAN = re.compile(r"(?<!\w)[1-8]\d{10}(?!\w)")


def mask_identity_codes(text: str) -> str:
    """Return the text with Finnish, Swedish and Estonian identity codes replaced by `MASK`."""
    masked = _FINNISH.sub(MASK, text)
    masked = _FINNISH_WITHOUT_SIGN.sub(MASK, masked)
    return _ESTONIAN.sub(_mask_estonian, masked)


def _mask_estonian(match: re.Match[str]) -> str:
    """Eleven digits may also be a phone number: only a valid code is masked."""
    digits = "".join(str(unicodedata.digit(character)) for character in match[0])
    return MASK if ik.is_valid(digits) else match[0]
