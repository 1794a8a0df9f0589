"""Answering on the page, changing one's mind, wishing for another place, and saying how it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offers.models import (
    Answer,
    AnswerChannel,
    AnswerKind,
    Capacity,
    CaseKind,
    Message,
    Offer,
    OfferState,
    Rating,
    ReviewCase,
    Round,
    RoundState,
    Subject,
    TextKind,
    Wish,
)
from offers.rounds.close import cancel_round, close_round
from tests.delivery.world import a_subject, make_offer
from tests.family.visits import shown, visits
from tests.rounds.city import a_family
from tests.rounds.journeys import preparer

pytestmark = pytest.mark.django_db


def state(offer: Offer) -> OfferState:
    return OfferState(Offer.objects.values_list("state", flat=True).get(pk=offer.pk))


def seats_taken(offer: Offer) -> int:
    return Capacity.objects.values_list("taken", flat=True).get(offers=offer)


def time_is_over() -> None:
    Offer.objects.update(deadline_at=timezone.now() - timedelta(minutes=1))


def test_accepting_is_recorded_and_the_page_says_what_happens_next() -> None:
    offer, [visit] = visits(language="en")

    page = visit.press(offer, "accept")

    assert state(offer) == OfferState.ACCEPTED
    assert "The place has been accepted. It is yours." in page.words
    assert "tell you about the first day during spring" in page.words
    answer = Answer.objects.get()
    assert (answer.kind, answer.channel) == (AnswerKind.ACCEPT, AnswerChannel.WEB)
    assert visit.token.encode() not in bytes(answer.proof)


def test_declining_frees_the_seat_and_the_page_says_that_the_duty_goes_on() -> None:
    offer, [visit] = visits(language="en")

    page = visit.press(offer, "decline")

    assert (state(offer), seats_taken(offer)) == (OfferState.DECLINED, 0)
    assert "The place has been declined." in page.words
    assert "must take part in pre-primary education" in page.words
    assert "You can change your answer until" in page.words


def test_a_wish_for_another_place_keeps_the_seat_and_goes_to_a_person() -> None:
    offer, [visit] = visits(language="en")

    page = visit.press(offer, "other_place", wish="Closer to Grandma, please")

    assert (state(offer), seats_taken(offer)) == (OfferState.OTHER_PLACE, 1)
    assert "We will contact you within two weeks." in page.words
    wish = Wish.objects.get()
    assert wish.unseal("text") == "Closer to Grandma, please"
    assert b"Grandma" not in bytes(wish.text or b"")
    assert ReviewCase.objects.get().kind == CaseKind.OTHER_PLACE


def test_a_family_may_change_its_mind_until_the_deadline() -> None:
    offer, [visit] = visits()
    seen = []
    for answer in ("accept", "decline", "other_place", "accept"):
        visit.press(offer, answer)
        seen.append((state(offer), seats_taken(offer)))
    assert seen == [
        (OfferState.ACCEPTED, 1),
        (OfferState.DECLINED, 0),
        (OfferState.OTHER_PLACE, 1),
        (OfferState.ACCEPTED, 1),
    ]
    assert Subject.objects.get().outcome == "accepted"


def test_a_late_first_answer_is_welcome_while_the_seat_is_held() -> None:
    offer, [visit] = visits(language="en")
    time_is_over()
    assert "the place is still reserved. Please answer now." in visit.look().words
    visit.press(offer, "accept")
    assert state(offer) == OfferState.ACCEPTED


def test_after_the_deadline_a_person_looks_at_a_changed_mind() -> None:
    offer, [visit] = visits(language="en")
    visit.press(offer, "accept")
    time_is_over()
    assert visit.look().buttons == []

    page = visit.press(offer, "decline")

    assert page.status == 409
    assert "The time to change the answer is over. A caseworker looks at it" in page.words
    assert state(offer) == OfferState.ACCEPTED
    assert ReviewCase.objects.get().kind == CaseKind.LATE_ANSWER


def test_a_place_that_has_gone_to_another_is_not_taken_back_and_the_wish_is_kept() -> None:
    offer, [visit] = visits(language="en")
    visit.press(offer, "decline")
    assert offer.capacity is not None
    [other] = a_family()
    make_offer(a_subject_late(offer, other))

    page = visit.press(offer, "other_place", wish="Anything nearby")

    assert page.status == 409
    assert "has gone to somebody else. A caseworker looks at it" in page.words
    assert (state(offer), seats_taken(offer)) == (OfferState.DECLINED, 1)
    assert ReviewCase.objects.get().kind == CaseKind.LATE_ANSWER
    assert Wish.objects.get().unseal("text") == "Anything nearby"


def a_subject_late(offer: Offer, child: Any) -> Subject:
    """Another round of the same service has the same seats."""
    assert offer.capacity is not None
    other = Round.objects.get(pk=offer.round_id)
    other.pk = None
    other.state = RoundState.DRAFT
    other.generated_at = other.approved_at = other.prepared_at = other.prepared_by = None
    other.save()
    return a_subject(other, child, offer.capacity)


def test_an_accepted_place_stays_so_on_the_page_after_the_round() -> None:
    offer, [visit] = visits(language="en")
    visit.press(offer, "accept")
    close_round(round=offer.round, by=preparer())
    page = visit.look()
    assert "The place has been accepted." in page.words
    assert page.buttons == []


def test_an_open_offer_is_over_with_its_round() -> None:
    offer, [visit] = visits(language="en")
    visit.look()
    cancel_round(round=offer.round, by=preparer(), reason="A wrong day")

    assert "This offer is over." in visit.look().words
    page = visit.press(offer, "accept")

    assert (page.status, state(offer)) == (409, OfferState.WITHDRAWN)
    assert ReviewCase.objects.get().kind == CaseKind.LATE_ANSWER


NONSENSE: dict[str, dict[str, Any]] = {
    "no answer": {"answer": ""},
    "an answer that is none": {"answer": "perhaps"},
    "an offer that is none": {"offer": "x"},
    "a number out of range": {"offer": str(10**30)},
    "a wish too long": {"answer": "other_place", "wish": "x" * 1001},
    "a NUL": {"answer": "other_place", "wish": "a\0b"},
}


@pytest.mark.parametrize("values", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_changes_nothing_and_is_told_kindly(values: dict[str, Any]) -> None:
    offer, [visit] = visits(language="en")
    page = visit.send("answer", {"offer": offer.pk, "answer": "accept"} | values)
    assert page.status == 400
    assert "The answer did not come through" in page.words
    assert state(offer) == OfferState.OPEN
    assert not Answer.objects.exists()
    assert not Wish.objects.exists()


def test_another_familys_offer_cannot_be_answered() -> None:
    _mine, [visit] = visits()
    theirs, _visits = visits()
    assert visit.press(theirs, "accept").status == 400
    assert state(theirs) == OfferState.OPEN


def test_another_page_cannot_answer_in_the_familys_name() -> None:
    offer, [visit] = visits(language="en")
    values = {"offer": offer.pk, "answer": "accept"}
    page = shown(Client(enforce_csrf_checks=True).post(f"{visit.address}answer", values))
    assert page.status == 403
    assert state(offer) == OfferState.OPEN


def test_one_guardians_no_waits_for_the_other_who_is_told_without_a_name() -> None:
    offer, [first, second] = visits(guardians=2, language="en")

    page = first.press(offer, "decline")

    assert state(offer) == OfferState.OPEN
    assert "You have declined. The other guardian can still answer until" in page.words
    assert "has answered too" not in page.words
    others = second.look()
    assert others.buttons == ["accept", "decline", "other_place"]
    assert "The other guardian has answered too." in others.words
    told = Message.objects.get(kind=TextKind.OTHER_GUARDIAN)
    writer = offer.subject.person.guardians.earliest("guardian_id").guardian
    assert told.person != writer
    assert writer.call_name not in others.words


def test_when_both_have_declined_the_seat_is_free() -> None:
    offer, [first, second] = visits(guardians=2)
    first.press(offer, "decline")
    assert seats_taken(offer) == 1
    second.press(offer, "decline")
    assert (state(offer), seats_taken(offer)) == (OfferState.DECLINED, 0)


def test_where_all_must_accept_the_first_waits_for_the_second() -> None:
    offer, [first, second] = visits(guardians=2, language="en", acceptance="all")
    page = first.press(offer, "accept")
    assert "You have accepted. We still need the other guardian's answer." in page.words
    assert "It is yours" not in page.words
    assert "first day during spring" not in page.words
    second.press(offer, "accept")
    assert state(offer) == OfferState.ACCEPTED


def test_guardians_who_disagree_keep_the_seat_until_a_person_has_looked() -> None:
    offer, [first, second] = visits(guardians=2)
    first.press(offer, "accept")
    second.press(offer, "decline")
    assert (state(offer), seats_taken(offer)) == (OfferState.ACCEPTED, 1)
    assert ReviewCase.objects.get().kind == CaseKind.DISAGREEMENT


def test_who_has_answered_is_asked_how_it_was_and_may_say_so_again() -> None:
    offer, [visit] = visits(language="en")
    assert "How was this?" not in visit.look().words
    visit.press(offer, "accept")
    assert "How was this?" in visit.look().words

    assert "Thank you for telling us." in visit.rate(3, "Quick").words
    visit.rate(5, "Even quicker")

    rating = Rating.objects.get()
    assert (rating.stars, rating.unseal("comment")) == (5, "Even quicker")
    assert b"quicker" not in bytes(rating.comment or b"")


@pytest.mark.parametrize("stars", ["", "0", "6", "five", "1.5"])
def test_stars_are_from_one_to_five(stars: str) -> None:
    offer, [visit] = visits(language="en")
    visit.press(offer, "accept")
    page = visit.rate(stars)
    assert page.status == 400
    assert "Choose a number from 1 to 5." in page.words
    assert not Rating.objects.exists()
