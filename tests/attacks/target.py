"""What is attacked, how it is weakened, and what an attack brings home."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from psycopg2.extensions import cursor

from tests.browser.town import Town


@dataclass(frozen=True)
class Target:
    """A town in which everything is under way; ``thorough`` tries everything, else a sample."""

    town: Town
    superuser: cursor
    thorough: bool = False

    def browser(self, role: str | None = None, **options: Any) -> Client:
        """A browser in which an employee of the role is signed in, or nobody."""
        client = Client(headers={"accept-language": "en"}, raise_request_exception=False, **options)
        if role:
            client.cookies["hp_staff"] = self.town.sessions[role]
        return client


class CaughtError(Exception):
    """One finding is enough."""


@dataclass
class Tally:
    """How often was tried, and what got through, in words without personal data."""

    stops: bool = False
    """At the first finding: a weakness need not be found twice."""
    tries: int = 0
    findings: list[str] = field(default_factory=list)

    def note(self, got_through: object, what: str) -> None:
        """Count a try; keep it as a finding if it got through."""
        self.tries += 1
        if got_through:
            self.findings.append(what)
            if self.stops:
                raise CaughtError


@dataclass(frozen=True)
class Attack:
    """``weakened`` lets the attack through while it is open."""

    name: str
    strike: Callable[[Target, Tally], None]
    weakened: Callable[[Target], AbstractContextManager[object]]
    undone: bool = True
    """Whether it is struck in a transaction that is rolled back; else it leaves traces."""

    def on(self, target: Target, *, weakened: bool) -> Tally:
        """Strike; whatever it changed by our own connection is undone."""
        tally = Tally(stops=weakened)
        with transaction.atomic() if self.undone else nullcontext():
            with self.weakened(target) if weakened else nullcontext(), suppress(CaughtError):
                self.strike(target, tally)
            if self.undone:
                transaction.set_rollback(True)
        return tally


@contextmanager
def weak(place: Any, name: str, value: object) -> Iterator[None]:
    """Put something weaker in the place of a guard, for a while."""
    guard = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, guard)


def addresses() -> Iterator[tuple[str, str]]:
    """Every address there is: its name, and the address with arguments that may exist."""
    yield from _addresses(get_resolver().url_patterns, "/", "")


def _addresses(
    patterns: "list[URLPattern | URLResolver]", before: str, space: str
) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + _filled(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _addresses(pattern.url_patterns, route, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}", route


def _filled(route: str) -> str:
    for converter, value in (
        *(("<int:pk>", "1"), ("<int:subject>", "1"), ("<path:object_id>", "1")),
        *(("<str:token>", "AAAAAAAAAAAAAAAAAAAAAA"), ("<str:language>", "fi"), ("<id>", "1")),
        *(("<int:content_type_id>", "1"), ("<slug:action>", "take"), ("<str:action>", "take")),
    ):
        route = route.replace(converter, value)
    while "<" in route:
        first, _, rest = route.partition("<")
        route = f"{first}1{rest.partition('>')[2]}"
    return route.strip("^$").replace("\\Z", "").replace("(?P", "").replace("$", "")
