"""A simulator for the test sends."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator, settings: Settings) -> Simulator:
    """A simulator in a good mood, which the product takes for Twilio."""
    running_simulator.release_callbacks()
    running_simulator.reset_dials()
    running_simulator.dial(hold_callbacks=True, status_callback_url=None)
    settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
    settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
    settings.TWILIO_BASE_URL = running_simulator.url
    return running_simulator
