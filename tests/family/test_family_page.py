"""The page a link opens: who may see what, and what an answer there changes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from citizens.models import Person
from offers.delivery.links import issue_link
from offers.models import Answer, AnswerKind, Offer, OfferState, Rating, Round, Wish
from offers.rounds.close import cancel_round, close_round
from tests.rounds.city import a_family, a_person, seats
from tests.rounds.journeys import answer, preparer, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def child() -> Person:
    [child] = a_family()
    seats(2)
    return child


@pytest.fixture
def round(child: Person) -> Round:
    return running()


def page_of(round: Round, guardian: Person, language: str = "en") -> str:
    """The address of the guardian's page."""
    expires_at = timezone.now() + timedelta(days=1)
    token = issue_link(round=round, guardian=guardian, expires_at=expires_at)
    return f"/o/{token}/{language}/"


def first_guardian(child: Person) -> Person:
    return child.guardians.select_related("guardian").earliest("pk").guardian


def shown(address: str) -> str:
    return Client().get(address).content.decode()


def test_looking_changes_nothing(child: Person, round: Round) -> None:
    address = page_of(round, first_guardian(child))
    for _ in range(2):
        assert "A place is reserved" in shown(address)
    assert Client().head(address).status_code == 200
    assert Client().get(f"{address}answer").status_code == 405
    assert not Answer.objects.exists()
    assert Offer.objects.get().state == OfferState.OPEN


def test_an_answer_is_recorded_and_shown(child: Person, round: Round) -> None:
    address = page_of(round, first_guardian(child))
    offer = Offer.objects.get()
    response = Client().post(f"{address}answer", {"offer": offer.pk, "answer": "accept"})
    assert (response.status_code, response["Location"]) == (303, address)
    assert "It is yours" in shown(address)
    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED


def test_a_wish_keeps_the_place_and_its_words(child: Person, round: Round) -> None:
    address = page_of(round, first_guardian(child))
    wish = {"offer": Offer.objects.get().pk, "answer": "other_place", "wish": "Near the school"}
    Client().post(f"{address}answer", wish)
    assert Wish.objects.get().unseal("text") == "Near the school"
    assert "stays reserved for you" in shown(address)


def test_somebody_elses_offer_is_neither_shown_nor_answered(child: Person, round: Round) -> None:
    stranger = a_person()
    address = page_of(round, stranger)
    assert child.call_name not in shown(address)
    refused = Client().post(
        f"{address}answer", {"offer": Offer.objects.get().pk, "answer": "accept"}
    )
    assert refused.status_code == 400
    assert not Answer.objects.exists()


def test_an_accepted_place_stays_when_the_round_is_closed(child: Person, round: Round) -> None:
    answer(child, AnswerKind.ACCEPT)
    close_round(round=round, by=preparer())
    page = shown(page_of(round, first_guardian(child)))
    assert "It is yours" in page
    assert "Change the answer" not in page


def test_an_open_offer_is_over_when_the_round_is_cancelled(child: Person, round: Round) -> None:
    cancel_round(round=round, by=preparer(), reason="A wrong day")
    page = shown(page_of(round, first_guardian(child)))
    assert "This offer is over." in page
    assert "Accept the place" not in page


def test_the_page_says_why_and_under_which_law_in_plain_names(child: Person, round: Round) -> None:
    page = shown(page_of(round, first_guardian(child)))
    assert "Population Information System" in page
    assert "population_register" not in page


def test_a_rating_needs_stars_and_a_second_one_replaces_the_first(
    child: Person, round: Round
) -> None:
    address = page_of(round, first_guardian(child))
    answer(child, AnswerKind.ACCEPT)
    assert Client().post(f"{address}rating", {"comment": "Fine"}).status_code == 400
    for stars in (3, 5):
        Client().post(f"{address}rating", {"stars": stars, "comment": ""})
    assert Rating.objects.get().stars == 5


@pytest.mark.parametrize("address", ["/o/unknown/", "/o/unknown/en/", "/o/unknown/de/"])
def test_an_unknown_link_opens_nothing(address: str) -> None:
    assert Client().get(address).status_code == 404
