"""Everything a family's page can say, in three languages and both widths."""

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from tests.browser.looking import WIDTHS, Window
from tests.browser.pages import nothing
from tests.browser.town import Town

LANGUAGES = ("fi", "sv", "en")
STANDINGS = (
    *("open", "late", "accepted", "accepted_waiting", "declined", "declined_waiting"),
    *("other_place", "over", "kept", "rated", "several", "appointment", "nothing"),
)


def _unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def _answer_nonsense(page: Page) -> None:
    """A browser sends an answer that the form does not offer."""
    button = page.locator("button[name=answer]").first
    button.evaluate("button => { button.value = 'perhaps' }")
    button.click()
    page.get_by_role("alert").wait_for()


def _answer_what_is_over(page: Page) -> None:
    """The page was open while the offer came to an end."""
    over = page.locator("article:not(:has(button[name=answer]))")
    number = over.evaluate("article => article.getAttribute('aria-labelledby').split('-')[1]")
    button = page.locator("button[name=answer]").first
    button.evaluate("(button, number) => { button.form.offer.value = number }", number)
    button.click()
    page.get_by_role("alert").wait_for()


def _rate_nothing(page: Page) -> None:
    """A browser that does not ask for what is required."""
    form = page.locator("form[action$='/rating']")
    form.evaluate("form => { form.noValidate = true }")
    form.locator("button").click()
    page.get_by_role("alert").wait_for()


def _answer_without_cookies(page: Page) -> None:
    """A browser that keeps no cookies: the form's protection cannot be checked."""
    page.context.clear_cookies()
    page.locator("button[name=answer]").first.click()
    page.wait_for_function("!document.querySelector('button[name=answer]')")


def _focus_the_way_past_the_header(page: Page) -> None:
    page.keyboard.press("Tab")
    page.wait_for_selector(".skip:focus")


CASES: dict[str, tuple[str, Callable[[Page], None]]] = {
    **{standing: (standing, nothing) for standing in STANDINGS},
    "open, unfolded": ("open", _unfold),
    "accepted, unfolded": ("accepted", _unfold),
    "open, by keyboard": ("open", _focus_the_way_past_the_header),
    "an answer that is none": ("open", _answer_nonsense),
    "an answer to what is over": ("withdrawn", _answer_what_is_over),
    "an answer without cookies": ("open", _answer_without_cookies),
    "no stars": ("accepted", _rate_nothing),
}


@pytest.fixture
def window(
    request: pytest.FixtureRequest,
    site: str,
    chromium: Browser,
    windows: dict[tuple[str, ...], Window],
) -> Window:
    """A family's window; its phone speaks Finnish, the page what its address says."""
    if ("family",) not in windows:
        windows["family",] = Window(chromium, site, language="fi")
    return windows["family",]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_a_page_is_quiet_accessible_and_fits(
    name: str, language: str, width: int, town: Town, window: Window
) -> None:
    link, act = CASES[name]
    page = window.open(f"/o/{town.links[link]}/{language}/", width=width)
    assert page.locator("html").get_attribute("lang") == language
    act(page)
    window.check()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_title_is_whole_on_a_phone(language: str, town: Town, window: Window) -> None:
    page = window.open(f"/o/{town.links['accepted']}/{language}/", width=min(WIDTHS))
    words = page.locator("h1").evaluate(
        """title => {
            const text = title.firstChild, words = [...text.data.matchAll(/\\S+/g)]
            return words.map(word => {
                const range = document.createRange()
                range.setStart(text, word.index)
                range.setEnd(text, word.index + word[0].length)
                return [word[0], range.getClientRects().length]
            })
        }"""
    )
    assert words
    assert [word for word, lines in words if lines > 1] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["/o/unknown-token/{}/", "/no-such-page/"])
def test_a_link_that_opens_nothing_says_so(
    address: str, language: str, width: int, site: str, chromium: Browser
) -> None:
    window = Window(chromium, site, language=language)
    page = window.open(address.format(language), width=width, status=404)
    assert page.locator("html").get_attribute("lang") == language
    window.check()
    window.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_failure_is_accessible(width: int, window: Window) -> None:
    page = window.open("/no-such-page/", width=width, status=404)
    page.set_content(render_to_string("500.html"))
    window.check()
