"""The reader's reasons are said in the caseworker's language, all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from helsinki_proactive.casework.reading import REASONS, why_read
from offers.replies.reading import ChildRef, read_reply
from offers.replies.reading.judging import load_list

REPLIES = Path(__file__).parent.parent / "replies"
TWINS = [ChildRef("A", "Aino"), ChildRef("B", "Eino")]


def reasons() -> Iterator[str]:
    """Every reason the labelled replies bring about."""
    for name in ("replies.tsv", "hard_replies.tsv"):
        for reply in load_list(REPLIES / name):
            for children in ([], TWINS):
                yield read_reply(reply.text, language="fi", children=children).reason


def test_no_reason_of_the_reader_stays_untranslated() -> None:
    with translation.override("fi"):
        told = {reason: why_read(reason) for reason in set(reasons())}
    assert len(told) > 10
    assert [reason for reason, finnish in told.items() if reason == finnish] == []


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_its_finnish(reason: str) -> None:
    with translation.override("fi"):
        assert why_read(reason) != reason


def test_a_word_the_reader_names_stays_as_it_was_written() -> None:
    with translation.override("fi"):
        assert why_read("an answer with a condition: mutta").endswith(": mutta")
        assert not why_read("an answer with a condition: mutta").startswith("an answer")
