"""Where a reply names the place that was offered."""

from collections.abc import Collection, Sequence

from offers.replies.reading.children import name_forms
from offers.replies.reading.tokens import Token, take_apart

# What many units are called and every family may say of any of them.
_KINDS = ("paivakoti", "paivakodi", "daghem", "forskol", "daycare", "kindergarten", "paivahoi")
_SHORTEST_STEM = 4
_CHANGED_END = 2  # letters that case endings may change: Kannelmäki, Kannelmäessä
_LONGEST_ENDING = 4


def find_places(
    tokens: Sequence[Token], places: Collection[str], known: Collection[str]
) -> dict[int, int]:
    """Where each mention of one of these names begins and ends, by position in `tokens`.

    A name may stand in any case, with or without "päiväkoti" or the like before it. A name that is
    also a word of the vocabulary counts only after such a word or with a capital letter inside.
    """
    found: dict[int, int] = {}
    for words in filter(None, map(_own_words, places)):
        for start in range(len(tokens) - len(words) + 1):
            named = tokens[start : start + len(words)]
            if not _is_named(named, words):
                continue
            begin = start - (start > 0 and _is_kind(tokens[start - 1].word))
            if begin == start and _may_be_a_word(named, start, known):
                continue
            end = start + len(words)
            found[begin] = end + (end < len(tokens) and _is_kind(tokens[end].word))
    return found


def _own_words(place: str) -> list[str]:
    words = [token.word for token in take_apart(place).tokens]
    return [word for word in words if not _is_kind(word)]


def _is_kind(word: str) -> bool:
    return word.startswith(_KINDS)


def _is_named(tokens: Sequence[Token], words: Sequence[str]) -> bool:
    *before, last = zip(tokens, words, strict=True)
    return all(token.word == word for token, word in before) and _is_form(last[0].word, last[1])


def _is_form(written: str, word: str) -> bool:
    stem = word[:-_CHANGED_END]
    if len(stem) < _SHORTEST_STEM:
        return written in name_forms(word)
    return written.startswith(stem) and len(written) <= len(word) + _LONGEST_ENDING


def _may_be_a_word(tokens: Sequence[Token], start: int, known: Collection[str]) -> bool:
    return any(_is_ordinary(token, start) and token.word in known for token in tokens)


def _is_ordinary(token: Token, start: int) -> bool:
    return start == 0 or token.written.islower()
