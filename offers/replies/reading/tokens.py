"""From what was typed to words that can be compared with the vocabulary.

Everything that people and phones do to a text without changing what it says is undone here:
Unicode forms, case, accents, look-alike letters, invisible characters, quoted lines, punctuation.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 1600  # characters: ten joined SMS; what is longer is never taken as an answer
QUOTED = "\ue000"  # a private character: stands for words quoted from the message that is answered
SIGNATURE = "--"  # stands for a dash or a new line before a name
MIN_QUOTED_WORDS = 3

_LOOK_ALIKE = dict(
    zip("авекмнорстухісԁјѕԛԝґӏ", "abekmhopctyxicdjsqwrl", strict=True),
)
_TO_LATIN = str.maketrans(
    _LOOK_ALIKE | {"α": "a", "ο": "o", "ι": "i", "υ": "u", "ν": "v", "ε": "e"}
)
_TO_CYRILLIC = str.maketrans({latin: cyrillic for cyrillic, latin in _LOOK_ALIKE.items()})
_NOT_DECOMPOSED = str.maketrans("øØæÆđĐłŁıکیٱ", "oOaAdDlLiكيا")

_APOSTROPHES = "'’‘ʼ`´ʹ"
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(_APOSTROPHES, "'"))
_BREAKS = '.,!?;:()[]{}"“”„‟«»‹›/|–—−-،؛؟¡¿•\n'
_QUOTATION = re.compile(r"[“”„‟«»‹›\"]([^“”„‟«»‹›\"]*)(?:[“”„‟«»‹›\"]|$)")
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_NAME_AFTER_DASH = re.compile(r"(?<=[\s.!,])[-–—/](?=[^\W\d_])")
_NAME_ON_LAST_LINE = re.compile(r"\n\s*(?=[^\W\d_]+[ ]+[^\W\d_]+\s*$)")
_NAME_AT_END = re.compile(
    r"(?P<before>[.!,)/\n]|\s[-–—])\s*(?P<first>[^\W\d_]{3,})"
    r"(?P<rest>(?:[ ]+[^\W\d_]+(?:-[^\W\d_]+)?){0,2})(?P<initial>[ ]+[^\W\d_])?[.\s]*$"
)
_COMMA_BEFORE_THAT = re.compile(r",(?=\s+et(?:tä|ta|t)\s)", re.IGNORECASE)
_TOKEN = re.compile(
    rf"""
    (?P<dots>\.\.+)
  | (?P<signature>--)
  | (?P<smiley>(?<!\w)(?:[:;=]'?-?[)(/dDpP]|<3|xD|XD|\(:|\^\^)(?!\w))
  | (?P<word>[^\W\d_]+(?:['][^\W\d_]+)*)
  | (?P<number>\d+)
  | (?P<gap>[\s'=]+)
  | (?P<marked>(?<=\b\w)[:=](?:(?:lle|lla|lta|n|a|ta|s)\b)?)
  | (?P<hyphen>(?<=[^\W\d_])[-‐‑](?=[^\W\d_]))
  | (?P<break>[{re.escape(_BREAKS)}])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SHORTEST_SPELT_OUT = 4


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign: folded for comparing, as written, and the clause it stands in."""

    word: str
    written: str
    clause: int


@dataclass(frozen=True, slots=True)
class Text:
    """A reply, taken apart."""

    tokens: tuple[Token, ...]
    asks: bool
    quotes: bool
    too_long: bool


def fold(word: str) -> str:
    """The form in which words are compared: no case, no accents, one script in one word."""
    plain = unicodedata.normalize("NFKC", word).translate(_NOT_DECOMPOSED)
    return _one_script(_without_marks(plain.translate(_ONE_APOSTROPHE)).casefold())


def take_apart(text: str, is_name: Callable[[str], bool] = lambda _word: False) -> Text:
    """Split a text into tokens. Looks at no more than its first `LONGEST` characters.

    `is_name` tells of a folded word whether it is a first name that people sign with.
    """
    start = unicodedata.normalize("NFKC", text[:LONGEST]).translate(_NOT_DECOMPOSED)
    plain = _without_marks(start.translate(_ONE_APOSTROPHE))
    plain = _QUOTED_LINE.sub("\n", plain.replace("\r", "\n").replace("\u2028", "\n"))
    unquoted = _QUOTATION.sub(_without_quoted_words, plain).strip()
    signed = _NAME_AFTER_DASH.sub(f" {SIGNATURE} ", unquoted)
    signed = _NAME_ON_LAST_LINE.sub(f" {SIGNATURE} ", signed)
    signed = _NAME_AT_END.sub(lambda match: _signature(match, is_name), signed)
    signed = _COMMA_BEFORE_THAT.sub("", signed)
    tokens = _spelt_together(_tokens(signed))
    return Text(
        tokens=tokens,
        asks=any(mark in unquoted for mark in "?؟"),
        quotes=any(token.word == QUOTED for token in tokens),
        too_long=len(text) > LONGEST,
    )


def _without_marks(text: str) -> str:
    """Drop accents, invisible characters, direction marks, skin tones; tatweel, too."""
    kept = [
        " " if category == "Cc" and character != "\n" else character
        for character in unicodedata.normalize("NFD", text)
        if (category := unicodedata.category(character)) not in {"Mn", "Me", "Cf"}
        and not "\U0001f3fb" <= character <= "\U0001f3ff"
        and character != "ـ"
    ]
    return unicodedata.normalize("NFC", "".join(kept))


def latin_twin(word: str) -> str:
    """The word in the Latin letters that look like its Cyrillic or Greek ones."""
    return word.translate(_TO_LATIN)


def _one_script(word: str) -> str:
    """Undo look-alike letters: a word of two scripts is put into the one most of it is in."""
    if word.isascii():
        return word
    cyrillic = sum(map(_is_cyrillic, word))
    tables = [(_TO_CYRILLIC, _is_cyrillic), (_TO_LATIN, _is_latin)]
    for table, fits in tables if 2 * cyrillic >= len(word) else reversed(tables):
        changed = word.translate(table)
        if all(map(fits, changed)):
            return changed
    return word


def _is_cyrillic(letter: str) -> bool:
    return "Ѐ" <= letter <= "ӿ"


def _is_latin(letter: str) -> bool:
    return letter < "ɐ"


def _without_quoted_words(match: re.Match[str]) -> str:
    """A word or two in quotation marks is the writer's own; a sentence is the city's."""
    if len(match[1].split()) < MIN_QUOTED_WORDS:
        return f" {match[1]} "
    return f"\n{QUOTED}\n"


def _signature(match: re.Match[str], is_name: Callable[[str], bool]) -> str:
    """A first name at the end, after a full stop or the like; after a comma only a whole name."""
    names = [match["first"], *match["rest"].split()]
    whole = len(names) > 1 or bool(match["initial"])
    if not is_name(fold(names[0])) or not all(name[0].isupper() for name in names):
        return match[0]
    if match["before"] == "," and not whole:
        return match[0]
    return f"{match['before'].strip()} {SIGNATURE} {' '.join(names)}"


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    clause = 0
    for match in _TOKEN.finditer(text):
        kind, written = match.lastgroup, match[0]
        if kind == "break":
            clause += 1
        elif kind == "word":
            tokens.append(Token(fold(written), written, clause))
        elif kind == "number":
            digits = "".join(str(unicodedata.digit(digit)) for digit in written)
            tokens.append(Token(digits, written, clause))
        elif kind in {"dots", "signature", "smiley", "other"}:
            word = "..." if kind == "dots" else written.casefold()
            tokens.append(Token(word, written, clause + 1))
            clause += 2
    return tokens


def _spelt_together(tokens: list[Token]) -> tuple[Token, ...]:
    """Join a word typed letter by letter."""
    letters = [token.word for token in tokens if len(token.word) == 1 and token.word.isalpha()]
    clauses = {token.clause for token in tokens}
    if len(letters) == len(tokens) >= _SHORTEST_SPELT_OUT and len(clauses) == 1:
        return (Token("".join(letters), "".join(token.written for token in tokens), 0),)
    return tuple(tokens)
