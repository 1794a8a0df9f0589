"""Finding a person, and opening one only for a purpose."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.models import Person
from consents.models import DataUse, ProcessingKind
from helsinki_proactive.casework.people import masked
from helsinki_proactive.casework.search import find_people
from helsinki_proactive.staff.roles import CASEWORKER
from offers.delivery.cases import open_case
from offers.models import AnswerKind, CaseKind, Message, Offer, ReviewCase, Subject
from offers.replies.handling import take_case
from tests.casework.staff import at_work, employee
from tests.rounds.city import a_family, a_person, a_phone, an_address, preschool, protect, seats
from tests.rounds.journeys import answer, hand_over_all, running

pytestmark = pytest.mark.django_db
CODE = "010190-900Y"


@pytest.fixture
def ilona() -> Person:
    person = a_person(first_names="Ilona Maria", last_name="Kuusisto")
    a_phone(person, "+358401234567")
    person.set_identity_code(CODE)
    person.save()
    return person


@pytest.mark.parametrize(
    "words",
    [
        *("Kuusisto", "ilona kuus", "KUUSISTO ILONA", "kuusisto maria"),
        *("040 1234567", "0401234567", "+358 40 123 4567", "(040) 123-4567"),
        *(CODE, CODE.lower(), f"  {CODE} "),
    ],
)
def test_a_person_is_found_by_whatever_a_caller_tells(words: str, ilona: Person) -> None:
    assert list(find_people(words)) == [ilona]


def test_an_address_finds_everybody_who_shares_it(ilona: Person) -> None:
    point = an_address(ilona)
    assert list(find_people(point.unseal("value").upper())) == [ilona]


def test_an_offers_number_finds_whom_it_is_about() -> None:
    [child] = a_family()
    seats(1)
    running()
    offer = Offer.objects.get()
    assert list(find_people(f"#{offer.pk}")) == [child]


@pytest.mark.parametrize("words", ["Ku", "%%%", "___", "010190-9999", "040 999 9999", "#99999"])
def test_what_nobody_has_finds_nobody(words: str, ilona: Person) -> None:
    assert not find_people(words).exists()


def test_the_search_is_sent_and_never_in_an_address(ilona: Person) -> None:
    client = at_work(CASEWORKER)
    address = reverse("casework:search")
    assert ilona.last_name not in client.get(address, {"words": "Kuusisto"}).content.decode()
    assert ilona.last_name in client.post(address, {"words": "Kuusisto"}).content.decode()


def shown(client: Client, person: Person) -> str:
    return client.get(reverse("casework:person", args=[person.pk])).content.decode()


def viewings(person: Person) -> list[str]:
    uses = DataUse.objects.filter(person=person, processing__kind=ProcessingKind.VIEWING)
    return list(uses.values_list("processing__reason", flat=True))


def test_somebody_outside_the_queue_is_opened_for_a_purpose_only(ilona: Person) -> None:
    client = at_work(CASEWORKER)
    asked = shown(client, ilona)
    assert "Why do you open this?" in asked
    assert "+358401234567" not in asked
    assert viewings(ilona) == []
    why = {"purpose": preschool().purpose_id, "reason": "The guardian called"}
    client.post(reverse("casework:open", args=[ilona.pk]), why)
    assert "+358401234567" in shown(client, ilona)
    assert viewings(ilona) == ["The guardian called"]


@pytest.mark.parametrize("reason", ["", "   ", "abc"])
def test_no_reason_opens_nobody(reason: str, ilona: Person) -> None:
    client = at_work(CASEWORKER)
    why = {"purpose": preschool().purpose_id, "reason": reason}
    response = client.post(reverse("casework:open", args=[ilona.pk]), why)
    assert response.status_code == 400
    assert viewings(ilona) == []
    assert "Why do you open this?" in shown(client, ilona)


def test_one_employees_reason_opens_nothing_for_another(ilona: Person) -> None:
    why = {"purpose": preschool().purpose_id, "reason": "The guardian called"}
    at_work(CASEWORKER).post(reverse("casework:open", args=[ilona.pk]), why)
    assert "Why do you open this?" in shown(at_work(CASEWORKER, "another"), ilona)


def test_a_case_one_has_taken_is_reason_enough_and_recorded_too() -> None:
    [child] = a_family()
    seats(1)
    round = running()
    subject = Subject.objects.get()
    open_case(kind=CaseKind.SAFETY, now=timezone.now(), round=round, subject=subject)
    client = at_work(CASEWORKER, "taker")
    assert "Why do you open this?" in shown(client, child)
    take_case(case=ReviewCase.objects.get(), by=employee(CASEWORKER, "taker"))
    assert "The whole story" in shown(client, child)
    assert viewings(child) == ["in the caseworker's queue"]


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_of_a_protected_person_nothing_leads_to_where_they_are(who: str) -> None:
    [child] = a_family()
    capacity = seats(1)
    running()
    child.set_address("Salakuja 7")
    child.postal_code = "00999"
    child.save()
    protect(child if who == "child" else child.guardians.get().guardian)
    a_phone(child, "+358407654321")
    client = at_work(CASEWORKER)
    why = {"purpose": preschool().purpose_id, "reason": "The guardian called"}
    client.post(reverse("casework:open", args=[child.pk]), why)
    story = shown(client, child)
    for secret in ("Salakuja", "00999", "+358407654321", *capacity.unit.name.values()):
        assert secret not in story


@pytest.mark.parametrize("who", ["parent", "brother"])
def test_a_relative_at_the_same_address_does_not_show_where_a_protected_child_lives(
    who: str,
) -> None:
    child, brother = a_family(children=2)
    parent = child.guardians.get().guardian
    for person in (child, brother, parent):
        person.set_address("Salakuja 7")
        person.postal_code = "00999"
        person.save()
    protect(child)
    opened = parent if who == "parent" else brother
    client = at_work(CASEWORKER)
    why = {"purpose": preschool().purpose_id, "reason": "The guardian called"}
    client.post(reverse("casework:open", args=[opened.pk]), why)
    story = shown(client, opened)
    assert "Salakuja" not in story
    assert "00999" not in story

    opened.set_address("Muukuja 1")
    opened.save()
    assert "Muukuja 1" in shown(client, opened)


def test_the_case_of_a_protected_child_lists_what_went_to_whom_without_the_words() -> None:
    [child] = a_family(guardians=2)
    seats(1)
    round = running()
    hand_over_all(round)
    for message in Message.objects.all():
        message.seal("body", "Sanat, joita ei enää näytetä")
        message.save()
    protect(child)
    subject = Subject.objects.get()
    open_case(kind=CaseKind.PROTECTED, now=timezone.now(), round=round, subject=subject)
    case = ReviewCase.objects.get(kind=CaseKind.PROTECTED)

    told = at_work(CASEWORKER).get(reverse("casework:case", args=[case.pk])).content.decode()

    for guardianship in child.guardians.select_related("guardian"):
        assert guardianship.guardian.full_name in told
    assert "Sanat, joita" not in told


def test_the_story_tells_messages_and_answers_in_the_order_of_time() -> None:
    [child] = a_family()
    seats(1)
    round = running()
    hand_over_all(round)
    message = Message.objects.get()
    message.seal("body", "Hei! http://testserver/o/abcDEF-123_key/")
    message.save()
    answer(child, AnswerKind.ACCEPT)
    client = at_work(CASEWORKER)
    why = {"purpose": preschool().purpose_id, "reason": "The guardian called"}
    client.post(reverse("casework:open", args=[child.pk]), why)
    story = shown(client, child)
    moments = ["was approved", "Hei! http://testserver/o/…/", "answered for"]
    places = [story.index(moment) for moment in moments]
    assert places == sorted(places)
    assert "abcDEF" not in story


def test_names_written_to_break_a_page_are_only_names() -> None:
    person = a_person(first_names="<script>alert(1)</script>", last_name="Paha")
    client = at_work(CASEWORKER)
    found = client.post(reverse("casework:search"), {"words": "Paha"}).content.decode()
    assert "<script>alert" not in found
    assert "<script>alert" not in shown(client, person)


def test_of_an_identity_code_the_day_of_birth_is_shown() -> None:
    assert masked(CODE) == "010190-****"
    assert masked("") == ""
