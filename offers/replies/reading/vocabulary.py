"""The words of seven languages, out of the files in `vocabulary/`.

A file has `[sets]` (named words), `[phrases]` (for each role, phrases separated by commas or line
ends) and `[spelling]`. A phrase is a row of words: `a` is that word, `{set}` any word of a set,
`a*` and `*a` any word that starts or ends so, and a `?` after any of them makes it optional.

`[spelling]` names three lists. `only_here`: words that mean something else in another language, so
they prove nothing about the language and count only where that language is being read. `correct`:
words whose misspelling by one letter is understood. `never`: real words one letter away from them.

`names.txt` holds first names that people sign with.
"""

import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from offers.replies.reading.tokens import fold

LANGUAGES = ("fi", "sv", "en", "et", "ru", "so", "ar")
EVERY = "signs"  # the file that belongs to every language

_FOLDER = Path(__file__).parent / "vocabulary"
_EDGE = 2  # letters by which a phrase that begins with a part of a word is found
_SHORTEST_MISSPELT = 4
_LONGEST_REPEATED = 40
_REPEATED = re.compile(r"(.)\1\1+")


class Element(NamedTuple):
    """One place of a phrase: which words may stand there, and whether it may be empty."""

    words: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    optional: bool

    def takes(self, word: str) -> bool:
        """Whether this word may stand here."""
        return (
            word in self.words
            or bool(self.starts and word.startswith(self.starts))
            or bool(self.ends and word.endswith(self.ends))
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """A row of words with one role in one language."""

    role: str
    language: str
    elements: tuple[Element, ...]
    second: frozenset[str] | None  # what may stand after the first word; None: anything or nothing

    def end(self, words: Sequence[str], start: int, stop: int) -> int:
        """Where the longest match from `start` ends; `start` itself where there is none."""
        if len(self.elements) == 1:
            return start + self.elements[0].takes(words[start])
        reached = {start}
        for element in self.elements:
            following = {at + 1 for at in reached if at < stop and element.takes(words[at])}
            reached = following | reached if element.optional else following
            if not reached:
                return start
        return max(reached)


class Match(NamedTuple):
    """A phrase found in a text."""

    role: str
    language: str
    end: int
    only_here: bool  # none of its words proves the language


class Vocabulary:
    """Every phrase of every language, found by its first word."""

    def __init__(self, folder: Path) -> None:
        """Read the files of a folder; KeyError or ValueError where one is not as it should be."""
        self._by_word: dict[str, list[Phrase]] = defaultdict(list)
        self._by_start: dict[str, list[Phrase]] = defaultdict(list)
        self._by_end: dict[str, list[Phrase]] = defaultdict(list)
        self.known: set[str] = set()
        self.only_here: dict[str, frozenset[str]] = {}
        self.correct: set[str] = set()
        self._never: set[str] = set()
        for language in (*LANGUAGES, EVERY):
            self._load(language, tomllib.loads((folder / f"{language}.toml").read_text("utf-8")))
        self.names = frozenset(map(fold, _names(folder / "names.txt"))) - self.known
        self._near = _one_letter_less(self.known | self._never)

    def phrases(self) -> set[Phrase]:
        """All of them."""
        indexes = (self._by_word, self._by_start, self._by_end)
        return {phrase for index in indexes for listed in index.values() for phrase in listed}

    def matches(self, words: Sequence[str], start: int, stop: int) -> Iterator[Match]:
        """Every phrase of any language that matches from `start` and ends by `stop`."""
        word = words[start]
        beginning = itertools.chain(
            self._by_word.get(word, ()),
            self._by_start.get(word[:_EDGE], ()),
            self._by_end.get(word[-_EDGE:], ()),
        )
        following = words[start + 1] if start + 1 < stop else ""
        for phrase in beginning:
            if phrase.second is not None and following not in phrase.second:
                continue
            end = phrase.end(words, start, stop)
            if end > start:
                only_here = self.only_here[phrase.language].issuperset(words[start:end])
                yield Match(phrase.role, phrase.language, end, only_here)

    def spelt(self, word: str) -> str:
        """The known word that is meant: itself, without repeated letters, or one letter away."""
        if word in self.known:
            return word
        for shorter in _without_repeats(word):
            if shorter in self.known:
                return shorter
        if word[-2:-1] == word[-1:] and word[:-1] in self.correct and word not in self._never:
            return word[:-1]  # held a moment too long: "kyllää", "eii"
        return self._one_letter_away(word) or word

    def _one_letter_away(self, word: str) -> str | None:
        """The only word as near as that, where it is one whose misspelling is understood."""
        if len(word) < _SHORTEST_MISSPELT or word in self._never:
            return None
        keys = {word, *_shortened(word)}
        found = {
            near
            for key in keys
            for near in self._near.get(key, ())
            if near[0] == word[0] and _differ_by_one(word, near)
        }
        return found.pop() if len(found) == 1 and found <= self.correct else None

    def _load(self, language: str, content: dict[str, dict[str, str]]) -> None:
        sets = {name: words.split() for name, words in content.get("sets", {}).items()}
        for role, listed in content["phrases"].items():
            for written in filter(None, map(str.strip, re.split(r"[,\n]", listed))):
                self._add(_phrase(role, language, written, sets))
        spelling = {
            name: frozenset(map(fold, words.split()))
            for name, words in content.get("spelling", {}).items()
        }
        self.only_here[language] = spelling.get("only_here", frozenset())
        self.correct |= spelling.get("correct", frozenset())
        self._never |= spelling.get("never", frozenset())

    def _add(self, phrase: Phrase) -> None:
        for element in _up_to_mandatory(phrase.elements):
            for word in element.words:
                self._by_word[word].append(phrase)
            for start in element.starts:
                self._by_start[start[:_EDGE]].append(phrase)
            for end in element.ends:
                self._by_end[end[-_EDGE:]].append(phrase)
        self.known.update(word for element in phrase.elements for word in element.words)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once for each process."""
    return Vocabulary(_FOLDER)


def _phrase(role: str, language: str, written: str, sets: dict[str, list[str]]) -> Phrase:
    elements = tuple(_element(part, sets) for part in written.split())
    return Phrase(role, language, elements, _second_words(elements))


def _names(path: Path) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


def _up_to_mandatory(elements: Sequence[Element]) -> Iterator[Element]:
    """The elements that a match may begin with."""
    for element in elements:
        yield element
        if not element.optional:
            return


def _second_words(elements: Sequence[Element]) -> frozenset[str] | None:
    words: set[str] = set()
    for at, _ in enumerate(_up_to_mandatory(elements), start=1):
        rest = elements[at:]
        if all(element.optional for element in rest):
            return None
        for element in _up_to_mandatory(rest):
            if element.starts or element.ends:
                return None
            words |= element.words
    return frozenset(words)


def _element(written: str, sets: dict[str, list[str]]) -> Element:
    name = written.removesuffix("?")
    words = sets[name[1:-1]] if name.startswith("{") else [name]
    return Element(
        words=frozenset(fold(word) for word in words if "*" not in word),
        starts=tuple(fold(word[:-1]) for word in words if word.endswith("*")),
        ends=tuple(fold(word[1:]) for word in words if word.startswith("*")),
        optional=written.endswith("?"),
    )


def _without_repeats(word: str) -> Iterator[str]:
    """The word with each letter that is repeated three times or more written twice or once."""
    runs = _REPEATED.findall(word)
    if not runs or len(runs) > 3 or len(word) > _LONGEST_REPEATED:
        return
    for lengths in itertools.product((2, 1), repeat=len(runs)):
        pieces = zip(
            _REPEATED.split(word)[::2], (*map(str.__mul__, runs, lengths), ""), strict=True
        )
        yield "".join(itertools.chain.from_iterable(pieces))


def _shortened(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _one_letter_less(words: Iterable[str]) -> dict[str, set[str]]:
    """For each word and each word with a letter left out: which words it may have been."""
    near: dict[str, set[str]] = defaultdict(set)
    for word in words:
        if len(word) >= _SHORTEST_MISSPELT:
            for key in (word, *_shortened(word)):
                near[key].add(word)
    return near


def _differ_by_one(left: str, right: str) -> bool:
    """One letter more, less or other, or two neighbours changed over."""
    if len(left) > len(right):
        left, right = right, left
    same = next(
        (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(left)
    )
    if len(left) < len(right):
        return left[same:] == right[same + 1 :]
    other, others = left[same:], right[same:]
    return other[1:] == others[1:] or (
        other[2:] == others[2:] and other[:2] == others[1::-1] and len(other) > 1
    )
