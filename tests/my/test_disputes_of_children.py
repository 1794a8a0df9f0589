"""A guardian says that a fact about a child is wrong; nobody learns of another household by it."""

import json

import pgtrigger
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.models import Attribute, DisputedFact, Person, RegisteredFact
from consents.models import DataUse
from helsinki_proactive.staff.roles import CASEWORKER
from offers.eligibility.explain import explain
from offers.eligibility.select import matching
from offers.models import CaseKind, Offer, ReviewCase, Subject
from tests.casework.staff import at_work
from tests.delivery.world import a_running_round, tell
from tests.eligibility.people import asked, rule
from tests.identity_provider import IdentityProvider
from tests.my.citizens import CODE, OTHER_CODE, look, press, signed_in, with_code
from tests.rounds.city import a_child, a_person, a_phone, guard, protect, seats

pytestmark = pytest.mark.django_db
SPEAKS = rule(asked("mother_tongue", "is", "fi"))


@pytest.fixture
def guardian() -> Person:
    return with_code(a_person())


@pytest.fixture
def other() -> Person:
    return with_code(a_person(first_names="Toinen"), OTHER_CODE)


@pytest.fixture
def child(guardian: Person, other: Person) -> Person:
    a_phone(guardian)
    a_phone(other)
    child = a_child(first_names="Aino Maria", mother_tongue="fi", municipality="091")
    guard(guardian, child)
    guard(other, child)
    return child


@pytest.fixture
def client(guardian: Person, child: Person, provider: IdentityProvider) -> Client:
    return signed_in(provider)


def wrong(child: Person, attribute: str = "mother_tongue") -> dict[str, str]:
    return {"attribute": f"{child.pk}:{attribute}", "should_be": "somali", "because": "Kotikieli"}


def at_home(person: Person, address: str) -> None:
    person.set_address(address)
    person.postal_code = "00420"
    person.save()


def speaks(child: Person) -> bool:
    return matching(SPEAKS, as_of=timezone.localdate()).filter(pk=child.pk).exists()


def the_case() -> ReviewCase:
    return ReviewCase.objects.get(kind=CaseKind.RECTIFICATION)


def settled(case: ReviewCase, action: str = "stands", told: str = "Rekisterissä oikein.") -> str:
    address = reverse("casework:act", args=[case.pk, action])
    return at_work(CASEWORKER).post(address, {"told": told}, follow=True).content.decode()


def test_the_fact_is_out_of_rules_until_a_caseworker_has_answered(
    client: Client, child: Person
) -> None:
    assert speaks(child)
    page = press(client, "wrong", **wrong(child))
    assert "Until then no service uses this fact" in page.words
    assert "Mother tongue, Aino" in page.words
    assert not speaks(child)
    settled(the_case(), told="Äidinkieli on ilmoitettu 2020.")
    assert speaks(child)
    assert "Äidinkieli on ilmoitettu 2020." in look(client).words


def test_the_caseworker_sees_who_says_it_and_the_reading_names_its_basis(
    client: Client, child: Person, guardian: Person
) -> None:
    press(client, "wrong", **wrong(child))
    page = at_work(CASEWORKER).get(reverse("casework:case", args=[the_case().pk]))
    words = page.content.decode()
    assert guardian.full_name in words
    assert "another household" in words
    assert "Finnish" in words
    use = DataUse.objects.get(person=child)
    [basis] = use.processing.purpose.bases.all()
    assert (basis.kind, basis.operation) == ("legal_obligation", "correcting")
    assert "16" in basis.statute["en"]
    assert DataUse.objects.filter(person=guardian, processing__purpose=basis.purpose).exists()
    assert "6(1)(c)" in look(client).words


@pytest.mark.parametrize("hidden", ["child", "other guardian", "guardian"])
def test_of_a_protected_family_nothing_is_said_and_the_refusal_is_that_of_any_number(
    hidden: str, client: Client, child: Person, guardian: Person, other: Person
) -> None:
    press(client, "wrong", **wrong(child))
    settled(the_case(), told="Asuu Piilotiellä.")
    assert {"Piilotiellä.", "Aino"} <= set(look(client).words.split())
    protect({"child": child, "other guardian": other, "guardian": guardian}[hidden])
    page = look(client)
    for told in (page.html, client.get(reverse("my:export", args=["en"])).content.decode()):
        assert "Piilotiellä" not in told
        assert "Aino" not in told
        assert f'"{child.pk}:' not in told

    refused = press(client, "wrong", **wrong(child))
    unknown = press(client, "wrong", **wrong(child) | {"attribute": "999999:mother_tongue"})
    assert (refused.status, unknown.status) == (400, 400)
    assert refused.words == unknown.words
    assert DisputedFact.objects.count() == 1


@pytest.mark.parametrize("attribute", ["postal_code", "municipality", "unit_now", "identity_code"])
def test_what_would_tell_of_another_household_is_not_there(
    attribute: str, client: Client, child: Person, guardian: Person
) -> None:
    at_home(guardian, "Kotikatu 1")
    at_home(child, "Toisentie 7")
    label = {"fi": "Päiväkoti", "sv": "Daghem", "en": "Daycare"}
    unit = Attribute.objects.create(code="unit_now", value_type="text", source="own", label=label)
    today = timezone.localdate()
    RegisteredFact.objects.create(person=child, attribute=unit, text="Kannel", as_of=today)
    page = look(client)
    for secret in ("Toisentie", "Kannel"):
        assert secret not in page.words
    refused = press(client, "wrong", **wrong(child, attribute))
    unknown = press(client, "wrong", **wrong(child, "no_such_fact"))
    assert refused.status == 400
    assert refused.words == unknown.words
    assert not DisputedFact.objects.exists()


def test_of_a_child_at_home_everything_can_be_disputed(
    client: Client, child: Person, guardian: Person
) -> None:
    at_home(guardian, "Kotikatu 1")
    at_home(child, "Kotikatu 1")
    assert press(client, "wrong", **wrong(child, "postal_code")).status == 200
    assert DisputedFact.objects.get().attribute == "postal_code"


def test_neither_guardian_learns_that_the_other_has_said_so(
    client: Client, child: Person, provider: IdentityProvider
) -> None:
    press(client, "wrong", **wrong(child))
    others = signed_in(provider, OTHER_CODE)
    assert "somali" not in look(others).words
    assert press(others, "wrong", **wrong(child)).status == 200
    first, second = ReviewCase.objects.filter(kind=CaseKind.RECTIFICATION).order_by("pk")
    settled(first)
    assert not speaks(child)
    settled(second)
    assert speaks(child)


def test_who_has_no_custody_any_more_is_refused_as_anybody(client: Client, child: Person) -> None:
    child.guardians.update(may_decide=False)
    refused = press(client, "wrong", **wrong(child))
    assert refused.status == 400
    assert "Choose one of the facts in the list." in refused.words


def test_the_file_has_the_children_and_what_was_said_of_them(client: Client, child: Person) -> None:
    press(client, "wrong", **wrong(child))
    file = json.loads(client.get(reverse("my:export", args=["en"])).content)
    [said] = file["rectifications"]
    assert (said["child"], said["name"], said["should_be"]) == ("Aino", "Mother tongue", "somali")
    assert {one["name"]: one["value"] for one in file["children"][0]["data"]}[
        "Mother tongue"
    ] == "Finnish"


def test_nor_by_what_is_said_of_why_a_place_was_offered(
    client: Client, child: Person, guardian: Person, provider: IdentityProvider
) -> None:
    tell(a_running_round([child], places=[seats(1)]))
    press(client, "wrong", **wrong(child))
    criteria = rule(asked("mother_tongue", "has_not"))
    facts = json.loads(json.dumps(explain(criteria, person=child, as_of=timezone.localdate())))
    assert facts["all"][0]["any"][0]["disputed"] is True
    with pgtrigger.ignore("offers.Subject:same_subject"):
        Subject.objects.update(facts=facts)
    for code in (CODE, OTHER_CODE):
        others = signed_in(provider, code)
        page = look(others)
        opened = press(others, "offer", offer=Offer.objects.get().pk)
        for shown in (page, opened):
            assert "Mother tongue: " in shown.words
            assert "being looked at" not in shown.words
