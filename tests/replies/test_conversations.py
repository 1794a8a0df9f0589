"""What a family's texts come to, step by step, through the webhook as Twilio calls it."""

import pytest

from citizens.models import ContactHealth, ContactPoint
from offers.models import (
    Answer,
    AnswerChannel,
    AnswerKind,
    CaseKind,
    Message,
    MessageState,
    Offer,
    OfferState,
    Outcome,
    ReviewCase,
    Round,
    RoundState,
    TextKind,
)
from tests.replies.families import after_the_deadline, an_asked_family
from tests.rounds.city import seats

pytestmark = pytest.mark.django_db


def test_a_yes_is_recorded_and_confirmed_at_once() -> None:
    family = an_asked_family()

    confirmation = family.phone().text("Joo kiitos!")

    assert (family.state(), family.outcome()) == (OfferState.ACCEPTED, Outcome.ACCEPTED)
    assert confirmation.startswith("Kiitos! Esiopetuspaikka on vahvistettu")
    answer = Answer.objects.get()
    assert (answer.guardian, answer.kind) == (family.guardians[0], AnswerKind.ACCEPT)
    assert answer.channel == AnswerChannel.SMS
    assert answer.by is None
    message = Message.objects.get(kind=TextKind.ACCEPTED)
    assert (message.state, message.unseal("body")) == (MessageState.SENT, confirmation)
    assert message.in_reply_to == answer.reply


@pytest.mark.parametrize(
    ("language", "words", "confirmed"),
    [("fi", "Kyllä", "Kiitos"), ("sv", "Ja tack", "Tack"), ("en", "Accept", "Thank you")],
)
def test_the_confirmation_is_in_the_guardians_language(
    language: str, words: str, confirmed: str
) -> None:
    family = an_asked_family(contact_language=language)

    assert family.phone().text(words).startswith(confirmed)


def test_a_no_of_the_only_guardian_frees_the_seat() -> None:
    place = seats(1)
    family = an_asked_family(places=[place])

    answer = family.phone().text("Emme ota paikkaa vastaan")

    place.refresh_from_db()
    assert (family.state(), family.outcome()) == (OfferState.DECLINED, Outcome.DECLINED)
    assert place.taken == 0
    assert "osallistuttava esiopetukseen" in answer, "declining a place does not end the duty"


def test_whoever_answers_has_a_number_that_works() -> None:
    family = an_asked_family()

    family.phone().text("Kyllä")

    assert ContactPoint.objects.get().health == ContactHealth.VERIFIED


def test_an_unclear_text_is_asked_back_once_with_the_short_code() -> None:
    family = an_asked_family()

    question = family.phone().text("Hmm")

    assert "1" in question
    assert "2" in question
    assert (family.state(), family.cases()) == (OfferState.OPEN, [])
    assert family.phone().text("1").startswith("Kiitos! Esiopetuspaikka on vahvistettu")
    assert family.state() == OfferState.ACCEPTED


def test_the_short_code_means_nothing_before_it_is_offered() -> None:
    family = an_asked_family()

    family.phone().text("1")

    assert family.state() == OfferState.OPEN
    assert family.told() == [TextKind.OFFER, TextKind.ASK_AGAIN]


def test_a_second_unclear_text_goes_to_a_person_and_a_third_is_only_added() -> None:
    family = an_asked_family()

    family.phone().text("Hmm")
    assert family.phone().text("Niin no")
    silence = family.phone().text("Mitä sitten")

    assert family.told()[-1] == TextKind.TO_A_PERSON
    assert silence == ""
    assert family.cases() == [CaseKind.UNCLEAR_REPLY] * 2
    assert family.state() == OfferState.OPEN
    reply = ReviewCase.objects.earliest("pk").reply
    assert reply is not None
    assert reply.unseal("text") == "Niin no"


def test_a_clear_answer_counts_even_after_a_person_was_called() -> None:
    family = an_asked_family()
    for words in ("Hmm", "Niin no", "Kyllä"):
        family.phone().text(words)

    assert family.state() == OfferState.ACCEPTED


def test_a_wish_beside_a_yes_goes_to_a_person_and_the_seat_is_held() -> None:
    family = an_asked_family()

    family.phone().text("kyllä, mutta toivomme toista päiväkotia")

    assert (family.state(), family.cases()) == (OfferState.OPEN, [CaseKind.MIXED_REPLY])


def test_thanks_after_all_is_said_ask_nothing_of_anybody() -> None:
    family = an_asked_family()
    family.phone().text("Kyllä")

    assert family.phone().text("Kiitos!") == ""

    assert family.cases() == []
    assert family.state() == OfferState.ACCEPTED


def test_thanks_before_anything_is_said_are_no_answer() -> None:
    family = an_asked_family()

    assert family.phone().text("Kiitos!")

    assert family.state() == OfferState.OPEN


def test_second_thoughts_before_the_deadline_change_the_answer() -> None:
    family = an_asked_family()
    seen = []
    for words in ("Kyllä", "Ei", "Kyllä"):
        family.phone().text(words)
        seen.append((family.state(), family.outcome()))

    yes, no = (OfferState.ACCEPTED, Outcome.ACCEPTED), (OfferState.DECLINED, Outcome.DECLINED)
    assert seen == [yes, no, yes]
    assert Answer.objects.count() == 3, "nothing that was said is overwritten"


def test_second_thoughts_after_the_seat_went_on_are_told_so_and_a_person_helps() -> None:
    place = seats(1)
    family = an_asked_family(places=[place])
    family.phone().text("Ei")
    other = an_asked_family(places=[place])

    family.phone().text("Kyllä")

    assert family.told()[-1] == TextKind.TOO_LATE
    assert (family.state(), other.state()) == (OfferState.DECLINED, OfferState.OPEN)
    assert family.cases() == [CaseKind.LATE_ANSWER]
    assert Answer.objects.filter(kind=AnswerKind.ACCEPT).count() == 0


def test_a_late_first_answer_is_welcome_while_the_seat_is_held() -> None:
    family = an_asked_family()
    after_the_deadline(family)
    assert family.cases() == [CaseKind.UNANSWERED]

    family.phone().text("Kyllä")

    assert (family.state(), family.outcome()) == (OfferState.ACCEPTED, Outcome.ACCEPTED)
    assert family.cases() == [], "the case was about their silence"


def test_a_late_second_thought_is_not_carried_out_and_not_told_as_lost() -> None:
    family = an_asked_family()
    family.phone().text("Kyllä")
    after_the_deadline(family)

    answer = family.phone().text("Ei")

    assert family.state() == OfferState.ACCEPTED
    assert family.cases() == [CaseKind.LATE_ANSWER]
    assert family.told()[-1] == TextKind.TO_A_PERSON
    assert answer


def test_an_answer_after_the_round_goes_to_a_person_but_a_repeated_yes_is_confirmed() -> None:
    accepted, silent = an_asked_family(), an_asked_family()
    accepted.phone().text("Kyllä")
    Offer.objects.filter(pk=silent.offer().pk).update(state=OfferState.WITHDRAWN)
    Round.objects.update(state=RoundState.CANCELLED)

    accepted.phone().text("Kyllä kiitos")
    silent.phone().text("Kyllä")

    assert accepted.told()[-1] == TextKind.ACCEPTED
    assert (silent.told()[-1], silent.cases()) == (TextKind.TO_A_PERSON, [CaseKind.LATE_ANSWER])
