"""No page is forgotten: every address of the service is visited in a browser, or excused."""

from collections.abc import Iterable, Iterator

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from offers.delivery.letter_codes import PATHS
from tests.browser.pages import VISITS
from tests.casework.staff import ROLES, at_work

IN_OTHER_TESTS = {
    "offers:family": "tests/browser/test_family_pages.py",
    **{f"offers:code-{language}": "tests/browser/test_code_page.py" for language in PATHS},
    "offers:unsubscribe": "tests/browser/test_unsubscribe_page.py",
    "offers:ways": "tests/browser/test_ways_page.py",
    "admin:login": "tests/browser/test_login.py",
    "staff:sign-in": "tests/staff/test_signing_in.py",
    "staff:signed-in": "tests/staff/test_signing_in.py",
    **dict.fromkeys(
        ("offers:transparency", "offers:transparency-service"),
        "tests/browser/test_transparency_pages.py",
    ),
    "offers:transparency-start": "tests/transparency/",
    "my:page": "tests/browser/test_my_pages.py",
    **{f"my:{name}": "tests/my/" for name in ("start", "sign-in", "signed-in", "export")},
}
ONLY_POSTED_TO = {
    "admin:logout",
    *("offers:answer", "offers:rate", "offers:twilio-reply", "offers:twilio-status"),
    *("casework:open", "casework:act"),
    *(f"my:{name}" for name in ("sign-out", "say", "channel", "offer", "arranged", "wrong")),
    "admin:offers_eligibilityrule_step",
    "admin:offers_servicetext_preview",
    *("admin:offers_sendinghalt_halt", "admin:offers_sendinghalt_resume"),
    *(
        f"admin:offers_letterbatch_{name}"
        for name in ("make", "slip", "returned", "file", "posted", "give_up")
    ),
    *(
        f"admin:offers_round_{name}"
        for name in ("step", "test", "pin", "settle", "assign", "download", "ask")
    ),
}
NOT_FOR_EYES = {
    "admin:offers_round_progress": "a part of the page of a round, which shows it",
    "admin:search": "a part of Unfold's frame that ours leaves out",
    "admin:jsi18n": "JavaScript",
    "set_language": "goes back to where one came from",
    "helsinki_health_endpoints:healthz": "for machines",
    "helsinki_health_endpoints:readiness": "for machines",
    "metrics": "for machines",
    "gdpr-profile": "for machines",
    "offers:transparency-json": "for machines",
    "offers:transparency-seal": "for machines",
    "api-schema": "for machines",
}


def named(patterns: "Iterable[URLPattern | URLResolver]", space: str = "") -> Iterator[str]:
    """The names of all addresses, each with its namespace."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}"


ALL = set(named(get_resolver().url_patterns))
VISITED = {visit.view for visit in VISITS.values()}
REFUSED = sorted(ALL - VISITED - set(IN_OTHER_TESTS) - ONLY_POSTED_TO - set(NOT_FOR_EYES))
"""What is left must be nobody's: Django's forms to add and delete, other apps' lists."""


def address_of(name: str) -> str:
    """An address with this name, whatever its arguments."""
    for arguments in ((), (1,), ("offers",), (1, "seen"), (1, 1), ("token", "fi"), ("1", "1")):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    raise AssertionError(f"no arguments for {name}")


def test_what_is_visited_and_excused_exists() -> None:
    assert VISITED | ONLY_POSTED_TO | set(IN_OTHER_TESTS) | set(NOT_FOR_EYES) <= ALL


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_what_is_neither_visited_nor_excused_opens_for_nobody(role: str) -> None:
    client = at_work(role)
    opened = [name for name in REFUSED if client.get(address_of(name)).status_code == 200]
    assert opened == []


@pytest.mark.django_db
def test_what_is_only_posted_to_is_no_page() -> None:
    client = at_work(ROLES[0])
    shown = {name: client.get(address_of(name)).status_code for name in ONLY_POSTED_TO}
    assert {name: status for name, status in shown.items() if status < 400} == {}


@pytest.mark.django_db
def test_strangers_see_no_page_of_the_admin() -> None:
    client = Client()
    names = [name for name in ALL if name.startswith("admin:") and name != "admin:login"]
    opened = [name for name in names if client.get(address_of(name)).status_code == 200]
    assert opened == []
