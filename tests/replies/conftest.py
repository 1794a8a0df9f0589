"""The simulator as Twilio: it calls the product's own address, served over HTTP."""

import time
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)


@pytest.fixture(autouse=True)
def _no_quiet_hours(settings: Settings) -> None:
    settings.QUIET_HOURS = None  # whatever the time is when the tests run


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(
    running_simulator: Simulator, live_server: LiveServer, settings: Settings
) -> Iterator[Simulator]:
    """A simulator that knows where the product is, and a product that takes it for Twilio."""
    settings.HP_PUBLIC_URL = live_server.url
    settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
    settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
    settings.TWILIO_BASE_URL = running_simulator.url
    running_simulator.release_callbacks()
    running_simulator.reset_dials()
    running_simulator.dial(
        webhook_url=f"{live_server.url}/webhooks/twilio/reply", status_callback_url=None
    )
    yield running_simulator
    _let_receipts_arrive(running_simulator)
    running_simulator.dial(webhook_url=None)


def _let_receipts_arrive(simulator: Simulator) -> None:
    """Not in the next test: what was taken is delivered within a tenth of a second."""
    ends_at = time.monotonic() + 2
    while time.monotonic() < ends_at:
        if {text.status for text in simulator.messages()} <= {"delivered", "received", "failed"}:
            break
        time.sleep(0.02)
    time.sleep(0.1)  # the last one is on its way
