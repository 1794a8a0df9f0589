"""The page on which somebody says in which order to be written to."""

import pytest
from playwright.sync_api import Browser

from citizens.models import ContactKind, ContactPoint
from offers.delivery.links import open_link
from tests.browser.looking import WIDTHS, Window
from tests.browser.town import Town


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_asks_refuses_and_says_what_was_chosen(
    language: str, width: int, town: Town, site: str, chromium: Browser
) -> None:
    token = town.links["open"]
    link = open_link(token)
    assert link is not None
    for kind, value in ((ContactKind.SMS, "+358451230003"), (ContactKind.EMAIL, "a@example.org")):
        point = ContactPoint(person=link.guardian, kind=kind)
        if not ContactPoint.objects.healthy().filter(person=link.guardian, kind=kind).exists():
            point.set_value(value)
            point.save()
    window = Window(chromium, site, language="fi")
    page = window.open(f"/o/{token}/{language}/ways", width=width)
    assert page.locator("html").get_attribute("lang") == language
    window.check()

    page.locator("main form").evaluate("form => { form.noValidate = true }")
    page.locator("[name=order]").evaluate_all("all => all.forEach(one => { one.checked = false })")
    page.locator("main form button").click()
    page.get_by_role("alert").wait_for()
    window.check()

    page.locator("main fieldset label").last.click()
    page.locator("main form button").click()
    page.get_by_role("status").wait_for()
    window.check()
    window.close()
