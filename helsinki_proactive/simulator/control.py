"""The JSON side of the simulator: dials, figures, the log, and what reached the families."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsinki_proactive.simulator.board import DialBoard
from helsinki_proactive.simulator.dials import DialError
from helsinki_proactive.simulator.journal import iso
from helsinki_proactive.simulator.machine import Machine
from helsinki_proactive.simulator.mailbox import Mail
from helsinki_proactive.simulator.network import NOTIFICATION, Phone, Text
from helsinki_proactive.simulator.replies import Exchange

WAIT_LIMIT_S = 300.0


def routes() -> list[Route]:
    """Return the routes under /simulator/ that speak JSON."""
    return [
        Route("/simulator/dials", show_dials, methods=["GET"]),
        Route("/simulator/dials", turn_dials, methods=["POST"]),
        Route("/simulator/dials", reset_dials, methods=["DELETE"]),
        Route("/simulator/callbacks/release", release_callbacks, methods=["POST"]),
        Route("/simulator/replies", send_reply, methods=["POST"]),
        Route("/simulator/counts.json", counts),
        Route("/simulator/log.json", log),
        Route("/simulator/wait", wait),
        Route("/simulator/messages.json", messages),
        Route("/simulator/arrivals.json", arrivals),
        Route("/simulator/phones.json", phones),
        Route("/simulator/mailbox.json", mails),
    ]


async def show_dials(request: Request) -> Response:
    """Return every dial."""
    return JSONResponse(_board(request).now.as_dict())


async def turn_dials(request: Request) -> Response:
    """Turn the dials named in the JSON body; answer with all of them, or 400 and why not."""
    try:
        _board(request).turn(await _json_object(request))
    except DialError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    return await show_dials(request)


async def reset_dials(request: Request) -> Response:
    """Turn every dial back, but the product's addresses."""
    _board(request).reset()
    return await show_dials(request)


async def release_callbacks(request: Request) -> Response:
    """Send the held status callbacks and stop holding them."""
    return JSONResponse({"released": _machine(request).carrier.release()})


async def send_reply(request: Request) -> Response:
    """Send a text from a phone: {"from", "to", "body"}; answer when the product has."""
    try:
        given = await _json_object(request)
        sender, recipient, body = (str(given[name]) for name in ("from", "to", "body"))
        body.encode()
    except (DialError, KeyError, UnicodeEncodeError):
        return JSONResponse({"error": "needs from, to and body, in Unicode"}, status_code=400)
    exchange = await _machine(request).replies.send(sender=sender, recipient=recipient, body=body)
    return JSONResponse(_exchange(exchange))


async def counts(request: Request) -> Response:
    """Return the figures: of the log by kind, of the texts by direction, status and failure."""
    machine = _machine(request)
    return JSONResponse(
        {
            "log": machine.journal.counts(),
            **machine.network.counts(),
            "mails": len(machine.mailbox.mails),
            "held_callbacks": machine.carrier.held,
        }
    )


async def log(request: Request) -> Response:
    """Return the log's entries after `since`, all or of one `kind`."""
    entries = _machine(request).journal.as_json(
        since=_whole(request, "since"), kind=request.query_params.get("kind")
    )
    return Response(entries, media_type="application/json")


async def wait(request: Request) -> Response:
    """Answer with the first log entry of `kind` after `after`, or 204 after `timeout` seconds."""
    kind = request.query_params.get("kind", "accepted")
    seconds = min(_whole(request, "timeout", default=30), WAIT_LIMIT_S)
    entry = await _machine(request).journal.wait_for(
        kind, after=_whole(request, "after"), seconds=seconds
    )
    if entry is None:
        return Response(status_code=204)
    return Response(entry, media_type="application/json")


async def messages(request: Request) -> Response:
    """Return the texts numbered after `since`, in any status, all or those of one phone."""
    network = _machine(request).network
    since, number = _whole(request, "since"), request.query_params.get("phone")
    if number is None:
        found = network.texts[since:]
    else:
        phone = network.phones.get(number)
        found = [] if phone is None else [text for text in phone.texts if text.number > since]
    return JSONResponse([_text(each) for each in found])


async def arrivals(request: Request) -> Response:
    """Return texts in the order in which they reached their end, skipping the first `since`."""
    found = _machine(request).network.arrivals[_whole(request, "since") :]
    return JSONResponse([_text(each) for each in found])


async def phones(request: Request) -> Response:
    """Return every phone with its newest text."""
    found = _machine(request).network.phones.values()
    return JSONResponse([_phone(each) for each in found])


async def mails(request: Request) -> Response:
    """Return the mails numbered after `since`."""
    found = _machine(request).mailbox.mails[_whole(request, "since") :]
    return JSONResponse([_mail(each) for each in found])


def _machine(request: Request) -> Machine:
    machine: Machine = request.app.state.machine
    return machine


def _board(request: Request) -> DialBoard:
    """The board of the gateway the query names; Twilio's without."""
    machine = _machine(request)
    is_other = request.query_params.get("gateway") == NOTIFICATION
    return machine.notification_board if is_other else machine.board


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise DialError("The body must be a JSON object")
    return given


def _whole(request: Request, name: str, *, default: int = 0) -> int:
    value = request.query_params.get(name, "")
    return int(value) if value.isdecimal() else default


def _text(text: Text) -> dict[str, Any]:
    return {
        "number": text.number,
        "sid": text.sid,
        "direction": text.direction,
        "from": text.sender,
        "to": text.recipient,
        "body": text.body,
        "status": text.status,
        "error_code": text.error_code,
        "segments": text.segments,
        "gateway": text.gateway,
        "created_at": iso(text.created_at),
        "updated_at": iso(text.updated_at),
    }


def _phone(phone: Phone) -> dict[str, Any]:
    return {
        "id": phone.id,
        "number": phone.number,
        "texts": len(phone.texts),
        "unread": phone.unread,
        "last": _text(phone.last),
    }


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "number": mail.number,
        "arrived_at": iso(mail.arrived_at),
        "sender": mail.sender,
        "recipients": list(mail.recipients),
        "subject": mail.subject,
        "headers": [list(header) for header in mail.headers],
        "text": mail.text,
        "html": mail.html,
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    last = exchange.attempts[-1] if exchange.attempts else None
    return {
        "sid": exchange.text.sid,
        "keyword": exchange.keyword,
        "http_status": None if last is None else last.http_status,
        "milliseconds": None if last is None else last.milliseconds,
        "attempts": len(exchange.attempts),
        "answers": [_text(answer) for answer in exchange.answers],
        "error": exchange.error,
    }
