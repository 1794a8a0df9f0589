"""The print queue in the admin."""

import pytest
from django.test import Client

from citizens.models import ContactPoint
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER
from offers.models import CaseKind, LetterBatch, Message, MessageState, ReviewCase
from tests.casework.staff import at_work
from tests.delivery.world import a_running_round, tell
from tests.rounds.city import a_family

pytestmark = pytest.mark.django_db

QUEUE = "/admin/offers/letterbatch/"


@pytest.fixture
def letter() -> Message:
    brood = a_family()
    guardian = brood[0].guardians.get().guardian
    ContactPoint.objects.all().delete()
    guardian.set_address("Kannelkatu 1")
    guardian.postal_code = "00420"
    guardian.save()
    tell(a_running_round(brood))
    return Message.objects.get()


@pytest.fixture
def caseworker() -> Client:
    return at_work(CASEWORKER)


def test_a_letter_goes_from_the_queue_to_the_printer_and_to_the_post(
    letter: Message, caseworker: Client
) -> None:
    assert "1 letter waits." in caseworker.get(QUEUE, headers={"accept-language": "en"}).text

    caseworker.post(f"{QUEUE}make/")
    batch = LetterBatch.objects.get()
    file = caseworker.post(f"{QUEUE}{batch.pk}/file/")
    assert file.headers["Content-Type"] == "application/pdf"
    assert "no-store" in file.headers["Cache-Control"]
    assert file.content.startswith(b"%PDF")

    caseworker.post(f"{QUEUE}{batch.pk}/posted/")
    letter.refresh_from_db()
    assert letter.state == MessageState.SENT
    assert caseworker.post(f"{QUEUE}{batch.pk}/file/").status_code == 404


def test_what_was_not_posted_waits_again(letter: Message, caseworker: Client) -> None:
    caseworker.post(f"{QUEUE}make/")
    batch = LetterBatch.objects.get()

    caseworker.post(f"{QUEUE}{batch.pk}/give-up/")

    letter.refresh_from_db()
    assert letter.state == MessageState.QUEUED
    assert not LetterBatch.objects.exists()


def test_a_slip_that_came_back_is_recorded_as_the_guardians_answer(
    letter: Message, caseworker: Client
) -> None:
    caseworker.post(f"{QUEUE}make/")
    caseworker.post(f"{QUEUE}{LetterBatch.objects.get().pk}/posted/")

    opened = caseworker.post(f"{QUEUE}slip/", {"number": letter.pk}, follow=True)

    case = ReviewCase.objects.get()
    assert opened.redirect_chain[-1][0] == f"/admin/casework/queue/{case.pk}/"
    offer = letter.offers.get()
    said = {"answer": "accept", "guardian": letter.person_id, "channel": "letter"}
    caseworker.post(
        f"/admin/casework/queue/{case.pk}/answer/", said | {"offers": [offer.pk], "said": "x"}
    )
    answer = offer.answers.get()
    assert (answer.kind, answer.channel) == ("accept", "letter")
    assert not ReviewCase.objects.open().exists()


def test_a_letter_that_the_post_brings_back_is_recorded_with_who_did_it(
    letter: Message, caseworker: Client
) -> None:
    caseworker.post(f"{QUEUE}make/")
    caseworker.post(f"{QUEUE}{LetterBatch.objects.get().pk}/posted/")

    page = caseworker.post(f"{QUEUE}returned/", {"number": letter.pk}, follow=True)

    assert page.redirect_chain[-1][0] == QUEUE
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (MessageState.FAILED, "returned")
    assert letter.receipts.get().recorded_by == User.objects.get(pk=page.context["user"].pk)
    assert ReviewCase.objects.open().get().kind == CaseKind.NO_CONTACT


@pytest.mark.parametrize("number", ["", "x", "0", "987654321"])
def test_a_letter_that_was_never_posted_cannot_come_back(
    number: str, letter: Message, caseworker: Client
) -> None:
    response = caseworker.post(f"{QUEUE}returned/", {"number": number})

    assert response.status_code == 400
    assert 'id="returned_error"' in response.text
    assert not ReviewCase.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "0", "987654321"])
def test_a_number_of_no_posted_letter_opens_nothing(
    number: str, letter: Message, caseworker: Client
) -> None:
    response = caseworker.post(f"{QUEUE}slip/", {"number": number})

    assert response.status_code == 400
    assert not ReviewCase.objects.exists()


@pytest.mark.parametrize("role", [APPROVER, ADMINISTRATOR])
def test_nobody_else_prints_letters(role: str, letter: Message) -> None:
    client = at_work(role)

    assert client.get(QUEUE).status_code == 403
    assert client.post(f"{QUEUE}make/").status_code == 403
    assert client.post(f"{QUEUE}returned/", {"number": letter.pk}).status_code == 403
    assert not LetterBatch.objects.exists()
