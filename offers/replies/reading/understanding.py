"""What the reader answers with."""

from dataclasses import dataclass, field
from enum import StrEnum


class Reading(StrEnum):
    """What a reply means for the offer it answers."""

    ACCEPT = "accept"
    DECLINE = "decline"
    QUESTION = "question"
    MIXED = "mixed"
    UNCLEAR = "unclear"
    STOP = "stop"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True)
class ChildRef:
    """A child the message asked about: its letter in the message and its first name or initial."""

    marker: str
    name: str


@dataclass(frozen=True)
class Understanding:
    """A reading with its reason.

    `reason` never repeats the text beyond a single word of the vocabulary. `urgent` says that a
    safety word was met: nothing automatic may be sent. `automatic` says that a machine wrote it.
    `by_child` maps a child's marker to what was said of that child, and is empty when one answer
    was given for all; `says_all` tells that the writer said "both" or "all", and `courteous` that
    the whole text is courtesy, such as thanks.
    """

    reading: Reading
    reason: str
    urgent: bool = False
    automatic: bool = False
    by_child: dict[str, Reading] = field(default_factory=dict)
    says_all: bool = False
    courteous: bool = False
