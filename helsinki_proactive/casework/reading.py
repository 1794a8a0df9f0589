"""Why a reply was read as it was, in the caseworker's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

ANSWER_WITH = "an answer with "
REASONS = (
    gettext_noop("a yes and nothing else"),
    gettext_noop("a no and nothing else"),
    gettext_noop("an automatic reply"),
    gettext_noop("asks to end messages"),
    gettext_noop("quotes the message it answers"),
    gettext_noop("has a question mark"),
    gettext_noop("begins like a question"),
    gettext_noop("has no words"),
    gettext_noop("too long to be a plain answer"),
    gettext_noop("a safety word: a person at once"),
    gettext_noop("not the family of this child"),
    gettext_noop("no word of a language that is read"),
    gettext_noop("means different things in different languages"),
    gettext_noop("speaks of several children where one was asked about"),
    gettext_noop("an answer for some of the children"),
    gettext_noop("not the same for each child"),
    gettext_noop("the same for each child named"),
    gettext_noop("an answer with a wish for something else"),
    gettext_noop("a yes and a no to different things"),
    gettext_noop("no answer"),
    gettext_noop("both a yes and a no"),
    gettext_noop("a child is named"),
    gettext_noop("a yes with regret"),
    gettext_noop("a no with joy"),
    gettext_noop("a yes said twice"),
    gettext_noop("a no beside an approval or a refusal"),
    gettext_noop("a yes to having understood"),
    gettext_noop("too short to tell"),
    gettext_noop("a word that ends messages, with other words"),
    gettext_noop("a question"),
    gettext_noop("a condition"),
    gettext_noop("a reservation"),
    gettext_noop("an uncertain or many-sided expression"),
    gettext_noop("a later time"),
    gettext_noop("a wish for something else"),
    gettext_noop("one of several"),
    gettext_noop("alternatives"),
    gettext_noop("words outside the vocabulary"),
    gettext_noop("several children"),
)
"""What the reader says (offers/replies/reading), here to be translated."""


def why_read(reason: str) -> str:
    """The reader's reason; a single word it names stays as the family wrote it."""
    if reason in REASONS:
        return _(reason)
    if reason.startswith(ANSWER_WITH):
        return _("an answer with: %s") % why_read(reason.removeprefix(ANSWER_WITH))
    kind, colon, word = reason.partition(": ")
    return f"{_(kind)}: {word}" if colon and kind in REASONS else reason
