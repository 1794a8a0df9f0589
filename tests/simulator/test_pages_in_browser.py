"""The pages in a real browser: accessible, quiet in the console, and live."""

import shutil
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from twilio.rest import Client

from helsinki_proactive.simulator.client import Simulator
from tests.simulator.conftest import CITY, delivered
from tests.simulator.product import Product

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium found: install one to test the simulator's pages"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(params=[360, 1280])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 800})
    noises: list[str] = []
    page.on("console", lambda message: noises.append(message.text))
    page.on("pageerror", lambda error: noises.append(str(error)))
    yield page
    page.close()
    assert noises == []


def test_a_visitor_answers_and_sees_the_confirmation_arrive(
    page: Page, simulator: Simulator, product: Product, twilio: Client, family: str
) -> None:
    product.twiml = "<Response><Message>Kiitos! Paikka on teidän.</Message></Response>"
    simulator.dial(delivered_after_ms=200)
    twilio.messages.create(to=family, from_=CITY, body="Paikka: http://localhost/o/1")
    delivered(simulator, family)

    page.goto(simulator.url)
    page.get_by_label("Number, or words in a text").fill(family)
    page.get_by_role("button", name="Search").click()
    _check(page)
    page.get_by_role("link", name=family).click()
    _check(page)
    page.get_by_label("Your reply").fill("Kyllä")
    page.get_by_role("button", name="Send").click()
    confirmation = page.get_by_role("listitem").filter(has_text="Kiitos! Paikka on teidän.")
    confirmation.get_by_text("delivered").wait_for(timeout=10_000)


def test_the_list_of_phones_is_live(page: Page, simulator: Simulator, family: str) -> None:
    page.goto(simulator.url)
    simulator.reply(family, CITY, "Hei!")
    page.get_by_role("link", name=family).wait_for(timeout=10_000)
    _check(page)


def test_a_mail_is_shown_as_text_and_as_html(page: Page, simulator: Simulator) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "esiopetus@hel.example", "perhe@example.org"
    mail["Subject"] = "Esiopetuspaikka on varattu"
    mail.set_content("Vahvistakaa: http://localhost/o/2")
    mail.add_alternative("<html><body><p>Vahvistakaa tämä", subtype="html")
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port) as smtp:
        smtp.send_message(mail)

    page.goto(f"{simulator.url}/simulator/mailbox/")
    _check(page)
    page.get_by_role("link", name="Esiopetuspaikka on varattu").first.click()
    page.frame_locator("iframe").get_by_text("Vahvistakaa tämä").wait_for(timeout=10_000)
    _check(page)


def _check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [violation["id"] for violation in found] == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
