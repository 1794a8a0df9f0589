"""Employees sign in at a real OpenID Connect provider; the token's groups are their roles."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER
from helsinki_proactive.staff.sessions import AT_MOST, IDLE_AT_MOST
from tests.casework.staff import at_work, employee
from tests.identity_provider import IdentityProvider, identity_provider

pytestmark = pytest.mark.django_db

GROUPS = {"hel-kasittelijat": CASEWORKER, "hel-hyvaksyjat": APPROVER, "hel-muut": "superuser"}
SUB = "4f2ad0b2-3a0c-4b38-8b42-7f4c9d3e1a55"


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture
def provider(running_provider: IdentityProvider, settings: Any) -> IdentityProvider:
    settings.STAFF_OIDC_ISSUER = running_provider.issuer
    settings.STAFF_OIDC_CLIENT_ID = secrets.token_hex(4)
    settings.STAFF_OIDC_CLIENT_SECRET = secrets.token_hex(8)
    settings.STAFF_OIDC_GROUPS = GROUPS
    return running_provider


def vouch(provider: IdentityProvider, *groups: str, **claims: Any) -> None:
    known = {"given_name": "Kaisa", "family_name": "Koe", "email": "kaisa@example.org"}
    provider.vouch(SUB, **{**known, "ad_groups": list(groups), **claims})


def sent_back(provider: IdentityProvider, client: Client, **query: str) -> str:
    return provider.agree(client, reverse("staff:sign-in"), sub=SUB, **query)


def signed_in(provider: IdentityProvider, client: Client, **query: str) -> Any:
    return client.get(sent_back(provider, client, **query))


def is_inside(client: Client) -> bool:
    return bool(client.get(reverse("admin:index")).status_code == 200)


def roles(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_the_groups_of_the_token_are_the_roles(provider: IdentityProvider) -> None:
    vouch(provider, "HEL-KASITTELIJAT", "hel-jotain")
    client = Client()
    response = signed_in(provider, client, next="/admin/casework/queue/")
    assert response["Location"] == "/admin/casework/queue/"
    assert is_inside(client)
    user = User.objects.get()
    assert (str(user.uuid), user.first_name, user.is_staff) == (SUB, "Kaisa", True)
    assert roles(user) == {CASEWORKER}
    assert not user.has_usable_password()

    vouch(provider, "hel-hyvaksyjat")
    signed_in(provider, Client())
    assert roles(User.objects.get()) == {APPROVER}


def test_who_loses_the_last_group_is_out_at_once(provider: IdentityProvider) -> None:
    vouch(provider, "hel-kasittelijat")
    inside = Client()
    signed_in(provider, inside)
    vouch(provider, "hel-jotain")
    again = Client()
    assert signed_in(provider, again).status_code == 403
    assert not is_inside(again)
    assert not is_inside(inside)


def test_a_token_makes_nobody_more_than_the_roles(provider: IdentityProvider) -> None:
    claims = {"is_superuser": True, "is_staff": True, "username": "boss", "is_active": True}
    vouch(provider, "hel-kasittelijat", "hel-muut", **claims)
    signed_in(provider, Client())
    user = User.objects.get()
    assert (user.is_superuser, user.username == "boss", roles(user)) == (False, False, {CASEWORKER})


@pytest.mark.parametrize("groups", [None, "hel-kasittelijat", [], [1], {"hel-kasittelijat": 1}])
def test_without_a_list_of_known_groups_nobody_gets_in(
    groups: object, provider: IdentityProvider
) -> None:
    vouch(provider, ad_groups=groups)
    client = Client()
    assert signed_in(provider, client).status_code == 403
    assert not is_inside(client)
    assert not User.objects.exists()


def test_a_dismissed_employee_stays_out(provider: IdentityProvider) -> None:
    vouch(provider, "hel-kasittelijat")
    signed_in(provider, Client())
    User.objects.update(is_active=False)
    client = Client()
    assert signed_in(provider, client).status_code == 403
    assert not is_inside(client)


def test_an_answer_meant_for_another_browser_or_used_twice_signs_nobody_in(
    provider: IdentityProvider,
) -> None:
    vouch(provider, "hel-kasittelijat")
    meant_for_another = sent_back(provider, Client())
    victim = Client()
    assert victim.get(meant_for_another).status_code == 403
    client = Client()
    back = sent_back(provider, client)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 403
    assert not is_inside(victim)


@pytest.mark.parametrize("change", ["state", "code"])
def test_a_changed_answer_signs_nobody_in(change: str, provider: IdentityProvider) -> None:
    vouch(provider, "hel-kasittelijat")
    client = Client()
    parts = urlsplit(sent_back(provider, client))
    query = {name: value for name, [value] in parse_qs(parts.query).items()} | {change: "x"}
    assert client.get(parts.path, query).status_code == 403
    assert not is_inside(client)


def test_after_signing_in_one_lands_nowhere_else(provider: IdentityProvider) -> None:
    vouch(provider, "hel-kasittelijat")
    for address in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert signed_in(provider, Client(), next=address)["Location"] == reverse("admin:index")


def test_where_the_provider_is_passwords_are_for_emergencies(
    provider: IdentityProvider,
) -> None:
    employee(CASEWORKER)
    User.objects.create_superuser("boss", password="a long one indeed")
    user = User.objects.get(username=CASEWORKER)
    user.set_password("a long one indeed")
    user.save()  # type: ignore[no-untyped-call]
    for name, gets_in in ((CASEWORKER, False), ("boss", True)):
        client = Client()
        data = {"username": name, "password": "a long one indeed"}
        client.post(reverse("admin:login"), data)
        assert is_inside(client) is gets_in
    assert reverse("staff:sign-in") in Client().get(reverse("admin:login")).content.decode()


def test_a_provider_that_is_away_is_said(settings: Any) -> None:
    settings.STAFF_OIDC_ISSUER = "http://localhost:9"
    client = Client(headers={"accept-language": "en"})
    response = client.get(reverse("staff:sign-in"))
    assert response.status_code == 503
    assert "does not answer" in response.content.decode()


def test_without_a_provider_the_addresses_lead_to_the_login() -> None:
    assert not settings.STAFF_OIDC_ISSUER
    for name in ("staff:sign-in", "staff:signed-in"):
        assert Client().get(reverse(name))["Location"] == reverse("admin:login")


@pytest.mark.parametrize(
    ("step", "steps", "stays"),
    [
        (IDLE_AT_MOST - timedelta(minutes=2), 1, True),
        (IDLE_AT_MOST + timedelta(seconds=1), 1, False),
        (timedelta(minutes=50), 9, True),
        (timedelta(minutes=50), AT_MOST // timedelta(minutes=50) + 1, False),
    ],
    ids=["used within the hour", "an hour of nothing", "used all day", "after a working day"],
)
def test_a_session_ends_by_itself(step: timedelta, steps: int, stays: bool) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client = at_work(CASEWORKER)
        for _ in range(steps):
            clock.shift(step)
            inside = is_inside(client)
        assert inside is stays


def test_five_wrong_passwords_lock_the_name_at_that_address() -> None:
    user = employee(CASEWORKER)
    user.set_password("a long one indeed")
    user.save()  # type: ignore[no-untyped-call]
    client = Client()
    for word in [*(f"wrong {n}" for n in range(5)), "a long one indeed"]:
        data = {"username": CASEWORKER, "password": word}
        response = client.post(reverse("admin:login"), data)
    assert response.status_code == 429
    assert not is_inside(client)
