"""The wire API, asked by Twilio's real client."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.utils.timezone import now
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helsinki_proactive.simulator.client import ACCOUNT_SID, AUTH_TOKEN, Simulator
from tests.simulator.conftest import CITY, delivered, twilio_client

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


def test_a_message_is_taken_delivered_and_found_again(
    twilio: Client, simulator: Simulator, family: str
) -> None:
    message = twilio.messages.create(to=family, from_=CITY, body="Paikka on varattu. Ä€")

    assert re.fullmatch(r"SM[0-9a-f]{32}", str(message.sid))
    assert (message.status, message.direction, message.error_code) == (
        "queued",
        "outbound-api",
        None,
    )
    assert (message.to, message.from_, message.body) == (family, CITY, "Paikka on varattu. Ä€")
    assert message.num_segments == "1"
    assert message.date_sent is None
    assert abs(now() - message.date_created) < timedelta(minutes=1)

    arrived = delivered(simulator, family)
    fetched = twilio.messages(message.sid).fetch()
    assert arrived.sid == fetched.sid == message.sid
    assert fetched.status == "delivered"
    assert fetched.price is not None
    assert fetched.date_sent >= message.date_created


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"To": "0401234567"}, 21211, 400),
        ({"To": "+35840123456789012345"}, 21211, 400),
        ({"To": "äiti"}, 21211, 400),
        ({"To": "+15005550001"}, 21211, 400),
        ({"To": ""}, 21604, 400),
        ({"To": "+35891693757"}, 21614, 400),
        ({"To": "+15005550004"}, 21610, 400),
        ({"To": CITY}, 21266, 400),
        ({"From": ""}, 21603, 400),
        ({"From": "Helsingin kaupunki"}, 21212, 400),
        ({"From": "+15005550007"}, 21606, 400),
        ({"From": "", "MessagingServiceSid": "MGtoo-short"}, 21701, 400),
        ({"Body": ""}, 21602, 400),
        ({"Body": "x" * 1601}, 21617, 400),
        ({"StatusCallback": "https://elsewhere.example/status"}, 21609, 400),
        ({"StatusCallback": "/webhooks/twilio/status"}, 21609, 400),
        ({"To": CITY.replace("+", "00")}, 21211, 400),
        ({"To": "+15005550002"}, 21612, 400),
        ({"To": "+15005550003"}, 21408, 400),
        ({"To": "+15005550009"}, 21614, 400),
        ({"From": "+15005550001"}, 21212, 400),
        ({"From": "+15005550008"}, 21611, 400),
        ({"ValidityPeriod": "0"}, 20001, 400),
        ({"ValidityPeriod": "36001"}, 20001, 400),
        ({"ValidityPeriod": "an hour"}, 20001, 400),
        ({"RiskCheck": "yes"}, 20001, 400),
        ({"SmartEncoded": "1"}, 20001, 400),
    ],
)
def test_a_wrong_message_is_refused_with_the_providers_code(
    simulator: Simulator, family: str, changes: dict[str, str], code: int, status: int
) -> None:
    form = {"To": family, "From": CITY, "Body": "Moi"} | changes
    with _raw(simulator) as http:
        answer = http.post(MESSAGES, data=form)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
    assert answer.json()["message"]
    assert answer.json()["more_info"].endswith(f"/{code}")
    assert simulator.messages(to=changes.get("To", family)) == []


def test_the_longest_body_is_taken(twilio: Client, family: str) -> None:
    assert twilio.messages.create(to=family, from_=CITY, body="x" * 1600).num_segments == "11"


@pytest.mark.parametrize(
    "options",
    [{"ValidityPeriod": "36000"}, {"RiskCheck": "disable", "SmartEncoded": "false"}],
)
def test_options_of_the_right_form_are_taken(
    simulator: Simulator, family: str, options: dict[str, str]
) -> None:
    with _raw(simulator) as http:
        answer = http.post(MESSAGES, data={"To": family, "From": CITY, "Body": "Moi"} | options)
    assert answer.status_code == 201


def test_a_form_that_is_no_utf_8_is_no_reason_to_stumble(simulator: Simulator) -> None:
    with _raw(simulator) as http:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = http.post(MESSAGES, content=b"To=\xff&Body=\xfe", headers=form)
    assert (answer.status_code, answer.json()["code"]) == (400, 21211)


def test_a_wrong_token_or_another_account_is_not_authenticated(
    simulator: Simulator, family: str
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio_client(simulator, token="guessed").messages.create(to=family, from_=CITY, body="Moi")
    assert (refused.value.status, refused.value.code) == (401, 20003)

    with _raw(simulator) as http:
        other = http.get(MESSAGES.replace(ACCOUNT_SID, "AC" + "0" * 32))
        assert (other.status_code, other.json()["code"]) == (401, 20003)
    assert simulator.messages(to=family) == []


def test_a_message_that_nobody_sent_is_not_found(twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as missing:
        twilio.messages("SM" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_a_messaging_service_chooses_the_sender_later(twilio: Client, family: str) -> None:
    service = "MG" + "a" * 32
    message = twilio.messages.create(to=family, messaging_service_sid=service, body="Moi")

    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    assert message.messaging_service_sid == service


def test_messages_to_one_recipient_are_listed_newest_first(
    twilio: Client, number: Callable[[], str]
) -> None:
    family, other = number(), number()
    sent = [twilio.messages.create(to=family, from_=CITY, body=str(i)).sid for i in range(3)]
    twilio.messages.create(to=other, from_=CITY, body="Moi")

    assert [message.sid for message in twilio.messages.list(to=family)] == sent[::-1]
    assert twilio.messages.list(to=family, from_="+358409999999") == []
    assert [message.sid for message in twilio.messages.list(to=family, limit=2)] == sent[:0:-1]


def test_paging_shows_each_message_once_though_new_ones_arrive_meanwhile(
    twilio: Client, family: str
) -> None:
    sent = [twilio.messages.create(to=family, from_=CITY, body=str(i)).sid for i in range(7)]

    seen = []
    for message in twilio.messages.stream(to=family, page_size=2):
        seen.append(message.sid)
        twilio.messages.create(to=family, from_=CITY, body="meanwhile")

    assert seen == sent[::-1]


def test_the_list_is_filtered_by_the_time_of_sending(
    twilio: Client, simulator: Simulator, family: str
) -> None:
    message = twilio.messages.create(to=family, from_=CITY, body="Moi")
    delivered(simulator, family)
    sent_at = twilio.messages(message.sid).fetch().date_sent
    assert isinstance(sent_at, datetime)

    def found(**when: datetime) -> bool:
        return bool(twilio.messages.list(to=family, **when))

    assert found(date_sent_after=sent_at)
    assert found(date_sent_before=sent_at)
    assert found(date_sent=sent_at)
    assert not found(date_sent_after=sent_at + timedelta(seconds=1))
    assert not found(date_sent_before=sent_at - timedelta(seconds=1))
    assert not found(date_sent=sent_at - timedelta(seconds=1))


def test_a_date_means_the_whole_day(simulator: Simulator, twilio: Client, family: str) -> None:
    twilio.messages.create(to=family, from_=CITY, body="Moi")
    delivered(simulator, family)
    today = now().astimezone(UTC).date()

    with _raw(simulator) as http:
        for name, days, is_found in [
            ("DateSent", 0, True),
            ("DateSent", 1, False),
            ("DateSent>", 0, True),
            ("DateSent>", 1, False),
            ("DateSent<", 0, True),
            ("DateSent<", -1, False),
        ]:
            day = (today + timedelta(days=days)).isoformat()
            answer = http.get(MESSAGES, params={"To": family, name: day}).json()
            assert bool(answer["messages"]) is is_found, (name, days)


def test_a_message_still_queued_is_in_no_list_by_time_of_sending(
    twilio: Client, simulator: Simulator, family: str
) -> None:
    simulator.dial(sent_after_ms=60_000, delivered_after_ms=60_000)
    twilio.messages.create(to=family, from_=CITY, body="Moi")

    assert len(twilio.messages.list(to=family)) == 1
    assert twilio.messages.list(to=family, date_sent_after=now() - timedelta(days=1)) == []


def test_a_wrong_date_is_refused(simulator: Simulator) -> None:
    with _raw(simulator) as http:
        assert http.get(MESSAGES, params={"DateSent": "yesterday"}).status_code == 400


def _raw(simulator: Simulator) -> httpx.Client:
    return httpx.Client(base_url=simulator.url, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False)
