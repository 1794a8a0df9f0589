"""Whatever is sent to citizens' and families' addresses, the answer is a refusal, never a 5xx."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from offers.models import Link, Offer
from tests.family.visits import Visit
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, signed_in, with_code
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import running

pytestmark = pytest.mark.django_db

VIEWS = ("page", "say", "channel", "wrong", "offer", "arranged", "export")
FORM = "application/x-www-form-urlencoded"
BODIES = {
    "nothing": (b"", FORM),
    "NUL bytes": (
        b"offer=%00&purpose=%00&statement=%00&channel=%00&attribute=%00&notice=%00",
        FORM,
    ),
    "no UTF-8": (b"offer=%ff%fe&purpose=%ff&attribute=%c3%28&channel=%ed%a0%80", FORM),
    "a charset nobody knows": (b"offer=1", f"{FORM}; charset=klingon"),
    "a number past all bounds": (b"offer=" + b"9" * 400 + b"&purpose=" + b"9" * 400, FORM),
    "another's number": (b"offer=1&purpose=1&statement=object&attribute=1:name", FORM),
    "too many fields": (b"&".join(b"a%d=1" % n for n in range(2000)), FORM),
    "too large": (b"should_be=" + b"x" * 3_000_000, FORM),
    "JSON": (b'{"offer": [1]}', "application/json"),
    "a broken multipart": (b"--x\r\nContent-Disposition", "multipart/form-data; boundary=x"),
    "a multipart of no boundary": (b"x", "multipart/form-data"),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "text/xml"),
}


@pytest.mark.parametrize("body", BODIES)
def test_no_body_breaks_a_page(body: str, provider: IdentityProvider) -> None:
    [child] = a_family()
    guardian = with_code(child.guardians.get().guardian)
    seats(1)
    visit = Visit(running(), guardian)
    mine = signed_in(provider)
    # without the check of the form's own token, which would refuse all of them first
    browser = Client(raise_request_exception=False)
    browser.cookies = mine.cookies
    assert guardian.full_name in look(browser).words
    addresses = [
        *(reverse(f"my:{view}", args=["en"]) for view in VIEWS),
        *(reverse(f"offers:{view}", args=[visit.token, "en"]) for view in ("answer", "rate")),
    ]
    content, kind = BODIES[body]
    before = Offer.objects.values_list("state", flat=True)[0]
    for address in addresses:
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
            answered = browser.generic(method, address, content, content_type=kind)
            assert 300 <= answered.status_code < 500, (address, method)
    assert Offer.objects.values_list("state", flat=True)[0] == before


def test_every_link_that_does_not_open_costs_the_same_and_says_the_same() -> None:
    [child], [foreign] = a_family(), a_family()
    seats(2)
    round = running()
    guardian = child.guardians.get().guardian
    good, expired, revoked = (Visit(round, guardian) for _ in range(3))
    stopped = Visit(round, foreign.guardians.get().guardian)
    links = Link.objects.order_by("-pk")
    links.filter(pk=links[2].pk).update(expires_at=timezone.now() - timedelta(days=1))
    links.filter(pk=links[1].pk).update(revoked_at=timezone.now())
    foreign.protected = True
    foreign.save()
    assert good.look().status == 200
    told = set()
    for token in (expired.token, revoked.token, stopped.token, "x" * 22, "\x00", "ä" * 5000):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            refused = Client().get(reverse("offers:family", args=[token, "en"]))
        said = refused.content.decode().replace(token, "")
        told.add((refused.status_code, len(asked), said))
    [(status, statements, _said)] = told
    assert status == 404
    assert statements > 0
