"""The link: looking changes nothing, and what it does not open it does not speak of either."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from citizens.models import Guardianship, Person
from consents.signals import contact_forbidden
from offers.delivery.links import issue_link
from offers.models import Answer, Link, Offer, OfferState
from offers.views import guessing
from tests.family.visits import Visit, shown, visits

pytestmark = pytest.mark.django_db

WRITES = re.compile(r"^\s*(WITH\b.*)?\b(INSERT|UPDATE|DELETE|MERGE|COPY)\b", re.DOTALL)
LOOKS: dict[str, dict[str, str]] = {
    "a person": {},
    "a mail scanner": {"user-agent": "Mozilla/5.0 (compatible; SafeLinks/1.0)"},
    "a browser that looks ahead": {"purpose": "prefetch", "sec-purpose": "prefetch"},
    "a preview": {"user-agent": "WhatsApp/2.23"},
}


@pytest.mark.parametrize("headers", LOOKS.values(), ids=LOOKS.keys())
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_writes_nothing(method: str, headers: dict[str, str]) -> None:
    _offer, [visit] = visits()
    with CaptureQueriesContext(connection) as asked:
        for address in (visit.address, f"/o/{visit.token}/"):
            assert getattr(Client(), method)(address, headers=headers).status_code == 200
    assert asked.captured_queries
    assert not [query for query in asked.captured_queries if WRITES.search(query["sql"])]


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options", "patch"])
@pytest.mark.parametrize("form", ["answer", "rating"])
def test_only_a_post_answers(form: str, method: str) -> None:
    offer, [visit] = visits()
    address = f"{visit.address}{form}?offer={offer.pk}&answer=accept&stars=5"
    assert getattr(Client(), method)(address).status_code == 405
    assert not Answer.objects.exists()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_page_itself_takes_no_answer(method: str) -> None:
    offer, [visit] = visits()
    answer = {"offer": offer.pk, "answer": "accept"}
    assert getattr(Client(), method)(visit.address, answer).status_code == 405
    assert not Answer.objects.exists()


def _expire(visit: Visit) -> None:
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def _revoke(visit: Visit) -> None:
    Link.objects.update(revoked_at=timezone.now())


def _protect(visit: Visit) -> None:
    Person.objects.filter(links__isnull=False).update(protected=True)


def _protect_child(visit: Visit) -> None:
    Person.objects.filter(subjects__isnull=False).update(protected=True)


def _forbid(visit: Visit) -> None:
    child = Offer.objects.get().subject.person_id
    contact_forbidden.send(None, person_ids=[child], reason="protected", purpose_id=None)


def _mistype(visit: Visit) -> None:
    visit.token = visit.token[:-1]


def _invent(visit: Visit) -> None:
    visit.token = "ääö%20..-" * 40


def _other_language(visit: Visit) -> None:
    visit.language = "de"


DEAD: dict[str, Callable[[Visit], None]] = {
    "expired": _expire,
    "revoked": _revoke,
    "guardian protected": _protect,
    "child protected": _protect_child,
    "contact forbidden": _forbid,
    "cut off": _mistype,
    "invented": _invent,
    "a language the page does not speak": _other_language,
}


@pytest.mark.parametrize("kill", DEAD.values(), ids=DEAD.keys())
def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(
    kill: Callable[[Visit], None],
) -> None:
    offer, [visit] = visits()
    unknown = shown(Client().get("/o/AAAAAAAAAAAAAAAAAAAAAA/fi/"))
    kill(visit)

    page = visit.look()

    assert (page.status, page.html) == (404, unknown.html)
    values = {"offer": offer.pk, "answer": "accept"}
    assert Client().post(f"{visit.address}answer", values).status_code == 404
    assert Client().post(f"{visit.address}rating", {"stars": 5}).status_code == 404
    assert not Answer.objects.exists()


def test_whoever_tries_many_links_waits_and_nobody_else_does() -> None:
    _offer, [visit] = visits()
    guesser = Client(REMOTE_ADDR="192.0.2.7")
    statuses = [guesser.get(f"/o/{n:022}/").status_code for n in range(guessing.MOST_WRONG + 2)]
    assert statuses == [404] * guessing.MOST_WRONG + [429] * 2
    assert guesser.get(visit.address).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.8").get(visit.address).status_code == 200


def test_without_the_cache_links_open(settings: Any) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/1"}
    }
    _offer, [visit] = visits()
    assert visit.look().status == 200
    assert Client().get("/o/AAAAAAAAAAAAAAAAAAAAAA/fi/").status_code == 404


def test_who_may_no_longer_decide_sees_and_answers_nothing() -> None:
    offer, [visit] = visits()
    visit.press(offer, "nonsense")
    yesterday = timezone.localdate() - timedelta(days=1)
    Guardianship.objects.update(valid_until=yesterday)

    page = visit.look()

    assert page.status == 200
    assert page.buttons == []
    assert offer.subject.person.call_name not in page.words
    assert visit.press(offer, "accept").status == 400
    assert Offer.objects.get().state == OfferState.OPEN


def test_a_guardian_sees_only_what_the_own_link_is_for() -> None:
    mine, [visit] = visits()
    theirs, [_other] = visits()
    assert theirs.subject.person.call_name not in visit.look().words
    foreign = issue_link(
        round=theirs.round,
        guardian=mine.subject.person.guardians.get().guardian,
        expires_at=timezone.now() + timedelta(days=1),
    )
    assert shown(Client().get(f"/o/{foreign}/fi/")).buttons == []


def test_the_page_is_not_kept_told_on_indexed_or_framed_and_runs_nothing() -> None:
    _offer, [visit] = visits()

    page = visit.look()

    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "<script" not in page.html
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.html)
    for link in re.findall(r'<a [^>]*href="https?:[^>]*>', page.html):
        assert "noreferrer" in link


def test_no_address_holds_anything_of_the_family() -> None:
    offer, [visit] = visits()
    child = offer.subject.person
    addresses = re.findall(r'(?:href|action)="([^"]+)"', visit.look().html)
    assert addresses
    for address in addresses:
        assert child.first_names not in address
        assert child.last_name not in address
        known = r"https://palvelukartta.*|/static/.*|#\w+|/o/[\w-]+/.*|/(my|transparency)/\w\w/.*"
        assert re.fullmatch(known, address)
