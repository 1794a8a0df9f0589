"""The City of Helsinki's notification service: one endpoint that sends, one that tells.

Source: City-of-Helsinki/notification-service-api, its openapi.yaml and `api/views.py`. Its
faults are the dials of a board of its own; a dialled code of Twilio's stands for its HTTP status.
"""

import asyncio
import hmac
import time
import uuid
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from helsinki_proactive.simulator.codes import REFUSALS
from helsinki_proactive.simulator.connections import Silence
from helsinki_proactive.simulator.machine import Machine
from helsinki_proactive.simulator.network import NOTIFICATION, Text

PATH = "/notification-service/v1/message"
STATUSES = {
    "queued": "CREATED",
    "sent": "PENDING",
    "delivered": "DELIVERED",
    "undelivered": "FAILED",
    "failed": "FAILED",
}


def routes() -> list[Route]:
    """Return the API's routes."""
    return [
        Route(f"{PATH}/send", send_message, methods=["POST"]),
        Route(f"{PATH}/{{id}}", get_delivery_log, methods=["GET"]),
    ]


async def send_message(request: Request) -> Response:
    """Take a text for each destination, or refuse, or go silent: as the dials say."""
    arrived_at = time.monotonic()
    machine = _machine(request)
    if not _is_authenticated(request, machine):
        return _refused(machine, 401, JSONResponse({"detail": "Invalid token."}, 401))
    try:
        payload = await request.json()
        problem = _problem(payload)
    except ValueError:
        problem = "Data must be a dictionary"
    numbers = [] if problem else _valid_numbers(payload["to"])
    if problem or not numbers:
        problem = problem or "No valid destinations for SMS sender."
        return _refused(machine, 400, PlainTextResponse(problem, 400))
    reception = machine.notification_board.receive(to=numbers[0], at=arrived_at)
    if reception.refusal is not None:
        await _take_time(machine, arrived_at)
        return _refusal(machine, reception.refusal)
    log_id = str(uuid.uuid4())
    if reception.taken:
        texts = [_take(payload, number, machine) for number in numbers]
        machine.notification_logs[log_id] = texts
    await _take_time(machine, arrived_at)
    if reception.silence is not None:
        machine.journal.write("notification_silence", how=reception.silence)
        return Silence(drop=reception.silence == "drop")
    return JSONResponse(_log(log_id, machine))


async def get_delivery_log(request: Request) -> Response:
    """Return what became of the texts of one call."""
    machine = _machine(request)
    if not _is_authenticated(request, machine):
        return JSONResponse({"detail": "Invalid token."}, 401)
    log_id = request.path_params["id"]
    machine.journal.write("notification_asked", id=log_id)
    if log_id not in machine.notification_logs:
        return JSONResponse({"error": f" Message ID: {log_id} does not exist"}, 404)
    return JSONResponse(_log(log_id, machine))


def _machine(request: Request) -> Machine:
    machine: Machine = request.app.state.machine
    return machine


def _is_authenticated(request: Request, machine: Machine) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Token {machine.auth_token}".encode())


def _problem(payload: Any) -> str:
    """What the service finds wrong with the payload."""
    if not isinstance(payload, dict):
        return "Data must be a dictionary"
    if not {"sender", "to", "text"} <= payload.keys():
        return "Missing required keys: 'sender', 'to', and 'text' are required."
    if not isinstance(payload["sender"], str):
        return "'Sender' must be a string"
    if not isinstance(payload["to"], list) or not all(
        isinstance(each, dict) and isinstance(each.get("destination"), str)
        for each in payload["to"]
    ):
        return "'To' must be a list of dictionaries, each with a string 'destination' field."
    return "" if isinstance(payload["text"], str) else "'Text' must be a string"


def _valid_numbers(recipients: list[dict[str, str]]) -> list[str]:
    """The numbers among the destinations, in E.164; the service leaves out what is none."""
    numbers = []
    for recipient in recipients:
        try:
            number = phonenumbers.parse(recipient["destination"], "FI")
        except phonenumbers.NumberParseException:
            continue
        # The service asks for an assigned range; invented numbers belong to none.
        if phonenumbers.is_possible_number(number):
            numbers.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return list(dict.fromkeys(numbers))


def _refused(machine: Machine, status: int, response: Response) -> Response:
    machine.journal.write("notification_refused", status=status)
    return response


def _refusal(machine: Machine, code: int) -> Response:
    refusal = REFUSALS[code]
    response = JSONResponse({"error": refusal.message}, refusal.http_status)
    if refusal.http_status == 429:
        response.headers["Retry-After"] = str(machine.notification_board.now.retry_after_s)
    return _refused(machine, refusal.http_status, response)


def _take(payload: dict[str, Any], number: str, machine: Machine) -> Text:
    text = machine.network.add(
        direction="outbound-api",
        sender=payload["sender"],
        recipient=number,
        body=payload["text"],
        status="queued",
        gateway=NOTIFICATION,
    )
    machine.journal.write(
        "notification_accepted",
        sid=text.sid,
        sender=text.sender,
        recipient=text.recipient,
        body=text.body,
    )
    machine.notification_carrier.start(text)
    return text


def _log(log_id: str, machine: Machine) -> dict[str, Any]:
    texts = machine.notification_logs.get(log_id, [])
    messages = {
        _international(text.recipient): {
            "converted": text.recipient,
            "status": STATUSES[text.status],
        }
        for text in texts
    }
    return {"id": log_id, "report": {"errors": [], "warnings": [], "messages": messages}}


def _international(number: str) -> str:
    return phonenumbers.format_number(
        phonenumbers.parse(number, None), PhoneNumberFormat.INTERNATIONAL
    )


async def _take_time(machine: Machine, arrived_at: float) -> None:
    remaining = arrived_at + machine.notification_board.now.delay_ms / 1000 - time.monotonic()
    if remaining > 0:
        await asyncio.sleep(remaining)
