"""Rules and explanations in words, in every language of the families."""

import string
from datetime import date

import pytest

from citizens.attributes import BUILT_IN, SOURCES
from citizens.disputes import settle
from citizens.languages import FAMILY_LANGUAGES
from citizens.models import DisputeOutcome, Guardianship, ValueType
from citizens.operators import OPPOSITES, Operator
from offers.catalogue.load import load_catalogue
from offers.eligibility.explain import explain
from offers.eligibility.say import PHRASES, fact_sentences, sentences
from offers.models import EligibilityRule
from tests.eligibility.people import a_dispute, a_fact, a_person, an_attribute, asked, rule

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 15)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", ["Syntymäaika: täyttää 6 vuotta vuonna 2027.", "Asuu Helsingissä."]),
        ("sv", ["Födelsetid: fyller 6 år 2027.", "Bor i Helsingfors."]),
        ("en", ["Date of birth: turns 6 in 2027.", "Lives in Helsinki."]),
    ],
)
def test_a_rule_is_said_in_the_language(language: str, said: list[str]) -> None:
    preschool = rule(asked("birth_date", "turns_in_year", 6))
    assert sentences(preschool, language, as_of=DAY) == said


@pytest.mark.parametrize(
    ("years", "said"), [((4, 4), "4 years old"), ((30, 65), "30–65 years old")]
)
def test_an_age_is_said_as_one_number_where_it_is_one(years: tuple[int, int], said: str) -> None:
    asking = rule(asked("birth_date", "is_years", list(years)))
    assert sentences(asking, "en", as_of=DAY)[0] == f"Date of birth: {said} on 15 January 2027."


@pytest.mark.parametrize(
    ("language", "said"), [("fi", "ei vuonna 2027"), ("sv", "inte 2027"), ("en", "not in 2027")]
)
def test_what_did_not_happen_in_the_year_is_said_without_a_zero(language: str, said: str) -> None:
    an_attribute("last_dose", ValueType.DATE)
    asking = rule(asked("last_dose", "does_not_turn_in_year", 0))
    assert sentences(asking, language, as_of=DAY)[0] == f"last_dose: {said}."


def test_alternatives_are_one_sentence_and_values_are_named() -> None:
    an_attribute("last_seen", ValueType.DATE)
    asking = rule(
        asked("sex", "is", "female"),
        [asked("last_seen", "has_not"), asked("last_seen", "at_least_years_since", 5)],
    )
    assert sentences(asking, "fi") == [
        "Sukupuoli: nainen.",
        "last_seen: ei tiedossa tai last_seen: vähintään 5 vuotta sitten.",
        "Asuu Helsingissä.",
    ]


def test_facts_are_said_with_their_register_and_what_held_only() -> None:
    attribute = an_attribute("last_seen", ValueType.DATE)
    person = a_person(sex="female")
    a_fact(person, attribute, date(2020, 2, 3))
    asking = rule(
        asked("sex", "is", "female"),
        [asked("last_seen", "has_not"), asked("last_seen", "at_least_years_since", 5)],
    )
    facts = explain(asking, person=person, as_of=DAY)
    assert fact_sentences(facts, "en") == [
        "Sex: female (Population Information System).",
        "last_seen: 3 February 2020 (own).",
    ]


def test_what_did_not_hold_and_what_is_not_known_are_told_apart() -> None:
    person = a_person()
    asking = rule(asked("sex", "is", "female"), asked("age", "at_least", 65))
    said = fact_sentences(explain(asking, person=person, as_of=DAY), "sv")
    assert said == [
        "Kön: inte känd (befolkningsdatasystemet) – uppfylls inte.",
        "Ålder i år: 5 (befolkningsdatasystemet) – uppfylls inte.",
    ]


@pytest.mark.parametrize(
    ("language", "disputed", "unknown"),
    [
        ("fi", "kiistetty, selvitettävänä", "ei tiedossa"),
        ("sv", "bestridd, utreds", "inte känd"),
        ("en", "disputed, being looked at", "not known"),
    ],
)
def test_what_a_person_disputes_is_said_to_be_and_counts_as_unknown(
    language: str, disputed: str, unknown: str
) -> None:
    says_so, silent = a_person(sex="female"), a_person()
    a_dispute(says_so, "sex")
    asking = rule(asked("sex", "is", "female"))

    facts = explain(asking, person=says_so, as_of=DAY)
    [said] = fact_sentences(facts, language)
    assert disputed in said
    assert [facts["all"][0]["any"][0][key] for key in ("held", "fact")] == [None, None]
    [said] = fact_sentences(explain(asking, person=silent, as_of=DAY), language)
    assert unknown in said
    assert disputed not in said


def test_an_age_is_disputed_with_its_date_of_birth_and_settled_with_it() -> None:
    person = a_person()
    dispute = a_dispute(person, "birth_date")
    asking = rule(asked("age", "at_least", 5))
    [said] = fact_sentences(explain(asking, person=person, as_of=DAY), "en")
    assert "disputed, being looked at" in said

    settle(fact=dispute, outcome=DisputeOutcome.STANDS, told="")
    [said] = fact_sentences(explain(asking, person=person, as_of=DAY), "en")
    assert "disputed" not in said


def test_what_another_of_the_family_disputes_is_only_not_known() -> None:
    child, guardian = a_person(), a_person(birth_date=date(1990, 1, 1))
    Guardianship.objects.create(guardian=guardian, child=child, valid_from=child.birth_date)
    a_dispute(guardian, "birth_date")
    asking = rule(asked("guardian_birth_date", "at_least_years_since", 18))
    [said] = fact_sentences(explain(asking, person=child, as_of=DAY), "en")
    assert "not known" in said
    assert "disputed" not in said


def test_every_shipped_rule_can_be_said_in_every_language() -> None:
    load_catalogue()
    for criteria in EligibilityRule.objects.values_list("criteria", flat=True):
        for language in FAMILY_LANGUAGES:
            for as_of in (None, DAY):
                for sentence in sentences(criteria, language, as_of=as_of):
                    assert sentence.endswith(".")
                    assert "{" not in sentence


def test_every_operator_attribute_and_source_has_its_words() -> None:
    for language in FAMILY_LANGUAGES:
        assert set(Operator.values) <= PHRASES[language].keys()
        assert PHRASES[language].keys() == PHRASES["fi"].keys()
        for phrase, finnish in zip(PHRASES[language].values(), PHRASES["fi"].values(), strict=True):
            assert _fields(phrase) == _fields(finnish)
        for texts in SOURCES.values():
            assert texts[language]
        for definition in BUILT_IN.values():
            assert definition.label[language]
            assert definition.unknown[language]
            assert all(choice[language] for choice in definition.choices.values())


def _fields(phrase: str) -> set[str]:
    return {name for _text, name, _form, _conversion in string.Formatter().parse(phrase) if name}


def test_every_operator_has_an_opposite_whose_opposite_it_is() -> None:
    for operator in Operator:
        assert OPPOSITES[OPPOSITES[operator]] is operator
        assert operator.negative is not operator.opposite.negative
        assert any(operator in definition.operators for definition in BUILT_IN.values()), (
            f"{operator} is asked of nothing"
        )
