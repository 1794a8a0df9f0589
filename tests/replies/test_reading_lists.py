"""The reader on labelled replies: never a wrong accept or decline, and few needless questions."""

from pathlib import Path

import pytest

from offers.replies.reading import Reading
from offers.replies.reading.judging import ListedReply, Outcome, load_list, score
from offers.replies.reading.vocabulary import LANGUAGES

FOLDER = Path(__file__).parent
LISTS = ("replies.tsv", "hard_replies.tsv", "everyday_replies.tsv")
HELD_OUT = "held_out_replies.tsv"
"""Written before the vocabulary was widened, and not looked at while it was. Since then what was
missed has been looked at, and "Kyllä kyllä!!!" mended, so it is no longer a test in the dark: only
that no reply is wrongly settled still says something of replies that nobody has seen."""

# One word that is an answer in the language of the offer and nothing, or a name, in another: what
# it means is decided by the offer, so the label for another offer does not bind.
DECIDED_BY_THE_OFFER = {
    "ja": "sv",
    "jaa": "et",
    "da": "ru",
    "net": "ru",
    "haa": "so",
    "maya": "so",
    "no ei": "en",
}


@pytest.fixture(scope="module", params=[*LISTS, HELD_OUT])
def replies(request: pytest.FixtureRequest) -> list[ListedReply]:
    return load_list(FOLDER / request.param)


def test_no_reply_is_wrongly_taken_as_yes_or_no(replies: list[ListedReply]) -> None:
    wrong = [
        (reply.text, reading)
        for reply in replies
        if reply.judge(reading := reply.read().reading) is Outcome.HARD
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nor_is_it_when_the_offer_was_in_another_language(
    replies: list[ListedReply], language: str
) -> None:
    wrong = [
        (reply.text, reading)
        for reply in replies
        if DECIDED_BY_THE_OFFER.get(reply.text.casefold()) != language
        and reply.judge(reading := reply.read(language).reading) is Outcome.HARD
    ]
    assert wrong == []


@pytest.mark.parametrize(("name", "share"), [*((name, 0.92) for name in LISTS), (HELD_OUT, 0.85)])
def test_clear_answers_are_settled(name: str, share: float) -> None:
    replies = load_list(FOLDER / name)
    assert score((reply, reply.read().reading) for reply in replies).settled_share >= share


@pytest.mark.parametrize(("name", "share"), [("replies.tsv", 0.02), ("hard_replies.tsv", 0.02)])
def test_what_is_not_an_answer_is_told_apart(name: str, share: float) -> None:
    replies = load_list(FOLDER / name)
    found = score((reply, reply.read().reading) for reply in replies)
    assert found.count(Outcome.SOFT) <= share * len(replies)


def test_a_score_counts_what_went_wrong_and_how() -> None:
    clear = ListedReply("Kyllä", "fi", "accept", "ok:unclear")
    unclear = ListedReply("Kai", "fi", "unclear")
    unlabelled = ListedReply("Ei")
    found = score(
        [
            (clear, Reading.ACCEPT),
            (clear, Reading.UNCLEAR),
            (clear, Reading.STOP),
            (clear, Reading.DECLINE),
            (unclear, Reading.ACCEPT),
            (unclear, Reading.MIXED),
            (unlabelled, Reading.DECLINE),
        ]
    )
    assert [found.count(outcome) for outcome in Outcome] == [2, 2, 2]
    assert (found.clear, found.settled) == (4, 1)
