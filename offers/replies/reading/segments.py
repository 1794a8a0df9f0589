"""A reply seen as one language: every word with the role it plays, or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from offers.replies.reading.tokens import Token
from offers.replies.reading.vocabulary import EVERY, Match, Vocabulary

VERBS = frozenset({"accept", "decline", "refuse"})
YES = frozenset({"yes", "weak_yes", "digit_yes", "accept"})
NO = frozenset({"no", "weak_no", "digit_no", "decline", "refuse"})
WEAK = frozenset({"weak_yes", "weak_no"})  # too short to count when nothing else is said
SPECIAL = ("safety", "wrong_number", "stop", "automatic")
OUTRANKING = (
    "stop_alone", "question", "condition", "contrast", "hedge", "time", "other", "some", "or",
)  # fmt: skip
UNKNOWN = "unknown"
CHILD = "child"
NAME = "name"

# What one language may lend to another: "Joo tack", "Kyllä, we accept the place".
_LENT = YES | NO | {"courtesy", "glad", "sorry", "ack", "hedge", "signoff"}
_LONGEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of tokens with one role."""

    role: str
    language: str
    words: tuple[str, ...]
    clause: int
    marker: str = ""


@dataclass(frozen=True)
class View:
    """The whole reply, read as one language."""

    language: str
    segments: tuple[Segment, ...]
    own_words: bool  # a word was met that belongs to this language alone

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role that was met."""
        return frozenset(segment.role for segment in self.segments)

    @property
    def unknown(self) -> int:
        """How many words have no role."""
        return sum(segment.role == UNKNOWN for segment in self.segments)

    @property
    def says_yes(self) -> bool:
        """Whether a yes was met, whatever stands beside it."""
        return bool(self.roles & YES)

    @property
    def says_no(self) -> bool:
        """Whether a no was met, whatever stands beside it."""
        return bool(self.roles & NO)

    def first(self, *roles: str) -> Segment | None:
        """The first segment with one of these roles."""
        return next((segment for segment in self.segments if segment.role in roles), None)


def special_roles(tokens: Sequence[Token], vocabulary: Vocabulary) -> frozenset[str]:
    """What must be noticed wherever it stands, in whatever language, whatever surrounds it."""
    words = [token.word for token in tokens]
    return frozenset(
        match.role
        for at, token in enumerate(tokens)
        for match in vocabulary.matches(words, at, _clause_end(tokens, at, {}))
        if match.role in SPECIAL and not _only_here(vocabulary, words[at : match.end], match)
    )


def read_as(
    language: str, tokens: Sequence[Token], children: Mapping[int, str], vocabulary: Vocabulary
) -> View:
    """Give every token its role, the longest phrase first."""
    segments: list[Segment] = []
    own_words = False
    at = 0
    for match in _best_row(language, tokens, children, vocabulary):
        token, found = tokens[at], tuple(token.word for token in tokens[at : match.end])
        if match.role == "footer" and (at == 0 or tokens[at - 1].clause != token.clause):
            break
        own_words |= match.language == language and not _only_here(vocabulary, found, match)
        marker = children.get(at, "")
        segments.append(Segment(match.role, match.language, found, token.clause, marker))
        at = match.end
    written = [token.written for token in tokens]
    return View(language, tuple(_without_loose_ends(_with_names(segments, written))), own_words)


def _best_row(
    language: str, tokens: Sequence[Token], children: Mapping[int, str], vocabulary: Vocabulary
) -> list[Match]:
    """Phrases that cover all tokens: the fewest unknown, then the fewest, then what outranks."""
    words = [token.word for token in tokens]
    best: list[tuple[tuple[int, int, int], Match | None]] = [((0, 0, 0), None)] * (len(tokens) + 1)
    for at in reversed(range(len(tokens))):
        if at in children:
            possible = [Match(CHILD, EVERY, at + 1)]
        else:
            matches = list(vocabulary.matches(words, at, _clause_end(tokens, at, children)))
            possible = _possible(language, words, at, matches, vocabulary)
        best[at] = min(
            ((_cost(match, best[match.end][0]), match) for match in possible),
            key=lambda choice: choice[0],
        )
    row: list[Match] = []
    while (match := best[row[-1].end if row else 0][1]) is not None:
        row.append(match)
    return row


def _cost(match: Match, rest: tuple[int, int, int]) -> tuple[int, int, int]:
    unknown, phrases, outranking = rest
    return (
        unknown + (match.role == UNKNOWN),
        phrases + 1,
        outranking - (match.role in OUTRANKING),
    )


def _clause_end(tokens: Sequence[Token], at: int, children: Mapping[int, str]) -> int:
    clause = tokens[at].clause
    return next(
        (
            index
            for index in range(at + 1, len(tokens))
            if tokens[index].clause != clause or index in children
        ),
        len(tokens),
    )


def _possible(
    language: str, words: Sequence[str], at: int, matches: list[Match], vocabulary: Vocabulary
) -> list[Match]:
    """The phrases of the language itself, else one that the other languages lend."""
    if own := [match for match in matches if match.language in {language, EVERY}]:
        return own
    lent = [
        match
        for match in matches
        if match.role in _LENT and not _only_here(vocabulary, words[at : match.end], match)
    ]
    longest = [match for match in lent if match.end == max(match.end for match in lent)]
    if len({match.role for match in longest}) == 1:
        return longest[:1]
    return [Match(UNKNOWN, language, at + 1)]


def _only_here(vocabulary: Vocabulary, words: Sequence[str], match: Match) -> bool:
    return vocabulary.only_here[match.language].issuperset(words)


def _with_names(segments: list[Segment], written: list[str]) -> Iterator[Segment]:
    """After a greeting at the end, unknown capitalised words are the writer's name."""
    at = 0
    in_signature = False
    for index, segment in enumerate(segments):
        if not in_signature and segment.role == "signoff":
            in_signature = _is_signature(segments[index + 1 :], written[at + len(segment.words) :])
        elif in_signature and segment.role in {UNKNOWN, "family", CHILD}:
            segment = replace(segment, role=NAME)
        at += len(segment.words)
        yield segment


def _is_signature(rest: list[Segment], written: list[str]) -> bool:
    words = [word for segment in rest for word in segment.words]
    if not words or len(words) > _LONGEST_NAME or len(words) != len(written):
        return False
    named = takewhile(
        lambda pair: pair[0].role in {"family", "and", CHILD}
        or (pair[0].role == UNKNOWN and pair[1].isalpha() and not pair[1].islower()),
        zip(rest, written, strict=False),
    )
    return len(list(named)) == len(rest)


def _without_loose_ends(named: Iterator[Segment]) -> Iterator[Segment]:
    """Words that only help count only where there is something to help."""
    segments = list(named)
    with_verb = {segment.clause for segment in segments if segment.role in VERBS}
    for index, segment in enumerate(segments):
        beside = segments[max(index - 1, 0) : index + 2]
        helps = segment.clause in with_verb or any(near.role in {CHILD, "all"} for near in beside)
        if segment.role in {"family", "footer"} or (segment.role == "part" and not helps):
            yield replace(segment, role=UNKNOWN)
        else:
            yield segment
