"""Reading a reply: an answer is taken only where every word of it is understood.

A wrong yes or no is a broken promise; a needless question costs one message. So nothing is looked
for in the text: the whole of it must be explained by the vocabulary, as a yes or a no with courtesy
around it, and a single word that is not known, or that outranks, leaves it undecided.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from offers.replies.reading.children import answers_by_child, find_children, name_forms
from offers.replies.reading.places import find_places
from offers.replies.reading.segments import (
    CHILD,
    ELSEWHERE,
    NO,
    OUTRANKING,
    UNEXPLAINED,
    UNKNOWN,
    WEAK,
    YES,
    Segment,
    View,
    find_matches,
    read_as,
    special_roles,
)
from offers.replies.reading.tokens import take_apart
from offers.replies.reading.understanding import ChildRef, Reading, Understanding
from offers.replies.reading.vocabulary import EVERY, LANGUAGES, vocabulary

SEVERAL = 2
NO_ANSWER = "no answer"

_POLITE = frozenset({"courtesy", "sorry", "ack", "noted", "frame", "signoff", "name"})
_SUPPORT = (YES | NO) - WEAK | {"courtesy", "sorry", "frame", "all", CHILD}
_DIGITS = frozenset({"digit_yes", "digit_no"})
_WHY = {
    "stop_alone": "a word that ends messages, with other words",
    "question": "a question",
    "condition": "a condition",
    "contrast": "a reservation",
    "hedge": "an uncertain or many-sided expression",
    "time": "a later time",
    "other": "a wish for something else",
    "some": "one of several",
    "or": "alternatives",
    UNKNOWN: "words outside the vocabulary",
}


def read_reply(
    text: str,
    *,
    language: str,
    children: Sequence[ChildRef] = (),
    places: Collection[str] = (),
    digits_offered: bool = False,
) -> Understanding:
    """Say what a reply means for the offer it answers. Never raises, whatever the text.

    `language` is the offer's (ISO 639-1): a hint, since people answer in their own. `children` are
    those the message asked about, `places` the names of the place it offered, where that is one.
    1 and 2 mean yes and no only with `digits_offered`.
    """
    words = vocabulary()
    children_named = frozenset().union(*(name_forms(child.name) for child in children))
    taken = take_apart(text, lambda word: word in words.names and word not in children_named)
    tokens = [replace(token, word=words.spelt(token.word)) for token in taken.tokens]
    mentions = find_children(tokens, children, words.known)
    matches = find_matches(tokens, mentions, find_places(tokens, places, words.known), words)
    special = special_roles(matches)
    if found := _special(special):
        return found
    hint = language[:2].casefold()
    spoken = {match.language for beginning in matches for match in beginning if not match.only_here}
    languages = sorted(spoken & {*LANGUAGES} | {hint}, key=lambda each: (each != hint, each))
    views = [
        _with_digits(view, offered=digits_offered)
        for view in (read_as(each, tokens, matches, mentions) for each in languages)
        if view.language == hint or view.own_words
    ]
    if "automatic" in special and not any(_has_plain_answer(view) for view in views):
        return Understanding(Reading.UNCLEAR, "an automatic reply", automatic=True)
    if any(_is_bare_stop(view) for view in views):
        return Understanding(Reading.STOP, "asks to end messages")
    if taken.quotes:
        return Understanding(Reading.UNCLEAR, "quotes the message it answers")
    if taken.asks:
        return Understanding(Reading.QUESTION, "has a question mark")
    if not tokens:
        return Understanding(Reading.UNCLEAR, "has no words")
    if taken.too_long:
        return Understanding(Reading.UNCLEAR, "too long to be a plain answer")
    return _decide(views, children, hint)


def _special(roles: frozenset[str]) -> Understanding | None:
    """What comes before any answer, the gravest first."""
    if "safety" in roles:
        return Understanding(Reading.UNCLEAR, "a safety word: a person at once", urgent=True)
    if "wrong_number" in roles:
        return Understanding(Reading.WRONG_NUMBER, "not the family of this child")
    if "stop" in roles:
        return Understanding(Reading.STOP, "asks to end messages")
    return None


def _is_bare_stop(view: View) -> bool:
    return "stop_alone" in view.roles and view.roles <= {"stop_alone"} | _POLITE


def _has_plain_answer(view: View) -> bool:
    """A clause that is nothing but an answer: somebody who drives may still say yes."""
    for _, clause in groupby(view.segments, key=lambda segment: segment.clause):
        roles = {segment.role for segment in clause}
        if roles & (YES | NO) and roles <= YES | NO | _POLITE:
            return True
    return False


def _with_digits(view: View, *, offered: bool) -> View:
    """1 and 2 are words without meaning where the message did not offer them."""
    if offered or not view.roles & _DIGITS:
        return view
    segments = (
        replace(segment, role=UNKNOWN) if segment.role in _DIGITS else segment
        for segment in view.segments
    )
    return replace(view, segments=tuple(segments))


def _decide(views: list[View], children: Sequence[ChildRef], hint: str) -> Understanding:
    """The hinted language decides if it can; else the others, where they agree."""
    if not views:
        return Understanding(Reading.UNCLEAR, "no word of a language that is read")
    weighed = [(view, _weigh(view, children)) for view in views]
    settled = [found for _, found in weighed if _settles(found)]
    first_view, first = weighed[0]
    if first_view.language == hint and (_settles(first) or _is_whole(first_view)):
        return first
    if settled and len({found.reading for found in settled}) == 1:
        return settled[0]
    if settled:
        return Understanding(Reading.UNCLEAR, "means different things in different languages")
    return min(weighed, key=lambda pair: pair[0].unknown)[1]


def _settles(found: Understanding) -> bool:
    return found.reading in {Reading.ACCEPT, Reading.DECLINE} or bool(found.by_child)


def _is_whole(view: View) -> bool:
    """Every word is explained in the hinted language, and they are more than courtesy."""
    return not view.unknown and bool(view.roles & {*OUTRANKING, *YES, *NO})


def _weigh(view: View, children: Sequence[ChildRef]) -> Understanding:
    """What the reply means if it is in the language of this view."""
    if CHILD in view.roles and (found := _by_child(view, children)):
        return found
    if obstacle := _obstacle(view):
        return _undecided(view, obstacle)
    reading = Reading.ACCEPT if view.says_yes else Reading.DECLINE
    says_all = "all" in view.roles
    if says_all and len(children) < SEVERAL:
        return Understanding(Reading.MIXED, "speaks of several children where one was asked about")
    reason = "a yes" if reading is Reading.ACCEPT else "a no"
    return Understanding(reading, f"{reason} and nothing else", says_all=says_all)


def _obstacle(view: View) -> str:
    """Why this is no plain answer; empty where it is one."""
    answers = [segment for segment in view.segments if segment.role in YES | NO]
    if outranking := _outranking(view):
        return _reason(outranking)
    if _has_unexplained(view):
        return _WHY[UNKNOWN]
    checks = {
        NO_ANSWER: not answers,
        "both a yes and a no": view.says_yes and view.says_no,
        "a child is named": CHILD in view.roles,
        "a yes with regret": view.says_yes and "sorry" in view.roles,
        "a no with joy": view.says_no and "glad" in view.roles,
        "a yes said twice": _repeats_yes(answers) and "accept" not in view.roles,
        "a no beside an approval or a refusal": _turned_round(view),
        "a yes to having understood": _only_understood(view),
        "too short to tell": _too_weak(view),
    }
    return next((why for why, met in checks.items() if met), "")


def _has_unexplained(view: View) -> bool:
    """Whether a word is left that may mean anything.

    After a plain refusal, "we do not take it" or "no thanks", its reason may be told in any words:
    from "because" to the end of the clause, or in a clause that says where the child is instead.
    """
    refused = False
    for _, clause in groupby(view.segments, key=lambda segment: segment.clause):
        roles = [segment.role for segment in clause]
        told = len(roles)
        if refused and not view.says_yes and ELSEWHERE in roles and not _denies(roles):
            told = 0 if len(roles) > 1 else told
        refused = refused or _refuses(roles)
        if refused and not view.says_yes and "because" in roles:
            told = roles.index("because")
        if UNEXPLAINED & {*roles[:told]}:
            return True
    return False


def _refuses(roles: list[str]) -> bool:
    return bool({"decline", "refuse"} & {*roles}) or bool(NO & {*roles} and "courtesy" in roles)


def _denies(roles: list[str]) -> bool:
    return bool({*roles} & (NO | {"negation"}))


def _outranking(view: View) -> Segment | None:
    """The first word that outranks; a "but" between thanks and a no does not."""
    outranking = [segment for segment in view.segments if segment.role in OUTRANKING]
    if len(outranking) == 1 and outranking[0].role == "contrast" and view.says_no:
        before = view.segments[: view.segments.index(outranking[0])]
        if before and all(segment.role in _POLITE for segment in before):
            return None
    return outranking[0] if outranking else None


def _repeats_yes(answers: list[Segment]) -> bool:
    return any(
        left.role == "yes" and left.words == right.words for left, right in pairwise(answers)
    )


def _turned_round(view: View) -> bool:
    """ "Ei hyvä" is no answer, and "ei kieltäydytä" is the contrary of a refusal."""
    for _, clause in groupby(view.segments, key=lambda segment: segment.clause):
        roles = [segment.role for segment in clause]
        if any(left in NO and right in {"ack", "noted"} for left, right in pairwise(roles)):
            return True
        if "refuse" in roles and any(role in NO for role in roles[: roles.index("refuse")]):
            return True
    return False


def _only_understood(view: View) -> bool:
    """ "Yes, noted" says that the message was read."""
    return "noted" in view.roles and view.says_yes and "accept" not in view.roles


def _too_weak(view: View) -> bool:
    """ "Sure", "no" and the like count only beside words of courtesy or another answer."""
    return bool(view.roles & WEAK) and not any(
        segment.role in _SUPPORT and segment.language != EVERY for segment in view.segments
    )


def _by_child(view: View, children: Sequence[ChildRef]) -> Understanding | None:
    """One answer for each child named, where nothing else is said."""
    if view.unknown or view.roles & {*OUTRANKING, "all"} - {"contrast"}:
        return None
    answers: dict[str, Reading] = {}
    for spoken in _spoken(view):
        part = answers_by_child(spoken)
        if part is None or answers.keys() & part.keys():
            return None
        answers |= part
    readings = set(answers.values())
    if len(answers) < len(children):
        return Understanding(Reading.MIXED, "an answer for some of the children", by_child=answers)
    if len(readings) > 1:
        return Understanding(Reading.MIXED, "not the same for each child", by_child=answers)
    return Understanding(readings.pop(), "the same for each child named", by_child=answers)


def _spoken(view: View) -> list[list[str | Reading]]:
    """Markers and readings in order: clause by clause where a clause holds both, else in one."""
    clauses: list[list[str | Reading]] = [[]]
    clause = 0
    for segment in view.segments:
        if segment.role == "contrast" or segment.clause != clause:
            clauses.append([])
            clause = segment.clause
        if segment.role == CHILD:
            clauses[-1].append(segment.marker)
        elif segment.role in YES | NO:
            clauses[-1].append(Reading.ACCEPT if segment.role in YES else Reading.DECLINE)
    spoken = [clause for clause in clauses if clause]
    if any(len({isinstance(item, Reading) for item in clause}) > 1 for clause in spoken):
        return spoken
    return [[item for clause in spoken for item in clause]]


def _undecided(view: View, obstacle: str) -> Understanding:
    """Which kind of undecided: a person must see it, an answer is wanted, or ask again."""
    answered = view.says_yes or view.says_no
    if view.first("hedge"):
        return Understanding(Reading.UNCLEAR, obstacle)
    if answered and (bound := view.first("condition", "contrast", "some", "all", CHILD)):
        return Understanding(Reading.MIXED, f"an answer with {_reason(bound)}")
    if _opens_with_question(view):
        return Understanding(Reading.QUESTION, "begins like a question")
    if answered and _wants_other(view):
        return Understanding(Reading.MIXED, "an answer with a wish for something else")
    if view.says_yes and view.says_no and view.unknown and not view.first("or"):
        return Understanding(Reading.MIXED, "a yes and a no to different things")
    return Understanding(Reading.UNCLEAR, obstacle, courteous=obstacle == NO_ANSWER)


def _opens_with_question(view: View) -> bool:
    """A question word at the start of a clause, after courtesy or an answer at most."""
    clauses = groupby(view.segments, key=lambda segment: segment.clause)
    openings = (next(iter(list(clause))) for _, clause in clauses)
    return any(segment.role == "question" for segment in openings)


def _wants_other(view: View) -> bool:
    """A wish that stands in a clause of its own, beside an answer."""
    answered = {segment.clause for segment in view.segments if segment.role in YES | NO}
    wished = {segment.clause for segment in view.segments if segment.role == "other"}
    return bool(wished - answered)


def _reason(segment: Segment) -> str:
    """The kind of word that outranks, with the word where it is a single one."""
    why = _WHY.get(segment.role, "several children")
    one_word = len(segment.words) == 1 and segment.words[0] in vocabulary().known
    return f"{why}: {segment.words[0]}" if one_word and segment.role != CHILD else why
