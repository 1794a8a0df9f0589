"""What gets into mails, imports, the seal, and what leaks into logs, queues and caches."""

import base64
import logging
import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import redis
from django.conf import settings
from django.core.mail import BadHeaderError
from django.test import override_settings
from django.urls import reverse

from citizens.register import reading
from citizens.register.errors import RegisterError
from citizens.register.formats import PersonRow
from consents.services import seal, verify_seal
from helsinki_proactive import logging as our_logging
from offers.delivery.channels import email
from offers.delivery.channels.interface import Parcel
from offers.delivery.links import issue_link
from offers.delivery.outbox import send_due
from offers.models import Message, MessageState
from offers.replies import inbox
from tests.attacks.target import Tally, Target, weak
from tests.consents.records import guards_off
from tests.replies.phones import Phone, deliver
from tests.rounds.city import a_child, a_person, a_phone, a_round, guard
from tests.rounds.journeys import running

HEADERS = (
    *("\r\nBcc: all@evil.example", "\nBcc: all@evil.example", "\rBcc: all@evil.example"),
    *("\r\n\r\nBcc: all@evil.example", "\u2028Bcc: all@evil.example", "\x0bBcc: x@evil.example"),
    *("%0d%0aBcc: all@evil.example", "\r\n Bcc: all@evil.example", "\x00\r\nBcc: x@evil.example"),
)
OWN_HEADERS = {
    *("subject", "from", "to", "message-id", "auto-submitted", "content-language", "date"),
    *("mime-version", "content-type", "list-unsubscribe", "list-unsubscribe-post"),
}


def header_injection(target: Target, tally: Tally) -> None:
    """Line breaks in whatever becomes a header of a mail."""
    for text in HEADERS:
        for name in ("subject", "recipient", "language"):
            known = {"recipient": "a@example.org", "subject": "Paikka", "language": "fi"}
            known[name] += text
            parcel = Parcel(message_id=1, attempt=1, body="Hei", **known)  # type: ignore[arg-type]
            with suppress(BadHeaderError, HeaderParseError, ValueError):
                _note_headers(tally, email.compose(parcel).message().as_bytes(), name)
                continue
            tally.note(False, "refused")


def _note_headers(tally: Tally, mail: bytes, name: str) -> None:
    read = message_from_bytes(mail)
    foreign = {header.lower() for header in read} - OWN_HEADERS
    tally.note(foreign or read.defects, f"{name} became a header of its own")


def weak_mail(target: Target) -> AbstractContextManager[object]:
    """Headers are put together as text."""

    def naive(parcel: Parcel) -> Any:
        mail = f"Subject: {parcel.subject}\r\nTo: {parcel.recipient}\r\n\r\n{parcel.body}"
        return SimpleNamespace(message=lambda: SimpleNamespace(as_bytes=mail.encode))

    return weak(email, "compose", naive)


MANY = 12 * 2**20
"""Bytes."""


def expanding_file(target: Target, tally: Tally) -> None:
    """Register files that want more memory than they are long, or that never end a line."""
    times = 8 if target.thorough else 1
    header = ",".join(PersonRow._fields).encode() + b"\n"
    contents = {
        "one endless line": header + b"x" * MANY * times,
        "a quote that never ends": header + b'"' + b"x\n" * (MANY // 64) * times,
        "endless columns": header + b"," * MANY * times,
        "an endless header": b"x" * MANY * times,
        "endless names of columns": b"a," * (MANY // 2) * times,
        "a compressed file": b"\x1f\x8b\x08" + bytes(MANY),
        "an archive": b"PK\x03\x04" + bytes(MANY),
        "nothing but zeros": bytes(MANY),
    }
    with TemporaryDirectory() as folder:
        for what, content in contents.items():
            path = Path(folder) / "people.csv"
            path.write_bytes(content)
            rows, peak = _read(path)
            tally.note(rows or peak > MANY // 2, f"{what}: {peak // 2**20} MB, {rows} rows")


def _read(path: Path) -> tuple[int, int]:
    """How many rows were taken, and how much memory that took at most."""
    rows = 0
    tracemalloc.start()
    try:
        with closing(reading.RegisterFile(path, PersonRow._fields)) as file:
            for _ in file.rows(lambda *problem: None):
                rows += 1
    except RegisterError:
        pass
    finally:
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return rows, peak


def weak_reading(target: Target) -> AbstractContextManager[object]:
    """Lines may be as long as they like."""
    return weak(reading, "LONGEST_LINE", 2**40)


BENDS = {
    "consents_datause": "at = at + interval '1 microsecond'",
    "offers_answer": "kind = CASE kind WHEN 'accept' THEN 'decline' ELSE 'accept' END",
    "offers_approval": "approved_by_id = prepared_by_id + 1000000",
    "consents_objection": "how = CASE how WHEN 'web' THEN 'phone' ELSE 'web' END",
}


def superusers_update(target: Target, tally: Tally) -> None:
    """A superuser, with every trigger off, changes or removes a sealed row, then puts it back."""
    with TemporaryDirectory() as folder, override_settings(SEAL_DIR=folder):
        seal.seal()
        assert verify_seal.verify_seal(), "an unbent seal is whole"
        for table, change in BENDS.items():
            with _kept(target, table) as row:
                target.superuser.execute(f"UPDATE {table} SET {change} WHERE id = %s", [row])
                tally.note(verify_seal.verify_seal(), f"a change of {table} was not found")
            with _kept(target, table) as row:
                target.superuser.execute(f"DELETE FROM {table} WHERE id = %s", [row])
                tally.note(verify_seal.verify_seal(), f"a deletion from {table} was not found")
        assert verify_seal.verify_seal(), "all was put back"


@contextmanager
def _kept(target: Target, table: str) -> Iterator[int]:
    """The id of a row that is put back afterwards as it was."""
    with guards_off(target.superuser) as superuser:
        superuser.execute(f"SELECT max(id) FROM {table}")
        (row,) = superuser.fetchone() or (None,)
        superuser.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table} WHERE id = {row}")
        try:
            yield row
        finally:
            superuser.execute(f"DELETE FROM {table} WHERE id = {row}")
            superuser.execute(f"INSERT INTO {table} SELECT * FROM kept")
            superuser.execute("DROP TABLE kept")


def weak_verification(target: Target) -> AbstractContextManager[object]:
    """Only the chain is looked at, not the rows."""
    return weak(verify_seal, "_verify_rows", lambda *nothing: None)


NAME = "Merkittyxq"
_runs = count(10)


def personal_data(target: Target, tally: Tally) -> None:
    """A whole round with a marked name, number and code, then looked for in logs and queues."""
    run = next(_runs)
    number, code = f"+3584098712{run}", f"010218A98{run}"
    marks = (NAME, number[1:], f"0{number[4:]}", number[4:], code)
    with _listening() as heard:
        _whole_round(target, number, code)
        kept = {"a log": heard.getvalue().lower(), **dict(_in_valkey())}
    for place, text in kept.items():
        for n, mark in enumerate(marks):
            tally.note(mark.lower() in text, f"{place} holds mark {n}")


def _whole_round(target: Target, number: str, code: str) -> None:
    mother = a_person(first_names=NAME, last_name=NAME)
    a_phone(mother, number)
    child = a_child(first_names=f"{NAME} {NAME}", last_name=NAME)
    child.set_identity_code(code)
    child.save()
    guard(mother, child)
    round = running(a_round(name="marked"))
    Message.objects.exclude(round=round).filter(state=MessageState.QUEUED).delete()
    send_due()
    deliver()
    Message.objects.filter(round=round).update(provider="twilio")
    phone = Phone(number)
    for words in (f"Olen {NAME}, numeroni on {number}?", f"{code} kyllä", "KYLLÄ"):
        phone.text(words)
    token = issue_link(round=round, guardian=mother, expires_at=round.deadline_at)
    client = target.browser()
    client.get(f"/o/{token}/fi/")
    client.post(f"/o/{token}/fi/answer", {"offer": "x", "wish": f"{NAME} {number}"})
    client.post(f"/o/{token}/fi/rating", {"stars": 5, "comment": f"{NAME} {number}"})
    staff = target.browser("caseworker")
    for words in (NAME, number, code):
        staff.post(reverse("casework:search"), {"words": words})
    why = {"purpose": round.service.purpose_id, "reason": "a call"}
    staff.post(reverse("casework:open", args=[mother.pk]), why, follow=True)
    inbox.decide_pending(now=round.deadline_at)


@contextmanager
def _listening() -> Iterator[StringIO]:
    """Everything that is logged as where people are served, from INFO on."""
    heard = StringIO()
    before = logging.root.level, logging.root.handlers[:]
    configured = our_logging.configuration(readable=False, level="INFO")
    made = configured["formatters"]["ours"]
    formatter = made.pop("()")(**made)
    handler = logging.StreamHandler(heard)
    handler.setFormatter(formatter)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    try:
        yield heard
    finally:
        logging.root.setLevel(before[0])
        logging.root.handlers[:] = before[1]


def _in_valkey() -> Iterator[tuple[str, str]]:
    for place, url in (("the queue", settings.REDIS_URL), ("the cache", settings.CACHE_URL)):
        with redis.Redis.from_url(url) as valkey:
            parts = []
            for key in valkey.scan_iter("*"):
                parts.append(key)
                kind = valkey.type(key)
                if kind == b"list":
                    parts += valkey.lrange(key, 0, -1)
                elif kind == b"string":
                    parts.append(valkey.get(key) or b"")
                elif kind == b"hash":
                    parts += [one for pair in valkey.hgetall(key).items() for one in pair]
        yield place, " ".join(_opened(part) for part in parts).lower()


def _opened(part: bytes) -> str:
    """The text, and what is written in base64 in it: so are the bodies of tasks."""
    text = part.decode(errors="replace")
    inside = []
    for word in text.replace('"', " ").split():
        with suppress(ValueError):
            inside.append(base64.b64decode(word, validate=True).decode(errors="replace"))
    return " ".join((text, *inside))


def weak_logging(target: Target) -> AbstractContextManager[object]:
    """A service that logs what it was told."""
    receive = inbox.receive

    def talkative(**fields: Any) -> str | None:
        logging.getLogger("offers.replies").warning("received %s", fields["text"])
        return receive(**fields)

    return weak(inbox, "receive", talkative)
