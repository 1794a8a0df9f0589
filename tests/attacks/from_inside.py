"""What employees may try beyond their role, and what names, texts and files bring along."""

import csv
import io
import re
import time
from collections import defaultdict
from contextlib import AbstractContextManager
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.template import engines
from django.urls import reverse

from citizens.models import Person
from helsinki_proactive.casework import search
from helsinki_proactive.staff.admin import UserAdmin
from helsinki_proactive.staff.models import User
from offers.models import Message, Offer, Rating, Reply, Round, Unit, Wish
from offers.rounds import export
from tests.attacks.target import Tally, Target, addresses, weak
from tests.browser.pages import VISITS
from tests.rounds.city import a_user

PUBLIC = re.compile(
    r"offers:|helsinki_health_endpoints:|set_language|metrics|api-schema|staff:|my:|transparency|"
    r"admin:login|admin:jsi18n|admin:index|admin:app_list|admin:logout|admin:password_change"
)
"""Names of addresses whose guard is another one than a role."""


def idor(target: Target, tally: Tally) -> None:
    """Every page of the admin, with each role that has no business there, and every address."""
    roles = (*target.town.sessions, None) if target.thorough else ("unit_head", None)
    allowed: dict[str, set[str]] = defaultdict(set)
    for visit in VISITS.values():
        allowed[visit.view].update(visit.roles)
    for visit in VISITS.values():
        for role in roles:
            if role in allowed[visit.view] or (role and PUBLIC.match(visit.view)):
                continue
            response = target.browser(role).get(visit.address(target.town))
            tally.note(response.status_code == 200, f"{visit.view} opened for {role or 'nobody'}")
    visited = {visit.view for visit in VISITS.values()}
    for name, address in addresses():
        if name in visited or PUBLIC.match(name):
            continue
        for role in roles:
            for method in ("get", "put", "delete") if target.thorough else ("get",):
                response = getattr(target.browser(role), method)(address)
                tally.note(
                    response.status_code == 200 and _is_a_page(name), f"{name} opened for {role}"
                )


def _is_a_page(name: str) -> bool:
    """Not those parts that belong to a page which was visited above."""
    return name not in ("admin:offers_round_progress", "admin:search")


def weak_roles(target: Target) -> AbstractContextManager[object]:
    """Everybody may do everything."""
    return weak(User, "has_perm", lambda *args, **options: True)


def mass_assignment(target: Target, tally: Tally) -> None:
    """Fields that a form does not show, sent along with those it does."""
    more = {
        "is_superuser": "on",
        "is_staff": "on",
        "user_permissions": "1",
        "password": "x",
        "state": "running",
        "frozen_digest": "0" * 64,
        "approved_at": "2026-01-01 00:00",
        "prepared_by": "1",
        "guardian": "1",
        "subject": "1",
        "protected": "on",
        "id": "1",
    }
    victim = a_user("victim")
    before = _guarded()
    for role in (*target.town.sessions, None):
        for name, address, fields in _forms(target, victim):
            target.browser(role).post(address, {**more, **fields})
            tally.note(_guarded() != before, f"{name} took fields of its own for {role}")


def _forms(target: Target, victim: User) -> list[tuple[str, str, dict[str, str]]]:
    town = target.town
    employee = {"username": "victim", "first_name": "V", "is_active": "on"}
    round = {"name": "x", "period": "autumn"}
    link = town.links["open"]
    return [
        ("employee", reverse("admin:staff_user_change", args=[victim.pk]), employee),
        ("new employee", reverse("admin:staff_user_add"), employee | {"username": "new"}),
        ("round", reverse("admin:offers_round_change", args=[town.rounds["draft"]]), round),
        ("round", reverse("admin:offers_round_edit", args=[town.rounds["prepared"]]), round),
        ("answer", f"/o/{link}/fi/answer", {"offer": "0", "answer": "accept"}),
        ("rating", f"/o/{link}/fi/rating", {"stars": "0"}),
    ]


def _guarded() -> object:
    return (
        list(User.objects.filter(is_superuser=True).values_list("pk")),
        list(Round.objects.order_by("pk").values_list("pk", "state", "frozen_digest")),
        list(Person.objects.filter(protected=True).order_by("pk").values_list("pk")),
        list(Offer.objects.order_by("pk").values_list("pk", "subject", "state")),
    )


def weak_form(target: Target) -> AbstractContextManager[object]:
    """The form of employees shows, and takes, who is a superuser."""
    open_to = (*UserAdmin.fieldsets, ("All", {"fields": ("is_superuser",)}))
    return weak(UserAdmin, "fieldsets", open_to)


MARK = "xss7f3a"
SCRIPTS = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"'-{MARK}()-'<svg/onload={MARK}()>",
    f"{{{{ {MARK} }}}}<b {MARK}>",
)
LIVE = re.compile(rf"<(script|img|svg|b)[^>]*{MARK}|<script>{MARK}", re.IGNORECASE)


def stored_xss(target: Target, tally: Tally) -> None:
    """Names, texts, replies, wishes, remarks and units that bring their own scripts along."""
    for script in SCRIPTS if target.thorough else ("".join(SCRIPTS),):
        _write_everywhere(script)
        for visit in VISITS.values():
            if visit.roles:
                role = visit.roles[0]
                response = target.browser(role).get(visit.address(target.town))
                _note_live(tally, response, visit.view)
        for name, token in target.town.links.items():
            for language in ("fi", "sv", "en") if target.thorough else ("fi",):
                response = target.browser().get(f"/o/{token}/{language}/")
                _note_live(tally, response, f"the page of the link {name}")
        found = target.browser("caseworker").post(reverse("casework:search"), {"words": script})
        _note_live(tally, found, "what was searched for")
    _note_live(tally, target.browser().get(f"/o/{SCRIPTS[0]}/"), "the page that is not there")


def _write_everywhere(script: str) -> None:
    Person.objects.update(first_names=script[:200], last_name=script[-200:])
    Unit.objects.update(name=dict.fromkeys(("fi", "sv", "en"), script))
    Round.objects.update(name=script[:100])
    for model, column in ((Message, "body"), (Reply, "text"), (Wish, "text"), (Rating, "comment")):
        for row in model._default_manager.all():
            row.seal(column, script)
            row.save(update_fields=[column])


def _note_live(tally: Tally, response: Any, where: str) -> None:
    tally.note(LIVE.search(response.content.decode(errors="replace")), f"a script lived in {where}")


def weak_escaping(target: Target) -> AbstractContextManager[object]:
    """Templates escape nothing."""
    return weak(engines["django"].engine, "autoescape", False)  # type: ignore[attr-defined]


SQL = (
    *("'", '"', "\\", "1 OR 1=1", "1' OR '1'='1", "1); SELECT pg_sleep(2); --", "%' OR ''='"),
    *("x' UNION SELECT NULL--", "$$", "0x31", "-1", "9" * 30, "\x00", "%00", "{}", "None"),
)
PARAMETERS = (
    *("show", "kind", "seat", "page", "p", "q", "o", "e", "all", "service", "next", "id"),
    *("state__exact", "round__id__exact", "kind__exact", "group__exact", "period__exact"),
    *("service__id__exact", "channel__exact", "language__exact", "is_active__exact"),
    *("groups__id__exact", "source__exact", "operation__exact", "active__exact", "pk__in"),
    *("round__service__code", "person__identity_code", "password__startswith"),
)
SLOW_S = 1.8


def sql_in_filters(target: Target, tally: Tally) -> None:
    """Statements in every filter of every page, and in what is searched for."""
    pages = {v.view: v for v in VISITS.values() if v.roles and v.view != "admin:logout"}
    words = SQL if target.thorough else ("1'\"\\); SELECT pg_sleep(2); --",)
    for visit in pages.values():
        for text in words:
            query = dict.fromkeys(PARAMETERS, text)
            _try(target, tally, visit.roles[0], visit.address(target.town), query, visit.view)
    for text in SQL:
        began, client = time.monotonic(), target.browser("caseworker")
        with transaction.atomic():
            response = client.post(reverse("casework:search"), {"words": f"{text}koe"})
            slow = time.monotonic() - began > SLOW_S
            _note_broken(tally, response.status_code, slow, "the search")
            transaction.set_rollback(True)


def _try(
    target: Target, tally: Tally, role: str, address: str, query: dict[str, str], name: str
) -> None:
    began = time.monotonic()
    with transaction.atomic():
        response = target.browser(role).get(address.partition("?")[0], query)
        slow = time.monotonic() - began > SLOW_S and "pg_sleep" in str(query)
        _note_broken(tally, response.status_code, slow, name)
        transaction.set_rollback(True)


def _note_broken(tally: Tally, status: int, slow: bool, name: str) -> None:
    tally.note(status >= 500 or slow, f"{name} was bent by a statement ({status})")


def weak_search(target: Target) -> AbstractContextManager[object]:
    """What is searched for becomes part of the statement."""

    def find(words: str) -> QuerySet[Person]:
        return Person.objects.extra(where=[f"search_name LIKE '%%{words}%%'"])  # noqa: S610

    return weak(search, "find_people", find)


FORMULAS = (
    *("=1+1", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK"),
    *('"=1', ";=1", ",=1", " =1", "\u00a0=1", "\uff1d1"),
)


def csv_formulas(target: Target, tally: Tally) -> None:
    """Register keys, units and groups that a spreadsheet would run."""
    round = Round.objects.get(pk=target.town.rounds["closed"])
    person = round.subjects.exclude(capacity=None).latest("pk").person
    for formula in FORMULAS if target.thorough else FORMULAS[:4]:
        Person.objects.filter(pk=person.pk).update(register_key=formula)
        Unit.objects.update(name=dict.fromkeys(("fi", "sv", "en"), formula))
        address = reverse("admin:offers_round_download", args=[round.pk, "places"])
        file = target.browser("caseworker").post(address).content.decode()
        cells = [cell for row in csv.reader(io.StringIO(file, newline="")) for cell in row]
        assert len(cells) > 10, "a file without rows proves nothing"
        for cell in cells:
            tally.note(cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"), "a cell was a formula")


def weak_csv(target: Target) -> AbstractContextManager[object]:
    """Values go into the file as they are."""
    return weak(export, "_harmless", str)


JUNK_BODIES = (
    *(b"", b"{", b"\xff\xfe", b"a=%", b"[]" * 500, b'{"a": NaN}', b"--x\r\n", b"0" * 100_000),
    b"\x00",
)
WITHOUT_PROVIDER = ("staff:sign-in", "my:sign-in", "my:signed-in")
"""Without a provider these say so (503)."""

JUNK_TYPES = (
    *("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"),
    *("application/x-www-form-urlencoded", "application/xml", "", "\u00e4"),
)


def junk(target: Target, tally: Tally) -> None:
    """Requests no program would send, to every address: nothing may answer with 500."""
    for n, (name, address) in enumerate(addresses()):
        if target.thorough:
            tries = [(b, JUNK_TYPES[(n + k) % len(JUNK_TYPES)]) for k, b in enumerate(JUNK_BODIES)]
        else:
            tries = [(JUNK_BODIES[n % len(JUNK_BODIES)], JUNK_TYPES[n % len(JUNK_TYPES)])]
        for body, kind in tries:
            for role in ("caseworker", None) if target.thorough else ("caseworker",):
                _send_junk(target, tally, role, name, address, body, kind)


def _send_junk(
    target: Target, tally: Tally, role: str | None, name: str, address: str, body: bytes, kind: str
) -> None:
    with transaction.atomic():
        for method in ("POST", "GET") if target.thorough else ("POST",):
            response = target.browser(role).generic(
                method, address, body, content_type=kind, QUERY_STRING="a=%ff&page=x&%00=%00"
            )
            broke = response.status_code >= 500 and name not in WITHOUT_PROVIDER
            tally.note(broke, f"{name}: {method} {kind!r} gave {response.status_code}")
        transaction.set_rollback(True)


def weak_view(target: Target) -> AbstractContextManager[object]:
    """A view that trusts what it is sent."""

    def trusting(data: Any) -> Any:
        raise DatabaseError

    return weak(search, "SearchForm", trusting)
