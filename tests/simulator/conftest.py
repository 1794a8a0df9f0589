"""A simulator for all tests of a process, its dials turned back before each of them."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from twilio.rest import Client

from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    SimulatedText,
    Simulator,
    start_simulator,
)
from tests.simulator.product import Product, listening_product

CITY = "+358401234567"


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    log_path = tmp_path_factory.mktemp("simulator") / "log.jsonl"
    with start_simulator(log_path=log_path) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    running_simulator.release_callbacks()
    running_simulator.reset_dials()
    running_simulator.dial(
        webhook_url=None, status_callback_url=None, webhook_retry_ms=10, delivered_after_ms=30
    )
    return running_simulator


@pytest.fixture
def product(simulator: Simulator) -> Iterator[Product]:
    with listening_product() as product:
        simulator.dial(webhook_url=product.reply_url, status_callback_url=product.status_url)
        yield product
        simulator.dial(webhook_url=None, status_callback_url=None)


_numbers = count(1)


@pytest.fixture
def number() -> Callable[[], str]:
    """Return a maker of numbers that no other test of this process texts to."""
    return lambda: f"+358457{next(_numbers):06d}"


@pytest.fixture
def family(number: Callable[[], str]) -> str:
    return number()


@pytest.fixture
def twilio(simulator: Simulator) -> Client:
    return twilio_client(simulator)


def twilio_client(simulator: Simulator, *, token: str = AUTH_TOKEN) -> Client:
    """Return the provider's real client, aimed at the simulator."""
    client = Client(ACCOUNT_SID, token)
    client.api.base_url = simulator.url
    return client


def delivered(simulator: Simulator, family: str) -> SimulatedText:
    """Return the newest text to `family` once it has arrived; fail after 5 s."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for text in reversed(simulator.messages(to=family)):
            if text.status == "delivered":
                return text
        time.sleep(0.01)
    raise AssertionError("nothing was delivered")


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"
