"""Texts that end a conversation: strangers, stop, wrong numbers, danger, machines, the switch."""

import pytest
from pytest_django.fixtures import Settings

from citizens.models import ContactHealth, ContactPoint, Person
from offers.delivery.links import open_link
from offers.delivery.switch import halt_sending
from offers.models import (
    AnswerKind,
    CaseKind,
    Link,
    Message,
    MessageState,
    OfferState,
    Reply,
    ReviewCase,
    TextKind,
)
from tests.delivery.world import tell
from tests.replies.families import an_asked_family, says
from tests.replies.phones import Phone, deliver
from tests.rounds.city import an_address

pytestmark = pytest.mark.django_db


def test_a_stranger_is_told_nothing_and_a_person_looks() -> None:
    family = an_asked_family()

    assert Phone("+358409999999").text("Kyllä") == ""

    assert family.state() == OfferState.OPEN
    case = ReviewCase.objects.get()
    assert (case.kind, case.subject) == (CaseKind.UNKNOWN_SENDER, None)


def test_stop_is_no_decline_and_the_other_channel_takes_over() -> None:
    family = an_asked_family()
    an_address(family.guardians[0])

    goodbye = family.phone().text("Älkää lähettäkö enää viestejä")

    assert family.state() == OfferState.OPEN
    assert "/o/" in goodbye
    assert ContactPoint.objects.get(kind="sms").health == ContactHealth.OPTED_OUT
    mail = Message.objects.get(channel="email")
    assert (mail.kind, mail.state) == (TextKind.OFFER, MessageState.QUEUED)
    assert family.cases() == []


def test_stop_without_another_channel_is_for_a_person_until_they_answer() -> None:
    family = an_asked_family()

    family.phone().text("Älkää lähettäkö enää viestejä")
    assert family.cases() == [CaseKind.NO_CONTACT]
    tell(family.round, kind=TextKind.REMINDER)
    assert family.told() == [TextKind.OFFER, TextKind.STOPPED], "there is nowhere to remind"

    says(family, AnswerKind.ACCEPT)
    assert family.cases() == []


def test_a_wrong_number_learns_nothing_more() -> None:
    family = an_asked_family()
    tokens = [words.rpartition("/o/")[2].partition("/")[0] for words in family.texts.values()]
    assert all(open_link(token) for token in tokens)

    assert family.phone().text("Väärä numero") == ""

    assert family.cases() == [CaseKind.WRONG_NUMBER]
    assert ContactPoint.objects.get().health == ContactHealth.WRONG_PERSON
    assert not any(open_link(token) for token in tokens)
    assert not Link.objects.filter(revoked_at=None).exists()
    assert family.phone().text("Kyllä") == "", "whoever has the number is a stranger now"
    assert family.state() == OfferState.OPEN


def test_a_safety_word_goes_straight_to_a_person_and_nothing_automatic_is_sent() -> None:
    family = an_asked_family(guardians=2)

    assert family.phone().text("Isä on väkivaltainen, olemme turvakodissa") == ""

    case = ReviewCase.objects.get()
    assert (case.kind, case.urgent) == (CaseKind.SAFETY, True)
    tell(family.round, kind=TextKind.REMINDER)
    assert deliver() == {}, "not to the other guardian either"


def test_a_machine_is_not_answered_and_no_person_is_bothered() -> None:
    family = an_asked_family()

    assert family.phone().text("Automaattinen vastaus: olen lomalla 30.7. asti.") == ""

    assert family.cases() == []
    assert family.state() == OfferState.OPEN


def test_two_machines_do_not_answer_each_other_for_ever() -> None:
    family = an_asked_family()

    answers = [family.phone().text("Kyllä") for _ in range(24)]

    assert [bool(answer) for answer in answers] == [True] * 20 + [False] * 4
    assert family.cases() == [CaseKind.UNCLEAR_REPLY], "one for all of them"
    assert Reply.objects.count() == 24


def test_an_identity_code_is_masked_before_it_is_stored() -> None:
    family = an_asked_family()

    family.phone().text("Kyllä, 010121A900X")

    assert "900X" not in Reply.objects.get().unseal("text")


def test_a_halt_keeps_the_answer_and_the_confirmation_waits() -> None:
    family = an_asked_family()
    halt_sending(by=None, reason="test")

    assert family.phone().text("Kyllä") == ""

    assert family.state() == OfferState.ACCEPTED
    assert Message.objects.get(kind=TextKind.ACCEPTED).state == MessageState.QUEUED


def test_staging_answers_only_whom_it_is_told(settings: Settings) -> None:
    family = an_asked_family()
    settings.DRY_RUN_ALLOW = ["+358400000001"]

    assert family.phone().text("Kyllä") == ""

    assert Message.objects.get(kind=TextKind.ACCEPTED).reason == "not_allowed_here"


def test_a_protected_family_is_answered_by_a_person_only() -> None:
    family = an_asked_family()
    Person.objects.filter(pk=family.children[0].pk).update(protected=True)

    assert family.phone().text("Kyllä") == ""


def test_two_guardians_are_two_conversations() -> None:
    family = an_asked_family(guardians=2)
    family.phone(0).text("Hmm")

    family.phone(1).text("Hmm")

    assert family.told(1) == [TextKind.OFFER, TextKind.ASK_AGAIN]
    assert family.cases() == []
