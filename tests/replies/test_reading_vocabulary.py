"""The vocabulary files hold what their reader takes them to hold."""

from collections import defaultdict

import pytest

from offers.replies.reading.segments import (
    CHILD,
    NAME,
    NO,
    OUTRANKING,
    SPECIAL,
    UNKNOWN,
    YES,
)
from offers.replies.reading.tokens import SIGNATURE, fold, take_apart
from offers.replies.reading.vocabulary import LANGUAGES, Phrase, vocabulary

ROLES = {
    *YES,
    *NO,
    *SPECIAL,
    *OUTRANKING,
    *(
        "part",
        "courtesy",
        "sorry",
        "glad",
        "ack",
        "noted",
        "frame",
        "and",
        "all",
        "because",
        "negation",
        "elsewhere",
    ),
    *("signoff", "family", "footer"),
}


@pytest.fixture(scope="module")
def phrases() -> list[Phrase]:
    return list(vocabulary().phrases())


def test_every_role_is_one_the_reader_knows(phrases: list[Phrase]) -> None:
    assert {phrase.role for phrase in phrases} == ROLES
    assert not ROLES & {UNKNOWN, CHILD, NAME}


def test_every_word_is_one_that_a_text_can_be_taken_apart_into() -> None:
    unreachable = [
        word
        for word in vocabulary().known - {SIGNATURE, "..."}
        if [token.word for token in take_apart(word).tokens] != [word]
    ]
    assert unreachable == []


def test_no_phrase_matches_nothing(phrases: list[Phrase]) -> None:
    assert [phrase for phrase in phrases if all(each.optional for each in phrase.elements)] == []


def test_no_word_is_a_yes_and_a_no_unless_the_language_decides(phrases: list[Phrase]) -> None:
    meanings: dict[str, set[bool]] = defaultdict(set)
    for phrase in phrases:
        if phrase.role in YES | NO and len(phrase.elements) == 1:
            for word in phrase.elements[0].words - vocabulary().only_here[phrase.language]:
                meanings[word].add(phrase.role in YES)
    assert [word for word, found in meanings.items() if len(found) > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_within_a_language_an_answer_is_nothing_else(language: str, phrases: list[Phrase]) -> None:
    """A phrase that is both an answer and something else would be read as either."""
    answers = {
        tuple(element.words for element in phrase.elements): phrase.role
        for phrase in phrases
        if phrase.language == language and phrase.role in YES | NO
    }
    clashes = [
        (phrase.role, [sorted(element.words) for element in phrase.elements])
        for phrase in phrases
        if phrase.language == language
        and phrase.role not in YES | NO
        and tuple(element.words for element in phrase.elements) in answers
    ]
    assert clashes == []


def test_a_misspelling_leads_to_one_known_word_or_none() -> None:
    words = vocabulary()
    assert words.correct <= words.known
    assert words.spelt("kiitps") == "kiitos"
    assert words.spelt(fold("kylmä")) == "kylma"
    assert words.spelt("joooo") == "joo"
    assert words.spelt("zzz") == "zzz"
