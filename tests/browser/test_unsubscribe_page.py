"""The page on which somebody says stop to a service's messages."""

import pytest
from playwright.sync_api import Browser

from offers.delivery.unsubscribing import unsubscribe_address
from offers.models import Message
from tests.browser.looking import WIDTHS, Window
from tests.browser.town import Town


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_asks_and_then_says_that_it_is_done(
    language: str, width: int, town: Town, site: str, chromium: Browser
) -> None:
    message = Message.objects.filter(round__service__code="cervical_screening").earliest("pk")
    Message.objects.filter(pk=message.pk).update(language=language)
    address = unsubscribe_address(message.pk)
    window = Window(chromium, site, language="fi")
    page = window.open(f"/unsubscribe/{address.rpartition('/')[2]}", width=width)
    assert page.locator("html").get_attribute("lang") == language
    window.check()

    page.locator("main button").click()

    page.get_by_role("status").wait_for()
    window.check()
    window.close()
