"""One town, one server and one browser for each module that asks for them."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, sync_playwright
from psycopg2.extensions import cursor
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from tests.browser.looking import Window
from tests.chromium import find_chromium

if TYPE_CHECKING:
    from tests.browser.town import Town


@pytest.fixture(scope="module")
def town(django_db_blocker: DjangoDbBlocker, superuser: cursor) -> "Iterator[Town]":
    """The town, in the worker's database for as long as the module's tests run."""
    from tests.browser.town import built  # noqa: PLC0415  models need Django to be set up

    with django_db_blocker.unblock():
        try:
            yield built()
        finally:
            superuser.execute("SELECT seeds.clean()")


@pytest.fixture(scope="module")
def site(town: "Town") -> Iterator[str]:
    """The address of a server that shows the town."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found")
    with sync_playwright() as playwright:
        # Playwright keeps a loop in this thread, where Django would refuse the database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def windows(chromium: Browser) -> Iterator[dict[tuple[str, ...], Window]]:
    """Windows that stay open between tests, so that a browser's cache serves them."""
    opened: dict[tuple[str, ...], Window] = {}
    yield opened
    for window in opened.values():
        window.close()
