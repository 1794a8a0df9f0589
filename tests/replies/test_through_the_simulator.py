"""Whole conversations over HTTP: the product, Twilio's simulator and a phone."""

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from citizens.models import ContactHealth, ContactPoint, Guardianship
from helsinki_proactive.simulator.client import Simulator
from offers.delivery.outbox import send_due
from offers.models import (
    AcceptancePolicy,
    Answer,
    Capacity,
    CaseKind,
    Lane,
    Message,
    MessageState,
    OfferState,
    Reply,
    ReviewCase,
    Service,
    TextKind,
)
from tests.delivery.world import a_running_round, tell
from tests.replies.families import Family, after_the_deadline
from tests.replies.phones import Phone
from tests.rounds.city import a_family, an_address, preschool, seats

pytestmark = pytest.mark.django_db(transaction=True)


def a_family_on_the_phone(
    *,
    places: Sequence[Capacity] = (),
    policy: AcceptancePolicy = AcceptancePolicy.ANY,
    **values: int,
) -> Family:
    """A family that waits to be written to."""
    preschool()
    Service.objects.update(acceptance=policy)
    children = a_family(**values)
    family = Family(children, a_running_round(children, places=places))
    tell(family.round)
    return family


def answer_of(simulator: Simulator, phone: Phone, words: str) -> str:
    """Text the city; what it answers, if anything."""
    outcome = simulator.reply(phone.number, settings.TWILIO_FROM, words)
    assert (outcome.http_status, outcome.error) == (200, None)
    return outcome.answers[0].body if outcome.answers else ""


def wait_for(message: Message, state: MessageState) -> None:
    """Receipts come when they come, in five seconds at the latest."""
    ends_at = time.monotonic() + 5
    while message.state != state and time.monotonic() < ends_at:
        time.sleep(0.02)
        message.refresh_from_db()
    assert message.state == state


def test_a_family_asks_back_agrees_and_says_thanks(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    phone = family.phone()
    assert send_due() == 1
    offer = simulator.messages(to=phone.number)[-1]
    assert "KYLLÄ" in offer.body

    assert "1" in answer_of(simulator, phone, "Täh")
    assert answer_of(simulator, phone, "1").startswith("Kiitos! Esiopetuspaikka on vahvistettu")
    assert answer_of(simulator, phone, "Kiitos!") == ""

    assert family.state() == OfferState.ACCEPTED
    wait_for(Message.objects.get(kind=TextKind.ACCEPTED), MessageState.DELIVERED)


def test_the_other_guardian_hears_of_it_and_disagrees(simulator: Simulator) -> None:
    family = a_family_on_the_phone(guardians=2)
    send_due()

    answer_of(simulator, family.phone(0), "Ei kiitos")
    send_due(lane=Lane.REPLIES)
    notice = simulator.messages(to=family.phone(1).number)[-1]
    answer_of(simulator, family.phone(1), "Kyllä")

    assert "toinen huoltaja" in notice.body.lower()
    assert family.state() == OfferState.ACCEPTED


def test_twilio_ends_the_conversation_itself_where_somebody_says_stop(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone()
    send_due()

    phone = family.phone()
    simulator.reply(phone.number, settings.TWILIO_FROM, "STOP")
    tell(family.round, kind=TextKind.REMINDER)
    send_due()

    assert family.state() == OfferState.OPEN
    assert ContactPoint.objects.get().health == ContactHealth.OPTED_OUT
    offer, goodbye = simulator.messages(to=phone.number)
    assert "KYLLÄ" in offer.body
    assert "unsubscribed" in goodbye.body, "Twilio's own"


def test_a_webhook_that_is_delivered_twice_answers_once(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()
    simulator.dial(duplicate_replies=2)

    answer_of(simulator, family.phone(), "Kyllä")

    assert Reply.objects.count() == 1
    assert Message.objects.filter(kind=TextKind.ACCEPTED).count() == 1


def test_a_second_unclear_text_is_for_a_person_and_a_clear_one_still_counts(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone()
    phone = family.phone()
    send_due()

    assert "1" in answer_of(simulator, phone, "Hmm")
    assert "lukee" in answer_of(simulator, phone, "Pitää miettiä")
    assert answer_of(simulator, phone, "Niin") == ""
    assert family.cases() == [CaseKind.UNCLEAR_REPLY] * 2
    assert answer_of(simulator, phone, "Otamme paikan vastaan").startswith("Kiitos!")

    assert family.state() == OfferState.ACCEPTED


def test_after_a_stop_the_mail_takes_over_and_the_link_in_it_is_a_way_to_answer(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone()
    an_address(family.guardians[0])
    send_due()

    assert "/o/" in answer_of(simulator, family.phone(), "Älkää lähettäkö enää viestejä")

    assert family.state() == OfferState.OPEN
    assert Message.objects.get(channel="email").kind == TextKind.OFFER
    assert ContactPoint.objects.get(kind="sms").health == ContactHealth.OPTED_OUT
    assert family.cases() == []


def test_a_wrong_number_is_not_answered_now_or_later(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    phone = family.phone()
    send_due()

    said = [answer_of(simulator, phone, words) for words in ("Väärä numero", "Kyllä", "Kuka?")]

    assert said == ["", "", ""]
    assert family.state() == OfferState.OPEN
    assert CaseKind.WRONG_NUMBER in family.cases()
    tell(family.round, kind=TextKind.REMINDER)
    assert send_due() == 0, "nor is the number written to"


def test_two_children_by_letter_one_by_one_and_second_thoughts_about_one(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone(children=2, places=[seats(1), seats(1)])
    phone = family.phone()
    send_due()
    offer = simulator.messages(to=phone.number)[-1].body
    assert f"A {family.children[0].call_name}:" in offer
    assert f"B {family.children[1].call_name}:" in offer

    assert "A KYLLÄ, B EI" in answer_of(simulator, phone, "Kyllä")
    assert answer_of(simulator, phone, "A kyllä, B ei")
    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED, OfferState.DECLINED]
    assert answer_of(simulator, phone, "B kyllä")

    assert [family.state(0), family.state(1)] == [OfferState.ACCEPTED] * 2
    assert Answer.objects.count() == 3, "A was answered once, B twice"


def test_a_yes_after_the_seat_went_on_is_told_so_and_moves_nobody(simulator: Simulator) -> None:
    place = seats(1)
    first = a_family_on_the_phone(places=[place])
    send_due()
    answer_of(simulator, first.phone(), "Ei kiitos")
    second = a_family_on_the_phone(places=[place])
    send_due()
    answer_of(simulator, second.phone(), "Kyllä")

    told = answer_of(simulator, first.phone(), "Kyllä")

    assert "eikä tarjottu paikka ole enää varattuna" in told
    assert first.told()[-1] == TextKind.TOO_LATE
    assert (first.state(), second.state()) == (OfferState.DECLINED, OfferState.ACCEPTED)
    place.refresh_from_db()
    assert place.taken == 1


def test_guardians_who_disagree_keep_the_seat_and_both_hear_of_it(simulator: Simulator) -> None:
    family = a_family_on_the_phone(guardians=2)
    send_due()

    answer_of(simulator, family.phone(0), "Kyllä")
    send_due(lane=Lane.REPLIES)
    answer_of(simulator, family.phone(1), "Ei")

    assert family.cases() == [CaseKind.DISAGREEMENT]
    assert family.state() == OfferState.ACCEPTED, "the seat is held"
    assert len(simulator.messages(to=family.phone(1).number)) > 1


def test_a_safety_word_is_met_with_silence_and_the_other_phone_stays_silent(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone(guardians=2)
    send_due()
    before = len(simulator.messages(to=family.phone(1).number))

    assert answer_of(simulator, family.phone(0), "Olemme turvakodissa, älkää kertoko isälle") == ""
    tell(family.round, kind=TextKind.REMINDER)

    assert send_due() == 0
    assert len(simulator.messages(to=family.phone(1).number)) == before
    assert ReviewCase.objects.get(kind=CaseKind.SAFETY).urgent


def test_a_machine_at_the_other_end_is_never_answered(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()
    machine = "Automaattinen vastaus: olen lomalla."

    assert [answer_of(simulator, family.phone(), machine) for _ in range(3)] == [""] * 3

    assert (family.state(), family.cases()) == (OfferState.OPEN, [])


def test_a_late_yes_takes_the_seat_that_is_still_held(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()
    after_the_deadline(family)

    assert answer_of(simulator, family.phone(), "Kyllä").startswith("Kiitos!")

    assert family.state() == OfferState.ACCEPTED


def test_a_wish_by_text_holds_the_seat_until_a_person_has_looked(simulator: Simulator) -> None:
    place = seats(1)
    family = a_family_on_the_phone(places=[place])
    send_due()

    assert answer_of(simulator, family.phone(), "Kyllä, mutta toivomme toista päiväkotia")

    assert (family.state(), family.cases()) == (OfferState.OPEN, [CaseKind.MIXED_REPLY])
    place.refresh_from_db()
    assert place.taken == 1


def test_where_all_must_accept_one_yes_holds_the_seat_and_the_second_one_takes_it(
    simulator: Simulator,
) -> None:
    place = seats(1)
    family = a_family_on_the_phone(guardians=2, places=[place], policy=AcceptancePolicy.ALL)
    send_due()

    first = answer_of(simulator, family.phone(0), "Kyllä")
    send_due(lane=Lane.REPLIES)

    assert "Vastauksesi on kirjattu" in first, "not: the place is yours"
    assert family.state() == OfferState.OPEN
    place.refresh_from_db()
    assert place.taken == 1
    second = answer_of(simulator, family.phone(1), "Kyllä")
    assert second.startswith("Kiitos! Esiopetuspaikka on vahvistettu")
    assert family.state() == OfferState.ACCEPTED


def test_where_all_must_accept_silence_of_the_other_guardian_is_for_a_person(
    simulator: Simulator,
) -> None:
    place = seats(1)
    family = a_family_on_the_phone(guardians=2, places=[place], policy=AcceptancePolicy.ALL)
    send_due()
    answer_of(simulator, family.phone(0), "Kyllä")

    after_the_deadline(family)

    assert family.cases() == [CaseKind.UNANSWERED]
    place.refresh_from_db()
    assert (family.state(), place.taken) == (OfferState.UNANSWERED, 1)


def test_an_identity_code_in_a_text_is_nowhere_afterwards(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()

    assert answer_of(simulator, family.phone(), "Kyllä, lapsen tunnus on 010119A123B")

    reply = Reply.objects.get()
    assert "123B" not in reply.unseal("text")
    assert reply.unseal("text").startswith("Kyllä, lapsen tunnus on ***")


def test_a_number_nobody_was_written_to_learns_nothing(simulator: Simulator) -> None:
    family = a_family_on_the_phone()
    send_due()

    said = [answer_of(simulator, Phone("+358409999999"), words) for words in ("Kyllä", "Kuka?")]

    assert said == ["", ""]
    assert family.state() == OfferState.OPEN
    assert set(ReviewCase.objects.values_list("kind", flat=True)) == {CaseKind.UNKNOWN_SENDER}
    assert not simulator.messages(to="+358409999999")


def test_whoever_has_lost_custody_since_is_not_obeyed_and_the_other_guardian_is(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone(guardians=2)
    former, phones = family.guardians[0], [family.phone(0), family.phone(1)]
    send_due()
    yesterday = timezone.localdate() - timedelta(days=1)
    Guardianship.objects.filter(guardian=former).update(valid_until=yesterday)

    told = answer_of(simulator, phones[0], "Ei kiitos")

    assert family.children[0].call_name not in told
    assert (family.state(), family.cases()) == (OfferState.OPEN, [CaseKind.UNKNOWN_SENDER])
    assert answer_of(simulator, phones[1], "Kyllä").startswith("Kiitos!")
    assert Answer.objects.get().guardian != former
    assert family.state() == OfferState.ACCEPTED


def test_a_yes_a_no_and_a_yes_again_are_three_answers_and_the_last_one_counts(
    simulator: Simulator,
) -> None:
    family = a_family_on_the_phone()
    send_due()

    states = []
    for words in ("Kyllä", "Ei sittenkään", "Kyllä sittenkin"):
        assert answer_of(simulator, family.phone(), words)
        states.append(family.state())

    assert states == [OfferState.ACCEPTED, OfferState.DECLINED, OfferState.ACCEPTED]
    assert Answer.objects.count() == 3
