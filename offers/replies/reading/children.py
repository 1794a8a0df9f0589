"""Which child a word of a reply speaks of, and what was said of which child."""

from collections.abc import Sequence
from itertools import groupby

from offers.replies.reading.tokens import Token, fold
from offers.replies.reading.understanding import ChildRef, Reading

# Finnish, Estonian and Swedish case endings that a name may carry, and the vowel a name that
# ends in a consonant takes before them.
_ENDINGS = ("", "n", "a", "ta", "lle", "lla", "lta", "ssa", "sta", "lta", "le", "l", "s")
_ENDINGS_AFTER_CONSONANT = (
    "",
    *(f"i{ending}" for ending in ("n", "a", "lle", "lla", "lta", "ssa", "sta", "le")),
    "s",
)
_WEAKENED = {
    "kk": "k",
    "pp": "p",
    "tt": "t",
    "nt": "nn",
    "nk": "ng",
    "mp": "mm",
    "lt": "ll",
    "rt": "rr",
}
_VOWELS = "aeiouy"


def name_forms(name: str) -> frozenset[str]:
    """The folded forms in which a first name or an initial may stand in a reply."""
    whole = fold(name.strip(" ."))
    word = whole.replace("-", " ").split()[0] if whole.replace("-", " ").split() else ""
    if len(word) <= 1:
        return frozenset({word} - {""})
    if word[-1] not in _VOWELS:
        return frozenset(word + ending for ending in _ENDINGS_AFTER_CONSONANT)
    forms = {word + ending for ending in _ENDINGS}
    if weak := _WEAKENED.get(word[-3:-1]):
        forms |= {word[:-3] + weak + word[-1] + ending for ending in _ENDINGS if ending}
    return frozenset(forms)


def find_children(
    tokens: Sequence[Token], children: Sequence[ChildRef], known: set[str]
) -> dict[int, str]:
    """Marker of the child spoken of, by position in `tokens`. What fits two children fits none."""
    if not children:
        return {}
    forms = {child.marker: name_forms(child.name) for child in children}
    markers = {fold(child.marker): child.marker for child in children}
    capital = {
        marker
        for token in tokens
        if (marker := markers.get(token.word)) and token.written.isupper()
    }
    found: dict[int, str] = {}
    for at, token in enumerate(tokens):
        lower = token.written.islower()
        fitting = {
            marker
            for marker, names in forms.items()
            if token.word in names and not (lower and token.word in known)
        }
        marker = markers.get(token.word)
        if marker and (not lower or _stands_apart(tokens, at, markers) or capital):
            fitting.add(marker)
        if len(fitting) == 1:
            (found[at],) = fitting
    return found


def _stands_apart(tokens: Sequence[Token], at: int, markers: dict[str, str]) -> bool:
    """A small letter is a marker at the edge of a clause or in company: "a" is a word, too."""
    clause = tokens[at].clause
    alone_before = at == 0 or tokens[at - 1].clause != clause
    alone_after = at + 1 == len(tokens) or tokens[at + 1].clause != clause
    company = any(token.word in markers and token.word != tokens[at].word for token in tokens)
    return alone_before or alone_after or company


def answers_by_child(spoken: Sequence[str | Reading]) -> dict[str, Reading] | None:
    """Pair children with answers in the order they were written.

    `spoken` holds markers and readings: "Aino yes, Eino no" is `["A", ACCEPT, "B", DECLINE]`. The
    children stand before their answers or after them, all through. None where that is not so, or
    where a child gets two different answers.
    """
    runs = [
        (is_reading, list(run))
        for is_reading, run in groupby(spoken, key=lambda item: isinstance(item, Reading))
    ]
    if len(runs) % 2 or any(is_reading and len(set(run)) > 1 for is_reading, run in runs):
        return None
    answers: dict[str, Reading] = {}
    for (first_is_reading, first), (_, second) in zip(runs[::2], runs[1::2], strict=True):
        readings, markers = (first, second) if first_is_reading else (second, first)
        for marker in markers:
            reading = Reading(readings[0])
            if answers.setdefault(marker, reading) is not reading:
                return None
    return answers
