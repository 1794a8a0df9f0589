"""Every page of the admin, for each role that may open it, in both languages and widths."""

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import WIDTHS, Window
from tests.browser.pages import VISITS
from tests.browser.town import Town

LANGUAGES = ("en", "fi")
CASES = [(name, role) for name, visit in VISITS.items() for role in visit.roles]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "role"), CASES, ids=lambda value: str(value))
def test_a_page_is_quiet_accessible_and_fits(
    name: str,
    role: str,
    language: str,
    town: Town,
    site: str,
    chromium: Browser,
    windows: dict[tuple[str, ...], Window],
) -> None:
    visit = VISITS[name]
    if (role, language) not in windows:
        session = town.sessions[role]
        windows[role, language] = Window(chromium, site, language=language, session=session)
    window = windows[role, language]
    visit.act(window.open(visit.address(town), width=WIDTHS[0]))
    for width in WIDTHS:
        window.widen(width)
        window.check()
