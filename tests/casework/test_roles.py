"""Each role sees and does only its own, whatever the pages show: the server refuses."""

import pytest
from django.test import Client
from django.urls import reverse

from helsinki_proactive.casework import urls as casework_urls
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER
from offers.admin.rounds.addresses import round_addresses
from offers.admin.rounds.steps import STEPS
from offers.models import Round, RoundState, Subject
from tests.casework.staff import BACKEND, ROLES, at_work, employee, page
from tests.rounds.city import a_family, a_round, seats
from tests.rounds.journeys import awaiting, prepared

pytestmark = pytest.mark.django_db

EVERYBODY = set(ROLES)
ROUND_PAGES = {
    "change": EVERYBODY,
    "progress": EVERYBODY,
    "seats": EVERYBODY,
    "people": {CASEWORKER, APPROVER},
    "subject": {CASEWORKER, APPROVER},
    "add": {CASEWORKER},
    "edit": {CASEWORKER},
}
STEP_OF = {
    "prepare": {CASEWORKER},
    "request": {CASEWORKER},
    "remind": {CASEWORKER},
    "close": {CASEWORKER},
    "cancel": {CASEWORKER},
    "approve": {APPROVER},
    "reject": {APPROVER},
    "halt": EVERYBODY,
    "resume": {CASEWORKER, ADMINISTRATOR},
}
LISTS = {
    "offers_round": EVERYBODY,
    "offers_offer": {CASEWORKER},
    "offers_message": {CASEWORKER, ADMINISTRATOR},
    "offers_sendinghalt": EVERYBODY,
    "offers_service": EVERYBODY,
    "offers_servicetext": EVERYBODY,
    "offers_eligibilityrule": EVERYBODY,
    "offers_unit": EVERYBODY,
    "offers_capacity": EVERYBODY,
    "offers_admissionarea": EVERYBODY,
    "consents_legalbasis": EVERYBODY,
    "citizens_attribute": {ADMINISTRATOR},
    "citizens_registerimport": {ADMINISTRATOR},
    "consents_erasure": {ADMINISTRATOR},
    "staff_user": {ADMINISTRATOR},
}


@pytest.fixture
def listed() -> Round:
    a_family()
    seats(3)
    return prepared()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ROUND_PAGES)
def test_a_page_of_a_round_opens_for_its_roles_only(role: str, name: str, listed: Round) -> None:
    subject = Subject.objects.get(round=listed)
    address = {
        "add": reverse("admin:offers_round_add"),
        "subject": page(listed, "subject", subject.pk),
    }.get(name) or page(listed, name)
    allowed = role in ROUND_PAGES[name]
    assert at_work(role).get(address).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_refused_to_other_roles(role: str, name: str) -> None:
    round = a_round()
    response = at_work(role).post(page(round, "step", name), {"reason": "a test"})
    assert response.status_code == (302 if role in STEP_OF[name] else 403)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_for_its_roles_only(role: str, name: str, listed: Round) -> None:
    response = at_work(role).get(reverse(f"admin:{name}_changelist"))
    assert response.status_code == (200 if role in LISTS[name] else 403)


@pytest.mark.parametrize("role", [APPROVER, ADMINISTRATOR])
def test_the_search_the_queue_and_peoples_stories_are_the_caseworkers(
    role: str, listed: Round
) -> None:
    person = Subject.objects.get(round=listed).person_id
    client = at_work(role)
    for address in (
        reverse("casework:search"),
        reverse("casework:queue"),
        reverse("casework:person", args=[person]),
    ):
        assert client.get(address).status_code == 403


def test_the_administrator_sees_no_names_on_a_rounds_page(listed: Round) -> None:
    name = Subject.objects.get(round=listed).person.call_name
    assert name not in at_work(ADMINISTRATOR).get(page(listed)).content.decode()
    assert name in at_work(APPROVER).get(page(listed)).content.decode()


def test_strangers_get_the_login_everywhere() -> None:
    arguments = {"pk": 1, "subject": 1, "step": "close", "kind": "places", "action": "take"}
    patterns = [
        *((f"admin:{url.name}", url) for url in round_addresses if url.name),
        *((f"casework:{url.name}", url) for url in casework_urls.urlpatterns),
    ]
    for name, url in patterns:
        wanted = {key: arguments[key] for key in url.pattern.converters}
        address = reverse(name, kwargs=wanted)
        responses = [Client().get(address), Client().post(address)]
        assert {response.status_code for response in responses} <= {302, 405}, address
        assert any("/login/" in response.get("Location", "") for response in responses), address


def test_who_prepared_cannot_approve_though_having_both_roles() -> None:
    a_family()
    seats(3)
    round = awaiting()
    user = employee(CASEWORKER)
    user.groups.add(*employee(APPROVER, "somebody").groups.all())
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend=BACKEND)
    shown = client.get(page(round)).content.decode()
    assert "Approve and send" not in shown
    client.post(page(round, "step", "approve"), {"digest": round.frozen_digest})
    round.refresh_from_db()
    assert round.state == RoundState.AWAITING


def test_nothing_of_a_round_can_be_changed_past_its_steps(listed: Round) -> None:
    client = at_work(CASEWORKER)
    client.post(page(listed), {"state": RoundState.RUNNING.value, "name": "changed"})
    listed.refresh_from_db()
    assert (listed.state, listed.name) == (RoundState.PREPARED, "Esiopetus")
    assert client.post(f"/admin/offers/round/{listed.pk}/delete/").status_code == 404


def test_an_administrator_gives_roles_to_others_but_not_to_oneself_or_a_superuser() -> None:
    client = at_work(ADMINISTRATOR)
    boss = User.objects.create_superuser("boss", password="a long one indeed")
    own = User.objects.get(username=ADMINISTRATOR)
    for user, allowed in ((employee(CASEWORKER), True), (own, False), (boss, False)):
        address = reverse("admin:staff_user_change", args=[user.pk])
        data = {"username": user.username, "groups": [], "is_active": "on"}
        assert client.post(address, data).status_code == (302 if allowed else 403)
    assert own.groups.filter(name=ADMINISTRATOR).exists()


def test_no_form_makes_a_superuser() -> None:
    user = employee(CASEWORKER)
    address = reverse("admin:staff_user_change", args=[user.pk])
    data = {"username": user.username, "is_superuser": "on", "is_active": "on"}
    at_work(ADMINISTRATOR).post(address, data)
    user.refresh_from_db()
    assert not user.is_superuser
