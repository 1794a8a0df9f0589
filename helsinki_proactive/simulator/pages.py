"""Pages to look at: the phones and the mailbox. Without a script they only don't refresh."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from helsinki_proactive.simulator.machine import Machine
from helsinki_proactive.simulator.mailbox import Mail
from helsinki_proactive.simulator.network import Phone

PAGE_LENGTH = 50
HELSINKI = ZoneInfo("Europe/Helsinki")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The HTML of a mail is somebody else's: no script, no forms, nothing loaded from anywhere.
MAIL_SECURITY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

_HERE = Path(__file__).parent
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def routes() -> list[BaseRoute]:
    """Return the routes of the pages."""
    return [
        Route("/", to_phones),
        Route("/simulator", to_phones),
        Route("/simulator/", phone_list, methods=["GET", "POST"]),
        Route("/simulator/texts", send_text, methods=["POST"]),
        Route("/simulator/phones/{phone_id}", phone_page, methods=["GET"]),
        Route("/simulator/phones/{phone_id}", answer_from_phone, methods=["POST"]),
        Route("/simulator/mailbox", to_mailbox),
        Route("/simulator/mailbox/", mail_list, methods=["GET", "POST"]),
        Route("/simulator/mailbox/{number:int}", mail_page),
        Route("/simulator/mailbox/{number:int}/html", mail_html),
        Mount("/simulator/static", StaticFiles(directory=_HERE / "static")),
    ]


async def to_phones(request: Request) -> Response:
    """Redirect to the phones."""
    return RedirectResponse("/simulator/")


async def to_mailbox(request: Request) -> Response:
    """Redirect to the mailbox."""
    return RedirectResponse("/simulator/mailbox/")


async def phone_list(request: Request) -> Response:
    """Show phones, the most recently active first; search is a POST: it holds a number."""
    machine = _machine(request)
    words, page = await _search(request)
    found = [phone for phone in machine.network.phones.values() if _is_phone_found(phone, words)]
    found.sort(key=lambda phone: phone.last.number, reverse=True)
    return _render(
        "phones.html",
        found=_page_of(found, page),
        words=words,
        counts=machine.network.counts(),
        refused=machine.journal.counts().get("refused", 0),
    )


async def phone_page(request: Request) -> Response:
    """Show one phone and mark its texts as read."""
    phone = _phone(request)
    phone.unread = 0
    return _render("phone.html", phone=phone)


async def answer_from_phone(request: Request) -> Response:
    """Send what was typed as a reply; back to the phone when the product has answered."""
    phone = _phone(request)
    form = await request.form()
    body, recipient = _field(form, "body"), _field(form, "to")
    if body.strip() and recipient:
        await _machine(request).replies.send(sender=phone.number, recipient=recipient, body=body)
    return RedirectResponse(f"/simulator/phones/{phone.id}", status_code=303)


async def send_text(request: Request) -> Response:
    """Send a text from any number, as somebody would whom the city has not written to."""
    form = await request.form()
    sender, recipient, body = (_field(form, name) for name in ("from", "to", "body"))
    if not (sender.strip() and recipient.strip() and body.strip()):
        raise HTTPException(400, "Both numbers and a text are needed.")
    exchange = await _machine(request).replies.send(
        sender=sender.strip(), recipient=recipient.strip(), body=body
    )
    phone = _machine(request).network.phone(exchange.text.sender)
    return RedirectResponse(f"/simulator/phones/{phone.id}", status_code=303)


async def mail_list(request: Request) -> Response:
    """Show caught mail, the newest first; search is a POST: it holds an address."""
    words, page = await _search(request)
    found = [
        mail for mail in reversed(_machine(request).mailbox.mails) if _is_mail_found(mail, words)
    ]
    return _render("mailbox.html", found=_page_of(found, page), words=words)


async def mail_page(request: Request) -> Response:
    """Show one mail: what matters of the headers, the text, and the HTML in a sandbox."""
    return _render("mail.html", mail=_mail(request))


async def mail_html(request: Request) -> Response:
    """Return the HTML part of a mail as it came, under a policy that lets it do nothing."""
    html = _mail(request).html
    head = _HEAD.search(html)
    start = head.end() if head else 0
    # Else a link would open inside the frame.
    in_new_tabs = f'{html[:start]}<base target="_blank">{html[start:]}'
    return HTMLResponse(in_new_tabs, headers={"Content-Security-Policy": MAIL_SECURITY_POLICY})


def linked(text: str) -> Markup:
    """Return `text` escaped, its http(s) addresses made links."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(
            Markup('<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>').format(
                url=match[0]
            )
        )
        end = match.end()
    return Markup("").join([*parts, text[end:]])  # escapes what is no markup yet


def helsinki_time(timestamp: float) -> str:
    """Return a POSIX time as people in Helsinki write it: 24.11. 13.05."""
    moment = datetime.fromtimestamp(timestamp, HELSINKI)
    return f"{moment.day}.{moment.month}. {moment:%H.%M}"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(linked=linked, helsinki_time=helsinki_time)
    return environment


_TEMPLATES = _environment()


def _render(template: str, **context: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(context)
    return HTMLResponse(html, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


def _page_of(found: Sequence[Any], page: int) -> dict[str, Any]:
    pages = max(1, -(-len(found) // PAGE_LENGTH))
    page = min(max(page, 1), pages)
    rows = found[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    return {"rows": rows, "total": len(found), "page": page, "pages": pages}


async def _search(request: Request) -> tuple[str, int]:
    form = await request.form() if request.method == "POST" else FormData()
    page = _field(form, "page") or request.query_params.get("page", "")
    return _field(form, "words").strip(), int(page) if page.isdecimal() else 1


def _is_phone_found(phone: Phone, words: str) -> bool:
    wanted = words.casefold()
    return wanted in phone.number or any(wanted in text.body.casefold() for text in phone.texts)


def _is_mail_found(mail: Mail, words: str) -> bool:
    searched = (mail.subject, mail.text, *mail.recipients)
    return any(words.casefold() in part.casefold() for part in searched)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _machine(request: Request) -> Machine:
    machine: Machine = request.app.state.machine
    return machine


def _phone(request: Request) -> Phone:
    phone = _machine(request).network.phone_by_id(request.path_params["phone_id"])
    if phone is None:
        raise HTTPException(404, "There is no such phone.")
    return phone


def _mail(request: Request) -> Mail:
    mail = _machine(request).mailbox.mail(request.path_params["number"])
    if mail is None:
        raise HTTPException(404, "There is no such mail.")
    return mail
