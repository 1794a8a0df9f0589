"""The simulated families do what a family can, and only that."""

import csv

import pytest

from helsinki_proactive.demo.families import WORDING, Plan, read_forms
from offers.replies.reading import ChildRef, Reading, read_reply

with WORDING.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
CHILDREN = [ChildRef("A", "Aino"), ChildRef("B", "Eino")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']}-{row['meaning']}")
def test_their_words_mean_what_they_are_listed_for(row: dict[str, str]) -> None:
    meaning = row["meaning"].removeprefix("both_")
    both = meaning != row["meaning"]
    understood = read_reply(
        row["text"], language=row["language"], children=CHILDREN if both else CHILDREN[:1]
    )
    if meaning == "unclear":
        assert understood.reading in (Reading.UNCLEAR, Reading.QUESTION)
    elif meaning == "wish":  # written on the page for a person to read; texted it is no answer
        assert understood.reading not in (Reading.ACCEPT, Reading.DECLINE)
    else:
        assert understood.reading == meaning
        assert understood.says_all == both


def test_every_language_can_say_everything() -> None:
    said = {(row["language"], row["meaning"]) for row in ROWS}
    meanings = ("accept", "decline", "both_accept", "both_decline", "unclear", "wish")
    assert said == {(language, m) for language in ("fi", "sv", "en") for m in meanings}


def test_a_page_is_read_by_its_forms() -> None:
    [form] = read_forms(
        '<form method="post" action="/o/x/fi/answer"><input type="hidden" name="offer" value="7">'
        '<button name="answer" value="accept">Kyllä</button></form>'
    )
    assert form.fields == {"offer": "7"}
    assert Plan.ACCEPT in form.buttons
