"""The faults that can be dialled, seen from the caller's side."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.client import Simulator, SimulatorError
from tests.simulator.conftest import CITY, twilio_client


def test_the_delay_is_how_long_the_caller_waits(
    twilio: Client, simulator: Simulator, number: Callable[[], str]
) -> None:
    simulator.dial(delay_ms=120)
    started = time.monotonic()
    twilio.messages.create(to=number(), from_=CITY, body="Moi")
    assert 0.12 <= time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("code", "status"), [(20429, 429), (20500, 500), (20503, 503), (21610, 400), (21614, 400)]
)
def test_a_dialled_refusal_takes_nothing(
    twilio: Client, simulator: Simulator, family: str, code: int, status: int
) -> None:
    simulator.dial(refuse={code: 1})
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=family, from_=CITY, body="Moi")
    assert (refused.value.status, refused.value.code) == (status, code)
    assert simulator.messages(to=family) == []


def test_a_fault_count_lets_the_next_one_through(
    twilio: Client, simulator: Simulator, family: str
) -> None:
    simulator.dial(refuse={20500: 1}, fault_count=2)
    for _ in range(2):
        with pytest.raises(TwilioRestException):
            twilio.messages.create(to=family, from_=CITY, body="Moi")
    assert twilio.messages.create(to=family, from_=CITY, body="Moi").status == "queued"


def test_over_the_rate_the_caller_is_told_when_to_come_back(
    simulator: Simulator, number: Callable[[], str]
) -> None:
    simulator.dial(rate_per_s=2, retry_after_s=7)
    client = twilio_client(simulator)
    responses = []
    for _ in range(8):
        try:
            client.messages.create(to=number(), from_=CITY, body="Moi")
        except TwilioRestException as refused:
            last = client.http_client._test_only_last_response
            responses.append((refused.code, last.headers["Retry-After"]))
    assert responses
    assert set(responses) == {(20429, "7")}
    assert len(responses) < 8


def test_a_number_can_be_dialled_dead_or_refused(
    twilio: Client, simulator: Simulator, number: Callable[[], str]
) -> None:
    refused, dead = number(), number()
    simulator.dial(phones={refused: 21614, dead: 30003})
    with pytest.raises(TwilioRestException) as refusal:
        twilio.messages.create(to=refused, from_=CITY, body="Moi")
    assert refusal.value.code == 21614
    assert twilio.messages.create(to=dead, from_=CITY, body="Moi").status == "queued"


@pytest.mark.parametrize(
    ("dial", "is_taken"),
    [
        ("drop_before_taking", False),
        ("drop_after_taking", True),
        ("hang_before_taking", False),
        ("hang_after_taking", True),
    ],
)
def test_silence_leaves_the_caller_ignorant_but_the_list_knows(
    twilio: Client, simulator: Simulator, family: str, dial: str, is_taken: bool
) -> None:
    simulator.dial(**{dial: 1}, fault_count=1)
    twilio.http_client.timeout = 0.4
    expected = requests.ConnectionError if dial.startswith("drop") else requests.Timeout
    with pytest.raises(expected):
        twilio.messages.create(to=family, from_=CITY, body="Moi")
    assert len(twilio.messages.list(to=family)) == is_taken
    assert len(simulator.messages(to=family)) == is_taken


def test_the_sign_of_acceptance_comes_before_the_response(
    twilio: Client, simulator: Simulator, family: str
) -> None:
    simulator.dial(delay_ms=1000)
    seen = max((entry["seq"] for entry in simulator.log()), default=0)
    with ThreadPoolExecutor() as pool:
        response = pool.submit(twilio.messages.create, to=family, from_=CITY, body="Moi")
        sign = simulator.wait_for("accepted", after=seen, seconds=5)
        assert sign is not None
        assert not response.done()
        assert sign["sid"] == response.result().sid
    # A sign that has been given already is found, too.
    assert simulator.wait_for("accepted", after=seen, seconds=0) == sign


def test_waiting_for_what_never_happens_ends(simulator: Simulator) -> None:
    assert simulator.wait_for("no such thing", seconds=0) is None


@pytest.mark.parametrize(
    ("dials", "reason"),
    [
        ({"delay": 5}, "There is no dial delay"),
        ({"delay_ms": -1}, "delay_ms must be a whole number"),
        ({"delay_ms": True}, "delay_ms must be a whole number"),
        ({"drop_after_taking": 1.5}, "drop_after_taking must be a share"),
        ({"fail": {"30003": 0.6, "30005": 0.6}}, "fail must have shares"),
        ({"fail": {"12": 0.1}}, "fail has no code 12"),
        ({"rate_per_s": 0}, "rate_per_s must be a number above 0"),
        ({"hold_callbacks": 1}, "hold_callbacks must be true or false"),
        ({"webhook_url": "https://hel.fi/reply"}, "webhook_url must be an http"),
    ],
)
def test_a_dial_out_of_range_is_refused_and_nothing_is_turned(
    simulator: Simulator, dials: dict[str, object], reason: str
) -> None:
    before = simulator.dial()
    with pytest.raises(SimulatorError, match=reason):
        simulator.dial(sent_after_ms=999, **dials)
    assert simulator.dial() == before


@given(
    refused=st.floats(0, 0.5), dropped=st.floats(0, 0.5), seed=st.integers(0, 10), n=st.just(2000)
)
def test_shares_are_kept_and_one_seed_gives_one_sequence(
    refused: float, dropped: float, seed: int, n: int
) -> None:
    def outcomes() -> list[tuple[int | None, str | None]]:
        board = DialBoard(seed=seed)
        board.turn({"refuse": {20500: refused}, "drop_after_taking": dropped})
        received = [board.receive(to="+358457000001", at=0.0) for _ in range(n)]
        return [(each.refusal, each.silence) for each in received]

    drawn = outcomes()
    assert drawn == outcomes()
    # Six standard deviations of a share of 2,000 draws.
    assert abs(sum(how == "drop" for _, how in drawn) / n - dropped) < 0.07
    assert abs(sum(code == 20500 for code, _ in drawn) / n - refused * (1 - dropped)) < 0.07
