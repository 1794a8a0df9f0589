"""Guardians who open their page and press its buttons, as a browser without scripts does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from citizens.models import Person
from offers.delivery.links import issue_link
from offers.models import Capacity, Offer, Round
from tests.delivery.world import a_running_round, tell
from tests.rounds.city import a_family, seats

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class _Words(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data.split()


@dataclass(frozen=True)
class Shown:
    """A page as it came back."""

    status: int
    html: str
    headers: dict[str, str] = field(repr=False)

    @property
    def words(self) -> str:
        """The page's text on one line."""
        parser = _Words()
        parser.feed(self.html)
        return " ".join(parser.words)

    @property
    def heading(self) -> str:
        """The page's first heading."""
        found = re.search(r"<h1>(.*?)</h1>", self.html, re.DOTALL)
        return unescape(found[1].strip()) if found else ""

    @property
    def buttons(self) -> list[str]:
        """The answers that can be given, in the page's order."""
        return re.findall(r'name="answer" value="(\w+)"', self.html)


class Visit:
    """A guardian's way through the link; sends what the page's own forms would."""

    def __init__(self, round: Round, guardian: Person, *, language: str = "fi") -> None:
        expires_at = timezone.now() + timedelta(days=60)
        self.token = issue_link(round=round, guardian=guardian, expires_at=expires_at)
        self.language = language
        self.guardian = guardian
        self.client = Client(enforce_csrf_checks=True)
        self._token = ""

    @property
    def address(self) -> str:
        """Where the page is in the visit's language."""
        return f"/o/{self.token}/{self.language}/"

    def look(self, address: str = "") -> Shown:
        """Open the page."""
        page = shown(self.client.get(address or self.address))
        if token := CSRF.search(page.html):
            self._token = token[1]
        return page

    def press(self, offer: Offer, answer: str, *, wish: str = "") -> Shown:
        """Answer; the page one is led to, or the one that says what was wrong."""
        return self.send("answer", {"offer": offer.pk, "answer": answer, "wish": wish})

    def rate(self, stars: object, comment: str = "") -> Shown:
        """Give stars and a word."""
        return self.send("rating", {"stars": stars, "comment": comment})

    def send(self, form: str, values: dict[str, Any]) -> Shown:
        """Send one of the page's forms; a page that shows it no more may be open in another tab."""
        self.look()
        values = values | {"csrfmiddlewaretoken": self._token}
        return shown(self.client.post(f"{self.address}{form}", values, follow=True))


def shown(response: Any) -> Shown:
    """The page in a response of the test client."""
    return Shown(response.status_code, response.content.decode(), dict(response.headers))


def visits(
    *,
    guardians: int = 1,
    places: list[Capacity] | None = None,
    language: str = "fi",
    dates: Mapping[str, Any] | None = None,
    **service: Any,
) -> tuple[Offer, list[Visit]]:
    """A child's offer in a running round, and a visit of each guardian.

    ``dates`` are the round's; the service is changed by ``service``.
    """
    places = places or [seats(1)]
    type(places[0].service).objects.update(**service)
    children = a_family(children=len(places), guardians=guardians)
    round = a_running_round(children, places=places, **(dates or {}))
    tell(round)
    told = Person.objects.filter(guardianships__child=children[0]).order_by("pk")
    offer = Offer.objects.filter(round=round).earliest("pk")
    return offer, [Visit(round, guardian, language=language) for guardian in told]
