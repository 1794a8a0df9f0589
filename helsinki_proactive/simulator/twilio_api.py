"""Twilio's REST API 2010-04-01, messages: create, list and fetch, as its client expects.

Source: Twilio's published OpenAPI description, `twilio_api_v2010`.
"""

import asyncio
import base64
import binascii
import hmac
import re
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import phonenumbers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsinki_proactive.simulator import listing
from helsinki_proactive.simulator.board import Reception
from helsinki_proactive.simulator.carrier import API_VERSION
from helsinki_proactive.simulator.codes import FAILURES, MAGIC_RECIPIENTS, MAGIC_SENDERS, REFUSALS
from helsinki_proactive.simulator.connections import Silence
from helsinki_proactive.simulator.dials import is_loopback_url
from helsinki_proactive.simulator.machine import Machine
from helsinki_proactive.simulator.network import TWILIO, Text

BODY_LIMIT = 1600
PRICE_PER_SEGMENT = 0.0769  # USD; any price will do

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
_SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
_FLAG = re.compile(r"true|false")
_OPTIONS = {
    "ValidityPeriod": re.compile(r"[1-9]\d{0,3}|[12]\d{4}|3[0-5]\d{3}|36000"),  # seconds
    "Attempt": re.compile(r"\d+"),
    "MaxPrice": re.compile(r"\d+(\.\d+)?"),
    "ContentRetention": re.compile(r"retain|discard"),
    "AddressRetention": re.compile(r"retain|obfuscate"),
    "RiskCheck": re.compile(r"enable|disable"),
    **dict.fromkeys(("ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls"), _FLAG),
}
"""The forms of what a request may say besides; the simulator does nothing about them."""

_PUNCTUATION = str.maketrans("", "", " ()-.")


class RefusedError(Exception):
    """The API does not take the request; carries Twilio's code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def routes() -> list[Route]:
    """Return the API's routes."""
    account = f"/{API_VERSION}/Accounts/{{account_sid}}"
    return [
        Route(f"{account}/Messages.json", create_message, methods=["POST"]),
        Route(f"{account}/Messages.json", list_messages, methods=["GET"]),
        Route(f"{account}/Messages/{{sid}}.json", fetch_message, methods=["GET"]),
    ]


async def create_message(request: Request) -> Response:
    """Take a message, or refuse it, or go silent: as the dials say."""
    arrived_at = time.monotonic()
    machine: Machine = request.app.state.machine
    form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
    try:
        _authenticate(request, machine)
        _validate(form, machine)
        reception = machine.board.receive(to=_recipient(form), at=arrived_at)
        if reception.refusal is not None:
            raise RefusedError(reception.refusal)
    except RefusedError as refused:
        machine.journal.write(
            "refused", code=refused.code, recipient=form.get("To"), body=form.get("Body")
        )
        await _take_time(machine, arrived_at)
        return error_response(refused.code, machine)
    text = _take(form, machine) if reception.taken else None
    return await _respond(text, reception, machine, arrived_at)


async def list_messages(request: Request) -> Response:
    """List messages, newest first, by recipient, sender and sending time, page by page."""
    machine: Machine = request.app.state.machine
    query, network = request.query_params, machine.network
    try:
        _authenticate(request, machine)
        place = listing.Place.read(query)
        found = listing.find(network, query)
    except RefusedError as refused:
        return error_response(refused.code, machine)
    except ValueError:
        return error_response(20001, machine)
    shown, has_more = listing.cut(found, place, network)
    messages = [resource(text, machine.account_sid) for text in shown]
    envelope = listing.envelope(shown, place, has_more=has_more, path=request.url.path, query=query)
    return JSONResponse({"messages": messages, **envelope})


async def fetch_message(request: Request) -> Response:
    """Return one message."""
    machine: Machine = request.app.state.machine
    try:
        _authenticate(request, machine)
    except RefusedError as refused:
        return error_response(refused.code, machine)
    text = machine.network.by_sid.get(request.path_params["sid"])
    if text is None or text.gateway != TWILIO:
        return _error(20404, 404, f"The requested resource {request.url.path} was not found")
    return JSONResponse(resource(text, machine.account_sid))


def resource(text: Text, account_sid: str) -> dict[str, Any]:
    """Return a message as the API shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{text.sid}"
    unassigned = text.messaging_service_sid is not None and text.status == "accepted"
    failure = FAILURES.get(text.error_code or 0)
    price = None if text.sent_at is None else f"-{text.segments * PRICE_PER_SEGMENT:.5f}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": text.body,
        "date_created": _date(text.created_at),
        "date_sent": None if text.sent_at is None else _date(text.sent_at),
        "date_updated": _date(text.updated_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": None if failure is None else failure.message,
        "from": None if unassigned else text.sender,
        "messaging_service_sid": text.messaging_service_sid,
        "num_media": "0",
        "num_segments": "0" if unassigned else str(text.segments),
        "price": price,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.recipient,
        "uri": f"{uri}.json",
    }


def _date(moment: float) -> str:
    """RFC 2822, in GMT said as +0000: -0000 would mean a zone that nobody knows."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC))


def error_response(code: int, machine: Machine) -> JSONResponse:
    """Return Twilio's error body for `code`."""
    refusal = REFUSALS[code]
    response = _error(code, refusal.http_status, refusal.message)
    if refusal.http_status == 429:
        response.headers["Retry-After"] = str(machine.board.now.retry_after_s)
    return response


def _error(code: int, status: int, message: str) -> JSONResponse:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return JSONResponse(body, status_code=status)


def _authenticate(request: Request, machine: Machine) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True)
    except binascii.Error:
        given = b""
    expected = f"{machine.account_sid}:{machine.auth_token}".encode()
    is_known = scheme.lower() == "basic" and hmac.compare_digest(given, expected)
    if not is_known or request.path_params["account_sid"] != machine.account_sid:
        raise RefusedError(20003)


def _validate(form: dict[str, str], machine: Machine) -> None:
    if not form.get("To"):
        raise RefusedError(21604)
    recipient = _recipient(form)
    if recipient not in MAGIC_RECIPIENTS and recipient not in machine.board.now.phones:
        code = _recipient_error(recipient)
        if code is not None:
            raise RefusedError(code)
    _validate_sender(form, machine)
    if not form.get("Body"):
        raise RefusedError(21602)
    if len(form["Body"]) > BODY_LIMIT:
        raise RefusedError(21617)
    if any(name in form and not shape.fullmatch(form[name]) for name, shape in _OPTIONS.items()):
        raise RefusedError(20001)
    callback = form.get("StatusCallback")
    if callback and not is_loopback_url(callback):
        raise RefusedError(21609)
    sender = _sender(form, machine)
    if recipient == sender:
        raise RefusedError(21266)
    if machine.network.is_opted_out(phone_number=recipient, sender=sender):
        raise RefusedError(21610)


def _validate_sender(form: dict[str, str], machine: Machine) -> None:
    service, sender = form.get("MessagingServiceSid"), form.get("From")
    if service:
        if not _SERVICE_SID.fullmatch(service):
            raise RefusedError(21701)
        return
    if not sender:
        raise RefusedError(21603)
    if sender in MAGIC_SENDERS:
        raise RefusedError(MAGIC_SENDERS[sender])
    if not any(shape.fullmatch(sender) for shape in (_E164, _SHORT_CODE, _SENDER_NAME)):
        raise RefusedError(21212)
    if machine.senders and sender not in machine.senders:
        raise RefusedError(21606)


@lru_cache(maxsize=100_000)
def _recipient_error(number: str) -> int | None:
    if not _E164.fullmatch(number):
        return 21211
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return 21211
    if not phonenumbers.is_possible_number(parsed):
        return 21211
    # Only what surely is a landline: invented numbers belong to no range at all.
    is_landline = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.FIXED_LINE
    return 21614 if is_landline else None


def _recipient(form: dict[str, str]) -> str:
    return form["To"].translate(_PUNCTUATION)


def _sender(form: dict[str, str], machine: Machine) -> str:
    return form.get("From") or machine.service_sender


def _take(form: dict[str, str], machine: Machine) -> Text:
    service = form.get("MessagingServiceSid")
    text = machine.network.add(
        direction="outbound-api",
        sender=_sender(form, machine),
        recipient=_recipient(form),
        body=form["Body"],
        status="accepted" if service else "queued",
        messaging_service_sid=service,
        status_callback=form.get("StatusCallback"),
    )
    machine.journal.write(
        "accepted", sid=text.sid, sender=text.sender, recipient=text.recipient, body=text.body
    )
    return text


async def _respond(
    text: Text | None, reception: Reception, machine: Machine, arrived_at: float
) -> Response:
    shown = None if text is None else resource(text, machine.account_sid)
    if text is not None and machine.board.now.early_callbacks:
        await machine.carrier.bring(text, wait_for_receipts=True)
    elif text is not None:
        machine.carrier.start(text)
    await _take_time(machine, arrived_at)
    if reception.silence is not None:
        machine.journal.write("silence", how=reception.silence, sid=text.sid if text else None)
        return Silence(drop=reception.silence == "drop")
    return JSONResponse(shown, status_code=201)


async def _take_time(machine: Machine, arrived_at: float) -> None:
    # The work so far is part of the delay: the dial says how long the caller waits.
    remaining = arrived_at + machine.board.now.delay_ms / 1000 - time.monotonic()
    if remaining > 0:
        await asyncio.sleep(remaining)
