"""Citizens with identity codes, who sign in at the provider and use their pages."""

import re
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from citizens.models import Person
from tests.family.visits import CSRF, Shown, shown
from tests.identity_provider import IdentityProvider

CODE = "131052-308T"  # the example of the Digital and Population Data Services Agency
OTHER_CODE = "010594Y9021"


def with_code(person: Person, code: str = CODE) -> Person:
    """The person, known by the identity code."""
    person.set_identity_code(code)
    person.save()
    return person


def signed_in(provider: IdentityProvider, code: object = CODE, **claims: Any) -> Client:
    """A browser in which somebody with this identity code has signed in."""
    client = Client(enforce_csrf_checks=True)
    response = client.get(sent_back(provider, client, code, **claims))
    assert response.status_code == 302, response.status_code
    return client


def sent_back(
    provider: IdentityProvider, client: Client, code: object = CODE, **claims: Any
) -> str:
    """Where the provider sends the browser back to."""
    provider.vouch("citizen", **{settings.CITIZEN_OIDC_IDENTITY_CLAIM: code, **claims})
    return provider.agree(client, reverse("my:sign-in", args=["en"]), sub="citizen")


def look(client: Client, language: str = "en") -> Shown:
    """The page as it is now."""
    return shown(client.get(reverse("my:page", args=[language])))


def press(client: Client, view: str, language: str = "en", **values: object) -> Shown:
    """Send one of the page's forms; the page one is led to."""
    page = look(client, language)
    token = CSRF.search(page.html)
    values["csrfmiddlewaretoken"] = token[1] if token else ""
    return shown(client.post(reverse(f"my:{view}", args=[language]), values, follow=True))


def statements(page: Shown) -> list[str]:
    """What the page lets one say, in its order."""
    return re.findall(r'name="statement" value="(\w+)"', page.html)
