"""Measuring the reader on a list of replies: right, asked back needlessly, wrong.

The list is tab-separated without quoting, with a header: `text`, and where known `language` (the
writer's, `und` for none), `label` and `note`. A note may allow other outcomes: `ok:unclear,mixed`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from offers.replies.reading.reader import read_reply
from offers.replies.reading.understanding import Reading, Understanding

NO_LANGUAGE = "und"
HINT_WITHOUT_LANGUAGE = "fi"

_ALLOWED = re.compile(r"\bok:([a-z_,]+)")
_SETTLED = frozenset({Reading.ACCEPT, Reading.DECLINE})


class ListError(ValueError):
    """The list is not as described."""


class Outcome(StrEnum):
    """How a reading compares with the label."""

    RIGHT = "right"
    SOFT = "soft"  # costs one more message
    HARD = "hard"  # an accept or a decline that was not one


@dataclass(frozen=True)
class ListedReply:
    """One row of the list."""

    text: str
    language: str = NO_LANGUAGE
    label: str = ""
    note: str = ""

    def read(self, offer_language: str | None = None) -> Understanding:
        """Read it as a reply to an offer in that language, by default in the writer's own."""
        language = offer_language or self.language
        return read_reply(
            self.text, language=HINT_WITHOUT_LANGUAGE if language == NO_LANGUAGE else language
        )

    def judge(self, reading: Reading) -> Outcome:
        """Compare a reading with the label and with what the note allows."""
        allowed = {self.label}
        if found := _ALLOWED.search(self.note):
            allowed.update(found[1].split(","))
        if reading in allowed:
            return Outcome.RIGHT
        return Outcome.HARD if reading in _SETTLED else Outcome.SOFT


@dataclass(frozen=True)
class Score:
    """What came out of a labelled list."""

    by_label: dict[str, Counter[Outcome]]
    clear: int
    settled: int

    def count(self, outcome: Outcome) -> int:
        """How many rows ended so."""
        return sum(counts[outcome] for counts in self.by_label.values())

    @property
    def settled_share(self) -> float:
        """The share of labelled accepts and declines that were read as such; 1 where none are."""
        return self.settled / self.clear if self.clear else 1.0

    def lines(self) -> Iterator[str]:
        """The table, and what it comes to."""
        yield f"{'label':<14}" + "".join(f"{outcome:>7}" for outcome in Outcome)
        for label, counts in sorted(self.by_label.items()):
            yield f"{label:<14}" + "".join(f"{counts[outcome]:>7}" for outcome in Outcome)
        yield f"{'all':<14}" + "".join(f"{self.count(outcome):>7}" for outcome in Outcome)
        yield (
            f"clear accepts and declines settled: {self.settled} of {self.clear}"
            f" ({self.settled_share:.1%})"
        )


def load_list(path: Path) -> list[ListedReply]:
    """Read a list; texts are kept to the last space. ListError where it is not a list."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListError("the list is not UTF-8") from error
    lines = content.removesuffix("\n").split("\n")
    ending = "\r" if lines[0].endswith("\r") else ""
    columns, *rows = (line.removesuffix(ending).split("\t") for line in lines)
    if "text" not in columns:
        raise ListError("the list has no column 'text'")
    known = [name for name in columns if name in ListedReply.__dataclass_fields__]
    return [
        ListedReply(**{name: value for name, value in _named(columns, row) if name in known})
        for row in rows
    ]


def score(judged: Iterable[tuple[ListedReply, Reading]]) -> Score:
    """Compare readings with the labels of the replies; those without a label are left out."""
    by_label: dict[str, Counter[Outcome]] = {}
    clear = settled = 0
    for reply, reading in judged:
        if not reply.label:
            continue
        by_label.setdefault(reply.label, Counter())[reply.judge(reading)] += 1
        if reply.label in _SETTLED:
            clear += 1
            settled += reading == reply.label
    return Score(by_label, clear, settled)


def _named(columns: list[str], row: list[str]) -> Iterator[tuple[str, str]]:
    padded = [*row, *[""] * (len(columns) - len(row))]
    for name, value in zip(columns, padded, strict=False):
        yield name, value or (NO_LANGUAGE if name == "language" else "")
