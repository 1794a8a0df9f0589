"""Citizens sign in at a provider that knows their identity code, to a session of its own kind."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helsinki_proactive.my.sessions import AT_MOST, COOKIE, IDLE_AT_MOST
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import CASEWORKER
from tests.casework.staff import at_work
from tests.identity_provider import IdentityProvider
from tests.my.citizens import CODE, look, press, sent_back, signed_in, with_code
from tests.rounds.city import a_person

pytestmark = pytest.mark.django_db


def is_inside(client: Client) -> bool:
    return "Sign out" in look(client).html


def test_whom_the_provider_knows_by_identity_code_sees_their_own_page(
    provider: IdentityProvider,
) -> None:
    person = with_code(a_person(first_names="Aino Maria"))
    page = look(signed_in(provider))
    assert person.full_name in page.words
    assert CODE in page.words


def test_nobody_becomes_a_user_of_ours(provider: IdentityProvider) -> None:
    with_code(a_person())
    client = signed_in(provider)
    assert not User.objects.exists()
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("code", ["", " ", None, 7, ["131052-308T"], "010594Y9021"])
def test_without_an_identity_code_that_a_register_knows_nobody_gets_in(
    code: object, provider: IdentityProvider
) -> None:
    with_code(a_person())
    a_person()
    client = Client()
    assert client.get(sent_back(provider, client, code)).status_code == 403
    assert not is_inside(client)


@pytest.mark.parametrize("gone", ["died_on", "gone_at"])
def test_whom_the_register_no_longer_knows_is_out(gone: str, provider: IdentityProvider) -> None:
    person = with_code(a_person())
    client = signed_in(provider)
    assert is_inside(client)
    now = timezone.now()
    type(person).objects.update(**{gone: now if gone == "gone_at" else now.date()})
    assert not is_inside(client)


def test_an_answer_of_the_provider_meant_for_another_browser_signs_nobody_in(
    provider: IdentityProvider,
) -> None:
    with_code(a_person())
    meant_for_another = sent_back(provider, Client())
    victim = Client()
    assert victim.get(meant_for_another).status_code == 403
    assert not is_inside(victim)


def test_the_key_of_a_session_changes_at_signing_in(provider: IdentityProvider) -> None:
    with_code(a_person())
    client = Client()
    back = sent_back(provider, client)
    before = client.cookies[COOKIE].value
    client.get(back)
    assert client.cookies[COOKIE].value != before


def test_a_key_of_one_kind_of_session_opens_nothing_of_the_other(
    provider: IdentityProvider,
) -> None:
    with_code(a_person())
    citizen, employee = signed_in(provider), at_work(CASEWORKER)
    mine, theirs = citizen.cookies[COOKIE].value, employee.cookies["hp_staff"].value
    thief = Client()
    thief.cookies["hp_staff"], thief.cookies[COOKIE] = mine, theirs
    assert thief.get(reverse("admin:index")).status_code == 302
    assert not is_inside(thief)


def test_an_employee_s_session_goes_on_beside_the_citizen_s(provider: IdentityProvider) -> None:
    with_code(a_person())
    client = at_work(CASEWORKER)
    assert client.get(sent_back(provider, client)).status_code == 302
    assert is_inside(client)
    assert client.get(reverse("admin:index")).status_code == 200
    press(client, "sign-out")
    assert not is_inside(client)
    assert client.get(reverse("admin:index")).status_code == 200


def test_signing_out_ends_the_session_itself(provider: IdentityProvider) -> None:
    with_code(a_person())
    client = signed_in(provider)
    key = client.cookies[COOKIE].value
    press(client, "sign-out")
    again = Client()
    again.cookies[COOKIE] = key
    assert not is_inside(client)
    assert not is_inside(again)


def test_signing_out_leads_to_where_the_provider_ends_its_session_and_back(
    provider: IdentityProvider,
) -> None:
    with_code(a_person())
    page = press(signed_in(provider), "sign-out")
    assert "You are signed out" in page.words
    [address] = set(re.findall(r'(?:url=|href=")(http[^"]+)"', page.html))
    parts = urlsplit(unescape(address))
    assert f"{parts.scheme}://{parts.netloc}" == provider.issuer
    asked = dict(parse_qsl(parts.query))
    back = settings.HP_PUBLIC_URL + reverse("my:page", args=["en"])
    assert asked == {
        "client_id": settings.CITIZEN_OIDC_CLIENT_ID,
        "post_logout_redirect_uri": back,
    }
    assert httpx.get(unescape(address)).status_code == 200


def test_signing_out_works_while_the_provider_is_away(
    provider: IdentityProvider, settings: Any
) -> None:
    with_code(a_person())
    client = signed_in(provider)
    settings.CITIZEN_OIDC_ISSUER = "http://localhost:9"
    assert press(client, "sign-out").status == 200
    assert not is_inside(client)


@pytest.mark.parametrize(
    ("step", "steps", "stays"),
    [
        (IDLE_AT_MOST - timedelta(minutes=1), 1, True),
        (IDLE_AT_MOST + timedelta(seconds=1), 1, False),
        (timedelta(minutes=20), AT_MOST // timedelta(minutes=20) - 1, True),
        (timedelta(minutes=20), AT_MOST // timedelta(minutes=20), False),
    ],
    ids=["used", "nothing for half an hour", "used for long", "two hours"],
)
def test_a_session_ends_by_itself(
    step: timedelta, steps: int, stays: bool, provider: IdentityProvider
) -> None:
    with_code(a_person())
    client = signed_in(provider)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(steps):
            clock.shift(step)
            inside = is_inside(client)
    assert inside is stays


def test_the_cookie_is_for_these_pages_only_and_for_no_script(provider: IdentityProvider) -> None:
    with_code(a_person())
    cookie = signed_in(provider).cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/", True, "Lax")


def test_a_provider_that_is_away_is_said(settings: Any) -> None:
    settings.CITIZEN_OIDC_ISSUER = "http://localhost:9"
    response = Client().get(reverse("my:sign-in", args=["en"]))
    assert response.status_code == 503
    assert "does not answer" in response.content.decode()


def test_without_a_provider_the_page_says_so_and_signs_nobody_in() -> None:
    assert "not in use" in look(Client()).html
    assert Client().get(reverse("my:sign-in", args=["en"])).status_code == 503
    assert Client().get(reverse("my:signed-in")).status_code == 503


@pytest.mark.parametrize("view", ["say", "channel", "offer", "wrong"])
def test_strangers_say_and_open_nothing(view: str) -> None:
    response = Client().post(reverse(f"my:{view}", args=["en"]), {"offer": 1})
    assert response["Location"] == reverse("my:page", args=["en"])
    assert Client().get(reverse("my:export", args=["en"])).status_code == 302
