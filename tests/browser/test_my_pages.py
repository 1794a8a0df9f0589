"""A citizen's own page and the way to it, in three languages and both widths."""

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page

from citizens.models import Person
from helsinki_proactive.my.sessions import COOKIE, CitizenSession
from offers.delivery.links import open_link
from tests.browser.looking import WIDTHS, Window
from tests.browser.town import Town

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.fixture
def stranger(site: str, chromium: Browser, windows: dict[tuple[str, ...], Window]) -> Window:
    if ("stranger",) not in windows:
        windows["stranger",] = Window(chromium, site, language="fi")
    return windows["stranger",]


@pytest.fixture
def window(
    town: Town, site: str, chromium: Browser, windows: dict[tuple[str, ...], Window]
) -> Window:
    """Of a guardian who has signed in."""
    if ("citizen",) not in windows:
        link = open_link(town.links["open"])
        assert link is not None
        windows["citizen",] = Window(chromium, site, language="fi")
        windows["citizen",].page.context.add_cookies(
            [{"name": COOKIE, "value": _session_of(link.guardian), "url": f"{site}/my/"}]
        )
    return windows["citizen",]


def _session_of(person: Person) -> str:
    session = CitizenSession()
    session.begin(person)
    session.save()
    return session.session_key or ""


def _unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def _object(page: Page) -> None:
    page.locator("button[name=statement][value=object], button[value=lift]").first.click()
    page.get_by_role("status").wait_for()


def _say_wrongly(page: Page) -> None:
    """Ask for a correction without saying what it should be."""
    _unfold(page)
    button = page.locator("form[action$='/wrong/'] button")
    button.evaluate("button => { button.form.noValidate = true }")
    button.click()
    page.locator(".hds-text-input__error-text").first.wait_for()


def _say_wrong(page: Page) -> None:
    """Say that a fact is wrong, first one about the child; each time another one."""
    _unfold(page)
    facts = page.locator("#id_attribute option")
    page.locator("#id_attribute").select_option(facts.last.get_attribute("value"))
    page.locator("#id_should_be").fill("Toinen")
    page.locator("form[action$='/wrong/'] button").click()
    page.get_by_role("status").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("act", [_unfold, _object, _say_wrongly, _say_wrong])
def test_the_page_is_quiet_accessible_and_fits(
    act: Callable[[Page], None], language: str, width: int, window: Window
) -> None:
    page = window.open(f"/my/{language}/", width=width)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".offer").count()
    act(page)
    window.check()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("address", "status"), [("", 200), ("sign-in/", 503)])
def test_so_are_the_pages_of_who_has_not_signed_in(
    address: str, status: int, language: str, width: int, town: Town, stranger: Window
) -> None:
    page = stranger.open(f"/my/{language}/{address}", width=width, status=status)
    assert page.locator("html").get_attribute("lang") == language
    stranger.check()


def test_an_offer_opens_from_here(window: Window) -> None:
    page = window.open("/my/fi/", width=WIDTHS[0])
    page.locator("form[action$='/offer/'] button").first.click()
    page.wait_for_url("**/o/*/fi/")
    assert page.locator("button[name=answer]").count()
