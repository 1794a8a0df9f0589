"""Whatever arrives, the reader answers, in a bounded time, and takes nothing by accident."""

import random
import time
from functools import cache
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.reading import random_texts
from offers.replies.reading import ChildRef, Reading, Understanding, mask_identity_codes, read_reply
from offers.replies.reading.segments import NO, VERBS, YES
from offers.replies.reading.vocabulary import LANGUAGES, Phrase, vocabulary

ANSWERS = {Reading.ACCEPT, Reading.DECLINE}
CHILDREN = (ChildRef("A", "Aino"), ChildRef("B", "Eino"))
OUTRANKING = {"condition", "contrast", "hedge", "time", "other", "some", "or", "question"}


@cache
def phrases(language: str, roles: frozenset[str]) -> list[Phrase]:
    found = (
        phrase
        for phrase in vocabulary().phrases()
        if phrase.language == language and phrase.role in roles
    )
    return sorted(
        found,
        key=lambda phrase: (phrase.role, [sorted(each.words) for each in phrase.elements]),
    )


def spoken(language: str, *roles: str) -> st.SearchStrategy[str]:
    """A phrase of the vocabulary, as somebody might write it."""
    return st.sampled_from(phrases(language, frozenset(roles))).flatmap(written)


def written(phrase: Phrase) -> st.SearchStrategy[str]:
    words = [
        st.sampled_from(sorted(element.words | {start + "x" for start in element.starts}) or ["x"])
        for element in phrase.elements
        if not element.optional
    ]
    return st.tuples(*words).map(" ".join)


languages = st.sampled_from(LANGUAGES)


@given(text=st.text(), language=languages, digits=st.booleans())
def test_any_text_is_read(text: str, language: str, *, digits: bool) -> None:
    found = read_reply(text, language=language, children=CHILDREN, digits_offered=digits)
    assert isinstance(found, Understanding)
    assert found.reason


@given(text=st.text())
def test_masking_leaves_no_code_and_can_be_done_twice(text: str) -> None:
    masked = mask_identity_codes(f"{text} 010119A123B {text}")
    assert "010119A123B" not in masked
    assert mask_identity_codes(masked) == masked


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_a_word_that_outranks_always_outranks(language: str, data: st.DataObject) -> None:
    """Before or after an answer, divided from it by a full stop or a comma."""
    parts = [data.draw(spoken(language, "yes", "accept", "no", "decline", "refuse"))]
    outranking = data.draw(spoken(language, *OUTRANKING - {"contrast"}))
    parts.insert(data.draw(st.integers(0, 1)), outranking)
    text = data.draw(st.sampled_from([". ", ", ", "! "])).join(parts)
    assert read_reply(text, language=language).reading not in ANSWERS


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_a_yes_with_a_no_is_neither(language: str, data: st.DataObject) -> None:
    yes = data.draw(spoken(language, *YES - {"weak_yes", "digit_yes"}))
    no = data.draw(spoken(language, *NO - {"weak_no", "digit_no"}))
    pair = data.draw(st.permutations([yes, no]))
    assert read_reply(", ".join(pair), language=language).reading not in ANSWERS


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_one_unknown_word_leaves_any_answer_undecided(language: str, data: st.DataObject) -> None:
    answer = data.draw(spoken(language, "yes", "no", *VERBS))
    word = data.draw(st.text("bcdfghjklmnpqrstvwxz", min_size=6, max_size=12))
    pair = data.draw(st.permutations([answer, f"{word}q"]))
    assert read_reply(" ".join(pair), language=language).reading not in ANSWERS


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_courtesy_never_turns_an_answer(language: str, data: st.DataObject) -> None:
    """With thanks and a full stop around it a yes stays a yes, or is asked back; never a no."""
    courtesy = data.draw(spoken(language, "courtesy"))
    for roles, contrary in (
        (("yes", "accept"), Reading.DECLINE),
        (("no", "refuse"), Reading.ACCEPT),
    ):
        answer = data.draw(spoken(language, *roles))
        for text in (f"{answer}. {courtesy}", f"{courtesy}, {answer}"):
            assert read_reply(text, language=language).reading is not contrary


def test_random_strings_are_no_answer() -> None:
    """Twenty thousand of the million that `bench/reading.py` reads."""
    taken = [
        text
        for text in islice(random_texts(random.Random(5)), 20_000)
        if read_reply(text, language="fi", digits_offered=False).reading in ANSWERS
    ]
    assert taken == []


@pytest.mark.parametrize(
    "text",
    [
        "kyllä " * 3_500_000,
        "a" * 20_000_000,
        "\u0308" * 20_000_000,
        "“" * 20_000_000,
        "\n > " * 5_000_000,
        "aaabbbccc" * 2_000_000,
        ":-" * 10_000_000,
        "ﷺ" * 7_000_000,  # one character that becomes eighteen
    ],
    ids=["words", "letters", "marks", "quotes", "lines", "runs", "smileys", "ligatures"],
)
def test_twenty_megabytes_take_no_longer_than_a_page(text: str) -> None:
    vocabulary()  # read once for each process
    began = time.process_time()
    assert read_reply(text, language="fi").reading not in ANSWERS
    assert time.process_time() - began < 1
