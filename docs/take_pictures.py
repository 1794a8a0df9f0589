"""Takes the pictures of the documents from a running `./run demo`.

    .venv/bin/python docs/take_pictures.py --password PASSWORD

The password is the caseworker's, as the demo prints it. Needs Chromium and the packages of the
tests (`./run test` installs them).
"""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 420, "height": 980}
LINK = re.compile(r"https?://\S+/o/[\w-]+/")


def main() -> None:
    """Sign in as the caseworker, look over a family's shoulder, and take four pictures."""
    asked = _arguments()
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=asked.chromium, args=["--no-sandbox", "--hide-scrollbars"]
        )
        _take_admin(browser, asked)
        _take_phone(browser, asked)
        browser.close()


def _arguments() -> Namespace:
    parser = ArgumentParser(description="Take the pictures of the documents.")
    parser.add_argument("--web", default="http://127.0.0.1:8000")
    parser.add_argument("--simulator", default="http://127.0.0.1:8001")
    parser.add_argument("--user", default="kaisa")
    parser.add_argument("--password", required=True)
    parser.add_argument("--chromium", help="its path; without it, the one Playwright has")
    return parser.parse_args()


def _take_admin(browser: Browser, asked: Namespace) -> None:
    page = browser.new_page(viewport=DESK, locale="en")  # type: ignore[arg-type]
    page.goto(f"{asked.web}/admin/")
    page.locator("#id_username").fill(asked.user)
    page.locator("#id_password").fill(asked.password)
    page.get_by_role("button", name="Sign in").click()
    page.locator("article h3 a").first.click()
    page.get_by_role("heading", name="Where everybody stands").wait_for()
    _take(page, "admin-round")
    page.goto(f"{asked.web}/admin/casework/queue/")
    _take(page, "admin-queue")


def _take_phone(browser: Browser, asked: Namespace) -> None:
    """A phone whose family has said yes in its own words, and the page of one that has not yet."""
    page = browser.new_page(viewport=PHONE, locale="fi")  # type: ignore[arg-type]
    page.goto(_phones(page, asked, "Kyllä kiitos")[0])
    page.get_by_role("log").wait_for()
    _take(page, "phone")
    for phone in reversed(_phones(page, asked, "Muistutamme")):  # last: who has not answered
        page.goto(phone)
        if link := LINK.search(page.get_by_role("log").inner_text()):
            page.goto(link[0])
            if page.locator("main button[value=accept]:visible").count():
                _take(page, "family-page")
                return
    raise SystemExit("Every family has answered.")


def _phones(page: Page, asked: Namespace, words: str) -> list[str]:
    """The addresses of the phones with these words in one of their texts."""
    page.goto(f"{asked.simulator}/simulator/")
    page.get_by_label("Number, or words in a text").fill(words)
    with page.expect_navigation():
        page.get_by_role("button", name="Search").click()
    found: list[str] = []
    while True:
        phones = page.locator("main a[href^='/simulator/phones/']").all()
        found += [f"{asked.simulator}{phone.get_attribute('href')}" for phone in phones]
        following = page.get_by_role("button", name="Next")
        if not following.count():
            return found
        with page.expect_navigation():
            following.click()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
