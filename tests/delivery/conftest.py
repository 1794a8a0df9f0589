"""The real client and the real SMTP backend, aimed at the simulator."""

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


@pytest.fixture(autouse=True)
def _no_quiet_hours(settings: Settings) -> None:
    settings.QUIET_HOURS = None


@pytest.fixture
def simulator(running_simulator: Simulator, settings: Settings) -> Simulator:
    """A simulator that starts each test in a good mood, and a product that talks to it."""
    running_simulator.release_callbacks()
    running_simulator.reset_dials()
    running_simulator.dial(hold_callbacks=True, status_callback_url=None)
    settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
    settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
    settings.TWILIO_BASE_URL = running_simulator.url
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = running_simulator.smtp_host
    settings.EMAIL_PORT = running_simulator.smtp_port
    settings.EMAIL_USE_TLS = False
    settings.PROVIDER_TIMEOUT_SECONDS = 0.5
    return running_simulator
