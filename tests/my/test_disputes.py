"""A citizen says that a fact is wrong; until a caseworker has answered no rule uses it."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.models import Attribute, DisputedFact, Person, RegisteredFact
from consents.models import DataUse
from helsinki_proactive.staff.roles import CASEWORKER
from offers.eligibility.select import matching
from offers.models import CaseKind, ReviewCase
from offers.replies.handling import NotDoneError, Resolution, call_back, close_case
from tests.casework.staff import at_work, employee
from tests.eligibility.people import asked, rule
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, press, signed_in, with_code
from tests.rounds.city import a_person, protect

pytestmark = pytest.mark.django_db
SPEAKS = rule(asked("mother_tongue", "is", "fi"))
WRONG = {"attribute": "mother_tongue", "should_be": "somali", "because": "Puhumme kotona somalia"}


@pytest.fixture
def person() -> Person:
    return with_code(a_person(mother_tongue="fi"))


@pytest.fixture
def client(person: Person, provider: IdentityProvider) -> Client:
    return signed_in(provider)


def speaks(person: Person) -> bool:
    return matching(SPEAKS, as_of=timezone.localdate()).filter(pk=person.pk).exists()


def the_case() -> ReviewCase:
    return ReviewCase.objects.get(kind=CaseKind.RECTIFICATION)


def answer(action: str, told: str) -> str:
    """Answer the citizen as a caseworker does; the page that follows."""
    address = reverse("casework:act", args=[the_case().pk, action])
    return at_work(CASEWORKER).post(address, {"told": told}, follow=True).content.decode()


def test_a_disputed_fact_is_out_of_rules_until_it_is_settled(
    client: Client, person: Person
) -> None:
    assert speaks(person)
    page = press(client, "wrong", **WRONG)
    assert "Until then no service uses this fact" in page.words
    assert "somali" in page.words
    assert not speaks(person)

    answer("stands", "Rekisteröity ilmoituksenne mukaan 2020.")
    assert speaks(person)
    page = look(client)
    assert "Not changed" in page.words
    assert "Rekisteröity ilmoituksenne mukaan 2020." in page.words
    assert (the_case().resolution, the_case().closed_by) == (
        Resolution.STANDS,
        employee(CASEWORKER),
    )


def test_what_was_corrected_is_said_so_and_may_be_disputed_again(client: Client) -> None:
    press(client, "wrong", **WRONG)
    answer("corrected", "Äidinkieli on korjattu väestötietojärjestelmään.")
    assert "Corrected on" in look(client).words
    assert "Until then no service" in press(client, "wrong", **WRONG).words
    assert ReviewCase.objects.filter(kind=CaseKind.RECTIFICATION).count() == 2


def test_a_caseworker_sees_the_fact_both_ways_and_the_reading_is_recorded(
    client: Client, person: Person
) -> None:
    press(client, "wrong", **WRONG)
    staff = at_work(CASEWORKER)
    assert person.full_name in staff.get(reverse("casework:queue")).content.decode()
    page = staff.get(reverse("casework:case", args=[the_case().pk])).content.decode()
    for words in ("somali", "Puhumme kotona somalia", "Mother tongue", "18(1)(a)"):
        assert words in page
    use = DataUse.objects.get(person=person)
    assert use.processing.purpose.code == "rectification"
    assert "Correcting data at your request" in look(client).words


def test_where_a_protected_person_lives_is_not_shown(client: Client, person: Person) -> None:
    person.postal_code = "00420"
    person.set_address("Salakatu 5")
    person.save()
    press(client, "wrong", attribute="postal_code", should_be="Piilotie 7", because="Muutin")
    protect(person)
    page = at_work(CASEWORKER).get(reverse("casework:case", args=[the_case().pk]))
    for secret in ("Salakatu", "00420", "Piilotie"):
        assert secret not in page.content.decode()


def test_nothing_but_an_answer_ends_it(client: Client) -> None:
    press(client, "wrong", **WRONG)
    by = employee(CASEWORKER)
    with pytest.raises(NotDoneError):
        close_case(case=the_case(), resolution=Resolution.SEEN, by=by)
    with pytest.raises(NotDoneError):
        call_back(case=the_case(), on=timezone.localdate(), by=by)
    assert "Write the citizen an answer" in answer("stands", " ")
    assert the_case().closed_at is None
    assert DisputedFact.objects.open().exists()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 400),
        ({**WRONG, "attribute": "municipality; DROP"}, 400),
        ({**WRONG, "attribute": "another_register"}, 400),
        ({**WRONG, "should_be": "x" * 201}, 400),
        ({**WRONG, "should_be": "a\x00b"}, 400),
    ],
)
def test_what_is_not_on_the_page_cannot_be_disputed(
    said: dict[str, str], status: int, client: Client
) -> None:
    assert press(client, "wrong", **said).status == status
    assert not DisputedFact.objects.exists()


def test_the_same_fact_is_not_disputed_twice_at_once(client: Client) -> None:
    press(client, "wrong", **WRONG)
    assert press(client, "wrong", **WRONG).status == 400
    assert DisputedFact.objects.count() == 1


def test_a_registered_fact_is_disputed_by_its_own_name(client: Client, person: Person) -> None:
    label = {"fi": "Päiväkoti", "sv": "Daghem", "en": "Daycare"}
    daycare = Attribute.objects.create(
        code="unit_now", value_type="text", source="own", label=label
    )
    today = timezone.localdate()
    RegisteredFact.objects.create(person=person, attribute=daycare, text="Kannel", as_of=today)
    has = rule(asked("unit_now", "has"))
    press(client, "wrong", attribute="unit_now", should_be="Malmi", because="")
    assert not matching(has, as_of=today).filter(pk=person.pk).exists()


def test_the_words_are_encrypted_and_in_the_file_one_can_save(client: Client) -> None:
    press(client, "wrong", **WRONG)
    fact = DisputedFact.objects.get()
    assert b"somali" not in bytes(fact.should_be or b"")
    assert fact.unseal("should_be") == "somali"
    file = json.loads(client.get(reverse("my:export", args=["en"])).content)
    [said] = file["rectifications"]
    assert (said["name"], said["should_be"], said["outcome"]) == ("Mother tongue", "somali", "open")
