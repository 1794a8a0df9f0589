"""Which child a word of a reply speaks of, and what was said of which child."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from offers.replies.reading.tokens import Token, fold, latin_twin
from offers.replies.reading.understanding import ChildRef, Reading

# Finnish, Estonian and Swedish case endings that a name may carry, and the vowel a name that
# ends in a consonant takes before them.
_ENDINGS = ("", "n", "a", "ta", "lle", "lla", "lta", "ssa", "sta", "le", "l", "s")
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
BOTH_SIDES = 2


def name_forms(name: str) -> frozenset[str]:
    """The folded forms in which a first name or an initial may stand in a reply."""
    parts = fold(name).replace("-", " ").replace(".", " ").split()
    word = parts[0] if parts else ""
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
    """Marker of the child spoken of, by position in `tokens`. What fits two children fits none.

    A name that is also a word ("Kai" is "perhaps") counts where only a name has a capital letter.
    """
    if not children:
        return {}
    names = {child.marker: name_forms(child.name) for child in children}
    letters = dict(_letters(tokens, children))
    found: dict[int, str] = {}
    for at, token in enumerate(tokens):
        letter = len(token.word) == 1
        maybe_word = token.word in known and (token.written.islower() or (at == 0 and not letter))
        fitting = {
            marker for marker, forms in names.items() if token.word in forms and not maybe_word
        }
        if at in letters:
            fitting.add(letters[at])
        if len(fitting) == 1:
            (found[at],) = fitting
    return found


def _letters(tokens: Sequence[Token], children: Sequence[ChildRef]) -> Iterator[tuple[int, str]]:
    """Where a child's letter stands.

    A small one counts at the edge of a clause or in company of another: "a" is a word, too.
    """
    markers = {fold(child.marker): child.marker for child in children}
    found = [
        (at, markers[letter])
        for at, token in enumerate(tokens)
        if (letter := latin_twin(token.word) if token.written.isupper() else token.word) in markers
    ]
    company = len({marker for _, marker in found}) > 1
    for at, marker in found:
        beside = (tokens[near] for near in (at - 1, at + 1) if 0 <= near < len(tokens))
        within = [token for token in beside if token.clause == tokens[at].clause]
        if company or len(within) < BOTH_SIDES or tokens[at].written.isupper():
            yield at, marker


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
