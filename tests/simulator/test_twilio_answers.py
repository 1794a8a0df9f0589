"""Every answer of the wire API beside what Twilio's published OpenAPI description promises.

The names and forms are written down here in our own words; the description is not needed to run.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from helsinki_proactive.simulator.client import ACCOUNT_SID, AUTH_TOKEN, Simulator
from tests.simulator.conftest import CITY, delivered

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
SERVICE = "MG" + "b" * 32

Shape = Callable[[Any], bool]


def like(pattern: str) -> Shape:
    """A text of this form."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def or_null(shape: Shape) -> Shape:
    """The same, or nothing."""
    return lambda value: value is None or shape(value)


def whole(value: Any) -> bool:
    """A number in JSON, not in quotes."""
    return type(value) is int


PATH = like(rf"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages[/.?][^ ]*")
DATE = like(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000")
STATUS = like(
    "queued|sending|sent|failed|delivered|undelivered|receiving|received|accepted|scheduled"
    "|read|partially_delivered|canceled"
)
MESSAGE: Mapping[str, Shape] = {
    "account_sid": like(r"AC[0-9a-fA-F]{32}"),
    "api_version": like("2010-04-01"),
    "body": like(r"(?s).*"),
    "date_created": DATE,
    "date_sent": or_null(DATE),
    "date_updated": DATE,
    "direction": like("inbound|outbound-api|outbound-call|outbound-reply"),
    "error_code": or_null(whole),
    "error_message": or_null(like(".+")),
    "from": or_null(like(r"\+[1-9]\d{6,14}|[A-Za-z0-9 &+_-]{1,11}")),
    "messaging_service_sid": or_null(like(r"MG[0-9a-fA-F]{32}")),
    "num_media": like(r"\d+"),
    "num_segments": like(r"\d+"),
    "price": or_null(like(r"-?\d+\.\d+")),
    "price_unit": or_null(like("[A-Z]{3}")),
    "sid": like(r"(SM|MM)[0-9a-fA-F]{32}"),
    "status": STATUS,
    "subresource_uris": lambda value: all(PATH(uri) for uri in value.values()),
    "to": like(r"\+[1-9]\d{6,14}"),
    "uri": PATH,
}
PAGE: Mapping[str, Shape] = {
    "end": whole,
    "first_page_uri": PATH,
    "messages": lambda value: isinstance(value, list),
    "next_page_uri": or_null(PATH),
    "page": whole,
    "page_size": whole,
    "previous_page_uri": or_null(PATH),
    "start": whole,
    "uri": PATH,
}
ERROR: Mapping[str, Shape] = {
    "code": whole,
    "message": like(".+"),
    "more_info": like(r"https://www\.twilio\.com/docs/errors/\d{5}"),
    "status": whole,
}


@pytest.fixture
def http(simulator: Simulator) -> Iterator[httpx.Client]:
    """The wire without Twilio's client, which forgives much."""
    auth = (ACCOUNT_SID, AUTH_TOKEN)
    with httpx.Client(base_url=simulator.url, auth=auth, trust_env=False) as client:
        yield client


def misshapen(given: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """The fields of a wrong form; that none is missing or too many is asserted."""
    assert given.keys() == shapes.keys()
    return {name: given[name] for name, fits in shapes.items() if not fits(given[name])}


def json_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer's JSON, of the promised status and kind."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    return dict(answer.json())


@pytest.mark.parametrize(
    "sender", [{"From": CITY}, {"From": "Helsinki"}, {"MessagingServiceSid": SERVICE}]
)
def test_a_taken_message_has_every_field_in_its_form(
    http: httpx.Client, simulator: Simulator, family: str, sender: dict[str, str]
) -> None:
    form = {"To": family, "Body": "Hyvää päivää,\n€"} | sender
    created = json_of(http.post(MESSAGES, data=form), 201)
    assert misshapen(created, MESSAGE) == {}

    delivered(simulator, family)
    fetched = json_of(http.get(MESSAGES.replace(".json", f"/{created['sid']}.json")), 200)
    assert misshapen(fetched, MESSAGE) == {}
    assert fetched["date_sent"]


@pytest.mark.parametrize("code", [30001, 30003])
def test_a_message_that_failed_says_why(http: httpx.Client, code: int) -> None:
    phone = f"+1500555{3000 + code % 1000}"
    sid = http.post(MESSAGES, data={"To": phone, "From": CITY, "Body": "Moi"}).json()["sid"]

    text = _ended(http, sid)
    assert misshapen(text, MESSAGE) == {}
    assert text["error_code"] == code
    assert text["error_message"]


def test_every_page_has_every_field_in_its_form(http: httpx.Client, family: str) -> None:
    for body in ("A", "B", "C"):
        http.post(MESSAGES, data={"To": family, "From": CITY, "Body": body})

    uri: str | None = f"{MESSAGES}?To={family.replace('+', '%2B')}&PageSize=2"
    bodies: list[str] = []
    while uri:
        page = json_of(http.get(uri), 200)
        assert misshapen(page, PAGE) == {}
        assert [misshapen(message, MESSAGE) for message in page["messages"]] == (
            [{}] * len(page["messages"])
        )
        bodies += [message["body"] for message in page["messages"]]
        uri = page["next_page_uri"]

    assert bodies == ["C", "B", "A"]
    assert misshapen(json_of(http.get(MESSAGES, params={"To": "+358457559999"}), 200), PAGE) == {}


def test_every_refusal_is_twilios_error(http: httpx.Client, simulator: Simulator) -> None:
    unknown = MESSAGES.replace(".json", "/SM" + "0" * 32 + ".json")
    refusals = {
        400: http.post(MESSAGES, data={}),
        401: httpx.get(f"{simulator.url}{MESSAGES}", trust_env=False),
        404: http.get(unknown),
    }
    for status, answer in refusals.items():
        error = json_of(answer, status)
        assert misshapen(error, ERROR) == {}
        assert error["status"] == status


def _ended(http: httpx.Client, sid: str) -> dict[str, Any]:
    """The message once nothing more will happen to it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        text = json_of(http.get(MESSAGES.replace(".json", f"/{sid}.json")), 200)
        if text["status"] in {"failed", "undelivered"}:
            return text
        time.sleep(0.02)
    raise AssertionError(f"still {text['status']}")
