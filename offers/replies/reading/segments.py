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
ELSEWHERE = "elsewhere"  # why a place is not taken: another one, at home, moving
UNEXPLAINED = frozenset({UNKNOWN, ELSEWHERE, "because", "negation"})
CHILD = "child"
PLACE = "place"  # the place that was offered, by its name
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
        """How many words are not explained by what stands beside them."""
        return sum(segment.role in UNEXPLAINED for segment in self.segments)

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


def find_matches(
    tokens: Sequence[Token],
    children: Mapping[int, str],
    places: Mapping[int, int],
    vocabulary: Vocabulary,
) -> list[list[Match]]:
    """For every token, the phrases of all languages that begin there.

    No phrase crosses punctuation, nor the name of a child or of the place.
    """
    words = [token.word for token in tokens]
    found: list[list[Match]] = [[] for _ in tokens]
    end = len(tokens)
    for at in reversed(range(len(tokens))):
        if at + 1 < len(tokens) and tokens[at + 1].clause != tokens[at].clause:
            end = at + 1
        if at in children:
            found[at], end = [Match(CHILD, EVERY, at + 1, only_here=False)], at
        elif at in places:
            found[at], end = [Match(PLACE, EVERY, places[at], only_here=False)], at
        else:
            found[at] = list(vocabulary.matches(words, at, end))
    return found


def special_roles(matches: Sequence[Sequence[Match]]) -> frozenset[str]:
    """What must be noticed wherever it stands, in whatever language, whatever surrounds it."""
    return frozenset(
        match.role
        for beginning in matches
        for match in beginning
        if match.role in SPECIAL and not match.only_here
    )


def read_as(
    language: str,
    tokens: Sequence[Token],
    matches: Sequence[Sequence[Match]],
    children: Mapping[int, str],
) -> View:
    """Give every token its role, as words of this language."""
    segments: list[Segment] = []
    own_words = False
    at = 0
    for match in _best_row(language, matches):
        token, found = tokens[at], tuple(token.word for token in tokens[at : match.end])
        if match.role == "footer" and (at == 0 or tokens[at - 1].clause != token.clause):
            break
        own_words |= match.language == language and not match.only_here
        marker = children.get(at, "")
        segments.append(Segment(match.role, match.language, found, token.clause, marker))
        at = match.end
    written = [token.written for token in tokens]
    named = _with_names(segments, written)
    return View(language, tuple(_without_loose_ends(language, named)), own_words)


def _best_row(language: str, matches: Sequence[Sequence[Match]]) -> list[Match]:
    """Phrases that cover all tokens: the fewest unknown, then the fewest at all.

    Among equals, those that outrank, then those with the fewest answers: "we | don't accept" and
    not "we don't | accept".
    """
    best: list[tuple[tuple[int, ...], Match | None]] = [((), None)] * (len(matches) + 1)
    for at in reversed(range(len(matches))):
        best[at] = min(
            (
                (_cost(match, best[match.end][0]), match)
                for match in _possible(language, at, matches[at])
            ),
            key=lambda choice: choice[0],
        )
    row: list[Match] = []
    while (match := best[row[-1].end if row else 0][1]) is not None:
        row.append(match)
    return row


def _cost(match: Match, rest: tuple[int, ...]) -> tuple[int, ...]:
    here = (
        match.role == UNKNOWN,
        1,
        -(match.role in OUTRANKING),
        match.role in YES | NO,
    )
    return tuple(map(sum, zip(here, rest or (0,) * len(here), strict=True)))


def _possible(language: str, at: int, matches: Sequence[Match]) -> list[Match]:
    """The phrases of the language itself, else one that the other languages lend.

    What is uncertain in another language is lent even so, where it is the longer phrase.
    """
    lent = [match for match in matches if match.role in _LENT and not match.only_here]
    if own := [match for match in matches if match.language in {language, EVERY}]:
        reach = max(match.end for match in own)
        return own + [match for match in lent if match.role == "hedge" and match.end > reach]
    longest = [match for match in lent if match.end == max(match.end for match in lent)]
    if len({match.role for match in longest}) == 1:
        return longest[:1]
    return [Match(UNKNOWN, language, at + 1, only_here=False)]


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
        lambda pair: (
            pair[0].role in {"family", "and", CHILD}
            or (pair[0].role == UNKNOWN and pair[1].isalpha() and not pair[1].islower())
        ),
        zip(rest, written, strict=False),
    )
    return len(list(named)) == len(rest)


def _without_loose_ends(language: str, named: Iterator[Segment]) -> Iterator[Segment]:
    """Words that only help count only where there is something to help."""
    segments = list(named)
    with_verb = {
        segment.clause
        for segment in segments
        if segment.role in VERBS and segment.language == language
    }
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        beside = segments[max(index - 1, 0) : index + 2]
        helps = segment.clause in with_verb or any(near.role in {CHILD, "all"} for near in beside)
        loose = {
            "part": not helps,
            "and": index in {0, last},
            "frame": index == last,
            "signoff": len(segment.words) == 1
            and not {near.role for near in segments[index + 1 : index + 2]} & {NAME, "signoff"},
            "family": True,
            "footer": True,
        }
        if loose.get(segment.role):
            yield replace(segment, role=UNKNOWN)
        else:
            yield segment
