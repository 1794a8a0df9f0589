"""The page where a letter's code is typed, in three languages and both widths."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from offers.delivery.letter_codes import MOST_WRONG, PATHS, issue_codes
from offers.delivery.links import LinkWish, open_link
from offers.models import WrongCode
from tests.browser.looking import WIDTHS, Window
from tests.browser.pages import nothing
from tests.browser.town import Town


def _type(page: Page, code: str) -> None:
    page.get_by_role("textbox").fill(code)
    page.locator("main form button").click()
    page.wait_for_load_state()


def _wrong(page: Page) -> None:
    _type(page, "2222-2222-2222")
    page.wait_for_selector("#code-error")


def _wrong_too_often(page: Page) -> None:
    for _try in range(MOST_WRONG + 1):
        _type(page, "2222-2222-2222")
    page.get_by_role("alert").wait_for()


@pytest.fixture
def window(site: str, chromium: Browser, windows: dict[tuple[str, ...], Window]) -> Window:
    if ("letter",) not in windows:
        windows["letter",] = Window(chromium, site, language="fi")
    WrongCode.objects.all().delete()
    return windows["letter",]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", PATHS)
@pytest.mark.parametrize("act", [nothing, _wrong, _wrong_too_often])
def test_the_page_is_quiet_accessible_and_fits(
    act: Callable[[Page], None], language: str, width: int, town: Town, window: Window
) -> None:
    page = window.open(f"/{PATHS[language]}", width=width)
    assert page.locator("html").get_attribute("lang") == language
    act(page)
    window.check()


def test_a_right_code_leads_to_the_family_s_page(town: Town, window: Window) -> None:
    link = open_link(town.links["open"])
    assert link is not None
    (code,) = issue_codes([LinkWish(link.round_id, link.guardian_id, link.expires_at)])
    page = window.open("/koodi", width=WIDTHS[0])

    _type(page, code.lower())

    page.wait_for_url("**/o/*/fi/")
    assert page.locator("button[name=answer]").count()
    assert code not in page.url
