"""The transparency register in three languages and both widths."""

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from tests.browser.looking import WIDTHS, Window
from tests.browser.town import Town

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.fixture
def window(site: str, chromium: Browser, windows: dict[tuple[str, ...], Window]) -> Window:
    if ("anybody",) not in windows:
        windows["anybody",] = Window(chromium, site, language="fi")
    return windows["anybody",]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["", "preschool/"])
def test_the_page_is_quiet_accessible_and_fits(
    address: str, language: str, width: int, town: Town, window: Window
) -> None:
    page = window.open(f"/transparency/{language}/{address}", width=width)
    assert page.locator("html").get_attribute("lang") == language
    window.check()
