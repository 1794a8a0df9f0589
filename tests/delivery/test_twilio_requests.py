"""Every request to Twilio as it is on the wire, beside what its API (2010-04-01) takes.

The names and forms are those of Twilio's published OpenAPI description; its client knows more.
"""

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import ACCOUNT_SID, AUTH_TOKEN, Simulator
from offers.delivery.channels import Parcel
from offers.delivery.channels.twilio import TwilioChannel

FAMILY = "+358457550001"
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
CREATE = frozenset(
    [
        "To",
        "StatusCallback",
        "ApplicationSid",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "SmartEncoded",
        "PersistentAction",
        "TrafficType",
        "ShortenUrls",
        "ScheduleType",
        "SendAt",
        "SendAsMms",
        "ContentVariables",
        "RiskCheck",
        "From",
        "FallbackFrom",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "ContentSid",
    ]
)
LIST = frozenset(
    ("To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken")
)
E164 = re.compile(r"\+[1-9]\d{6,14}")


class Wire:
    """What a channel sent, in order."""

    def __init__(self, channel: TwilioChannel) -> None:
        self.channel = channel
        self.requests: list[requests.PreparedRequest] = []
        session = channel._http.session
        session.hooks["response"].append(self._seen)

    def _seen(self, response: requests.Response, **_options: object) -> None:
        self.requests.append(response.request)

    def send(self, body: str = "Hyvää päivää, ÅÄÖ €", *, asks: bool = True) -> dict[str, str]:
        """The form that a text of this body becomes, the last of those sent for it."""
        parcel = Parcel(
            message_id=17,
            attempt=1,
            recipient=FAMILY,
            language="fi",
            subject="",
            body=body,
            asks=asks,
        )
        assert self.channel.send(parcel).startswith("SM")
        return _single(parse_qs(_text(self.requests[-1].body), strict_parsing=True))


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)


def _single(fields: dict[str, list[str]]) -> dict[str, str]:
    assert {len(values) for values in fields.values()} == {1}, "each is said once"
    return {name: values[0] for name, values in fields.items()}


@pytest.fixture
def wire(simulator: Simulator) -> Iterator[Wire]:
    channel = TwilioChannel()
    yield Wire(channel)
    channel.close()


def test_creating_a_message_is_a_form_of_known_fields(wire: Wire) -> None:
    form = wire.send()

    request = wire.requests[-1]
    assert (request.method, urlsplit(str(request.url)).path) == ("POST", PATH)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    basic = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert form.keys() <= CREATE
    assert form == {
        "To": FAMILY,
        "From": settings.TWILIO_FROM,
        "Body": "Hyvää päivää, ÅÄÖ €",
        "StatusCallback": f"{settings.HP_PUBLIC_URL}/webhooks/twilio/status?message=17",
    }
    assert E164.fullmatch(form["To"])
    assert E164.fullmatch(form["From"])


def test_the_address_for_receipts_is_absolute(wire: Wire) -> None:
    callback = urlsplit(wire.send()["StatusCallback"])

    assert callback.scheme in {"http", "https"}
    assert callback.hostname


def test_a_name_goes_where_the_number_would(wire: Wire, settings: Settings) -> None:
    settings.TWILIO_SENDER_NAME = "Helsinki"

    form = wire.send(asks=False)

    assert form["From"] == "Helsinki"
    assert "MessagingServiceSid" not in form


def test_the_longest_text_goes_in_one_request(wire: Wire) -> None:
    assert len(wire.send("ä" * 1600)["Body"]) == 1600
    assert len(wire.requests) == 1


def test_asking_what_was_taken_is_a_query_of_known_fields(wire: Wire) -> None:
    wire.send()
    wire.requests.clear()

    since = timezone.now() - timedelta(hours=1)
    assert [taken.body for taken in wire.channel.taken(recipient=FAMILY, since=since)]

    (request,) = wire.requests
    url = urlsplit(str(request.url))
    query = _single(parse_qs(url.query, strict_parsing=True))
    assert (request.method, url.path) == ("GET", PATH)
    assert query.keys() <= LIST
    assert query["To"] == FAMILY
    assert 1 <= int(query["PageSize"]) <= 1000


def test_nothing_personal_is_in_the_path_of_a_request_that_creates(wire: Wire) -> None:
    wire.send()

    assert urlsplit(str(wire.requests[-1].url)).query == ""
