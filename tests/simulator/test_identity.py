"""The stand-in for Suomi.fi: our own pages can be signed in to, and nobody else's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from helsinki_proactive.demo.processes import HOST, listening
from helsinki_proactive.my.models import Account
from tests.my.citizens import CODE, look, press, with_code
from tests.rounds.city import a_person

pytestmark = pytest.mark.django_db

SECRET = "a secret: of the test"


@pytest.fixture
def stand_in(settings: Any) -> Iterator[str]:
    with listening(0) as door:
        issuer = f"http://{HOST}:{door.getsockname()[1]}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "helsinki_proactive.simulator.identity"),
                *(f"--fd={door.fileno()}", f"--issuer={issuer}"),
                f"--client-url={settings.HP_PUBLIC_URL}",
            ],
            env=os.environ
            | {"CITIZEN_OIDC_CLIENT_ID": "test", "CITIZEN_OIDC_CLIENT_SECRET": SECRET},
            pass_fds=[door.fileno()],
        )
    settings.CITIZEN_OIDC_ISSUER = issuer
    settings.CITIZEN_OIDC_CLIENT_ID = "test"
    settings.CITIZEN_OIDC_CLIENT_SECRET = SECRET
    try:
        yield issuer
    finally:
        process.terminate()
        process.wait()


def begun(client: Client) -> str:
    return str(client.get(reverse("my:sign-in", args=["en"]))["Location"])


def identified(client: Client, code: str = CODE) -> str:
    """Where the stand-in sends the browser back to, once somebody has typed the code."""
    answer = httpx.post(begun(client), data={"identity_code": code})
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def test_a_visitor_types_a_code_and_is_that_person_until_signing_out(stand_in: str) -> None:
    person = with_code(a_person(first_names="Aino Maria"))
    client = Client()
    page = httpx.get(begun(client))
    assert page.status_code == 200
    assert "Nothing here is real" in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert client.get(identified(client, f" {CODE.lower()}")).status_code == 302
    assert person.full_name in look(client).words
    assert Account.objects.get().person == person
    left = press(client, "sign-out")
    address = unescape(left.html.split("url=")[1].split('"')[0])
    assert address.startswith(stand_in)
    back = httpx.get(address)
    assert back.headers["Location"].endswith("/my/en/")


def test_a_code_that_nobody_has_opens_nothing(stand_in: str) -> None:
    client = Client()
    assert client.get(identified(client, "whoever")).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://example.org/"},
        {"redirect_uri": "http://127.0.0.1:80001/my/signed-in/"},
        {"client_id": "other"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
def test_it_sends_nobody_elsewhere(changed: dict[str, str], stand_in: str) -> None:
    parts = urlsplit(begun(Client()))
    asked = urlencode(dict(parse_qsl(parts.query)) | changed)
    address = f"{stand_in}/authorize?{asked}"
    assert httpx.get(address).status_code == 400
    assert httpx.post(address, data={"identity_code": CODE}).status_code == 400
    elsewhere = httpx.get(f"{stand_in}/end", params={"post_logout_redirect_uri": "//example.org"})
    assert elsewhere.status_code == 400


def test_the_token_is_fetched_once_by_the_client_with_its_verifier(stand_in: str) -> None:
    answer = httpx.post(begun(Client()), data={"identity_code": CODE})
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    form = {"grant_type": "authorization_code", "code": asked["code"], "code_verifier": "x" * 43}
    token = f"{stand_in}/token"
    assert httpx.post(token, data=form).status_code == 401
    assert httpx.post(token, data=form, auth=("test", "wrong")).status_code == 401
    assert httpx.post(token, data=form, auth=("test", SECRET)).json() == {"error": "invalid_grant"}
