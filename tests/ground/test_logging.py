"""No personal data in a log line or an error report, whatever arrives."""

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from django.db import IntegrityError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException

from helsinki_proactive.logging import HIDDEN, configuration, scrub_report, scrubbed
from helsinki_proactive.staff.models import User


@pytest.mark.parametrize(
    "secret",
    [
        "+358401234567",
        "+358 40 123 4567",
        "%2B358401234567",
        "00358401234567",
        "0401234567",
        "040 123 4567",
        "040-1234567",
        "131052-308T",
        "131052A308T",
        "010120b912x",
        "matti.meikalainen@example.fi",
        "aino+koulu@posti.example.com",
    ],
)
@pytest.mark.parametrize(
    "sentence", ["{}", "The 'To' number {} is not valid.", "('{}',)", "to={}&x", "a:{}!"]
)
def test_numbers_codes_and_addresses_are_hidden(sentence: str, secret: str) -> None:
    cleaned = scrubbed(sentence.format(secret))
    assert secret not in cleaned
    assert HIDDEN in cleaned
    assert not any(len(part) > 4 for part in cleaned.split() if part.isdigit())


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.text(max_size=20))
def test_no_international_number_survives(number: str, around: str) -> None:
    assert number not in scrubbed(f"{around} {number} {around}")


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-24T03:30:46.923Z",
        "GET /admin/offers/round/12/",
        "round 5591 of 60000 took 0.123456 s",
        "SM0123456789abcdef0123456789abcdef"[:20],
        "code 21211",
        "9f0c7f1e-8d5b-4c53-9b57-1f7d4b3a2c10"[:13],
    ],
)
def test_what_tells_nothing_of_a_person_stays(harmless: str) -> None:
    assert scrubbed(harmless) == harmless


def test_a_providers_list_url_is_hidden() -> None:
    url = "https://api.twilio.com/Messages.json?To=%2B358401234567&From=%2B35845&PageSize=50"
    assert scrubbed(url) == (
        f"https://api.twilio.com/Messages.json?To={HIDDEN}&From={HIDDEN}&PageSize=50"
    )


def test_the_key_in_a_familys_link_is_hidden() -> None:
    assert scrubbed("GET /o/q1w2e3r4t5y6u7i8o9p0aa/fi/") == f"GET /o/{HIDDEN}/fi/"


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What production would write."""
    written = StringIO()
    ours = configuration(readable=False, level="INFO")
    ours["handlers"]["console"]["stream"] = written
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logging.config.dictConfig(ours)
    yield written
    root.handlers, root.level = before[0], before[1]


def test_a_line_is_json_with_what_was_bound(lines: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        logging.getLogger("offers.test").warning("message_failed", extra={"message_id": 7})
    line = json.loads(lines.getvalue())
    assert line["event"] == "message_failed"
    assert (line["message_id"], line["request_id"], line["level"]) == (7, "r1", "warning")


def test_an_exceptions_text_is_scrubbed_and_its_place_kept(lines: StringIO) -> None:
    try:
        raise TwilioRestException(400, "/Messages.json?To=%2B358401234567", "Bad +358401234567")
    except TwilioRestException:
        logging.getLogger("offers.test").exception("not_taken", extra={"to": "+358401234567"})
    text = lines.getvalue()
    assert "358401234567" not in text
    assert "test_logging.py" in json.loads(text)["exception"]


@pytest.mark.django_db
def test_what_the_database_repeats_is_hidden(lines: StringIO) -> None:
    name = "Pikkarainen"
    User.objects.create_user(name)
    with pytest.raises(IntegrityError, match=name) as caught:
        User.objects.create_user(name)
    logging.getLogger("offers.test").error("not_saved", exc_info=caught.value)
    assert "staff_user_username_key" in lines.getvalue()
    assert name not in lines.getvalue()


@pytest.mark.django_db
def test_a_request_is_logged_once_with_its_id_and_without_its_sender(
    lines: StringIO, client: Client
) -> None:
    client.get("/admin/login/?q=0401234567", headers={"user-agent": "A phone"})
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert line["event"] == "request_finished"
    assert line["request_id"]
    assert "127.0.0.1" not in lines.getvalue()
    assert "A phone" not in lines.getvalue()
    assert "0401234567" not in lines.getvalue()


def test_an_error_report_has_no_request_and_no_number() -> None:
    report = scrub_report(
        {
            "message": "no place for +358401234567",
            "request": {"url": "https://example.fi/o/key"},
            "user": {"ip_address": "192.0.2.1"},
            "exception": {"values": [{"value": "131052-308T is taken"}]},
            "breadcrumbs": {"values": [{"message": "GET /?To=%2B358401234567"}]},
        },
        {},
    )
    assert set(report) == {"message", "exception", "breadcrumbs"}
    assert not any(secret in str(report) for secret in ("358401234567", "131052"))
