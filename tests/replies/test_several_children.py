"""One text about several children: never the wrong answer for the wrong child."""

import pytest

from citizens.models import Person
from offers.models import (
    AnswerKind,
    CaseKind,
    Lane,
    OfferState,
    TextKind,
)
from tests.delivery.world import tell
from tests.replies.families import an_asked_family, says
from tests.rounds.city import seats

pytestmark = pytest.mark.django_db


def test_one_plain_yes_is_for_all_who_get_the_same_place() -> None:
    family = an_asked_family(children=2)

    family.phone().text("Kyllä")

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED] * 2
    assert family.told() == [TextKind.OFFER, TextKind.ACCEPTED]


def test_for_different_places_a_bare_yes_is_asked_back_unless_it_is_for_both() -> None:
    family = an_asked_family(children=2, places=[seats(1), seats(1)])

    question = family.phone().text("Kyllä")
    assert "A KYLLÄ, B EI" in question
    assert [family.state(0), family.state(1)] == [OfferState.OPEN] * 2
    family.phone().text("Kyllä molemmille")

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED] * 2


@pytest.mark.parametrize("words", ["A kyllä, B ei", "Ainolle kyllä, Einolle ei"])
def test_each_child_gets_its_own_answer(words: str) -> None:
    family = an_asked_family(children=2, places=[seats(1), seats(1)])
    for child, name in zip(family.children, ("Aino", "Eino"), strict=True):
        Person.objects.filter(pk=child.pk).update(first_names=name)

    family.phone().text(words)

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED, OfferState.DECLINED]
    assert family.told()[-1] == TextKind.RECORDED


def test_an_answer_for_one_of_two_settles_neither_until_the_other_is_told() -> None:
    family = an_asked_family(children=2, places=[seats(1), seats(1)])

    assert family.phone().text("A kyllä")

    assert [family.state(0), family.state(1)] == [OfferState.OPEN] * 2
    assert family.told()[-1] == TextKind.ASK_AGAIN


def test_once_one_is_answered_a_bare_answer_is_about_the_other() -> None:
    family = an_asked_family(children=2, places=[seats(1), seats(1)])
    says(family, AnswerKind.ACCEPT, child=0)

    family.phone().text("Ei")

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED, OfferState.DECLINED]


def test_a_later_message_calls_each_child_by_the_same_letter() -> None:
    family = an_asked_family(children=3, places=[seats(1), seats(1), seats(1)])
    says(family, AnswerKind.DECLINE, child=0)
    tell(family.round, kind=TextKind.REMINDER, lane=Lane.REMINDERS)
    family.deliver()
    reminder = family.text_to()
    assert f"B {family.children[1].call_name}:" in reminder
    assert f"A {family.children[0].call_name}" not in reminder

    family.phone().text("B kyllä, C ei")

    assert [family.state(n) for n in range(3)] == [
        OfferState.DECLINED,
        OfferState.ACCEPTED,
        OfferState.DECLINED,
    ]


def test_second_thoughts_about_one_child_leave_the_other_as_it_was() -> None:
    family = an_asked_family(children=2, places=[seats(1), seats(1)])
    family.phone().text("molemmat kyllä")

    family.phone().text("B ei")

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED, OfferState.DECLINED]


def test_where_one_seat_has_gone_and_the_other_not_the_page_is_pointed_to() -> None:
    first, second = seats(1), seats(1)
    family = an_asked_family(children=2, places=[first, second])
    family.phone().text("molemmat ei")
    an_asked_family(places=[first])

    answer = family.phone().text("molemmat kyllä")

    assert [family.state(0), family.state(1)] == [OfferState.DECLINED, OfferState.ACCEPTED]
    assert family.told()[-1] == TextKind.RECORDED
    assert "/o/" in answer
    assert family.cases() == [CaseKind.LATE_ANSWER]
