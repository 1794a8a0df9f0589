"""Signing in, and being told that a page is somebody else's."""

import pytest
from playwright.sync_api import Browser

from helsinki_proactive.staff.roles import APPROVER
from tests.browser.looking import WIDTHS, Window
from tests.browser.town import Town

LANGUAGES = ("en", "fi")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_password_is_said(language: str, width: int, site: str, chromium: Browser) -> None:
    window = Window(chromium, site, language=language)
    page = window.open("/admin/login/", width=width)
    window.check()
    page.locator("#id_username").fill(f"nobody-{language}-{width}")
    page.locator("#id_password").fill("wrong")
    page.locator("button[type=submit]").click()
    page.wait_for_load_state()
    assert page.locator("#id_username").is_visible()
    window.check()
    window.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_elses_page_says_so(
    language: str, width: int, town: Town, site: str, chromium: Browser
) -> None:
    window = Window(chromium, site, language=language, session=town.sessions[APPROVER])
    page = window.open("/admin/casework/queue/", width=width, status=403)
    assert page.locator("html").get_attribute("lang") == language
    window.check()
    window.close()
