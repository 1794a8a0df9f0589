"""Every test runs on the real servers, as the application's role, and talks to loopback only."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Any

import django
import hypothesis
import pytest
import redis
from django.conf import settings
from django.test import TransactionTestCase
from psycopg2.extensions import cursor

from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.translations import compile_changed
from tests.chromium import HOW_TO_GET_ONE, find_chromium
from tests.servers import superuser_connection, throwaway_servers, worker_environment

SERVERS = "HP_TEST_SERVERS"
"""Where the controller of parallel workers tells them about the servers it started."""

ALONE = "gw31"
"""The process that is not one of several workers; the last that has databases in Valkey."""

hypothesis.settings.register_profile(
    "shared machine",
    deadline=None,
    max_examples=60,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, and give each worker its environment before Django reads it."""
    if settings.configured:
        raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: the tests set up Django themselves")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        compile_changed()
        stack = ExitStack()
        config.add_cleanup(stack.close)
        servers = stack.enter_context(throwaway_servers())
        os.environ[SERVERS] = json.dumps(
            [vars(servers.keys), servers.postgres_port, servers.valkey_port]
        )
    os.environ |= worker_environment(_servers(), worker or ALONE)
    os.environ["DJANGO_SETTINGS_MODULE"] = "helsinki_proactive.settings"
    django.setup()
    # A worker inherits our environment and must not read settings before it knows its database.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    sys.addaudithook(_only_loopback)


def _servers() -> Servers:
    keys, postgres_port, valkey_port = json.loads(os.environ[SERVERS])
    return Servers(Keys(**keys), postgres_port, valkey_port)


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines; names other than localhost need one to be found."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        if host != "localhost" and not ip_address(host).is_loopback:
            raise PermissionError("tests talk to loopback only")
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "", "localhost", b"localhost"):
        try:
            ip_address(arguments[0])
        except ValueError:
            raise PermissionError("tests look up no names") from None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the browser tests were left out."""
    if find_chromium() is None:
        terminalreporter.section("browser tests SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(HOW_TO_GET_ONE, red=True)


@pytest.fixture(scope="session", autouse=True)
def _mail_goes_out_by_smtp(django_test_environment: None) -> None:
    """Django's test environment keeps mail in a list; ours goes to EMAIL_HOST and EMAIL_PORT."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The database is there already."""


@pytest.fixture(scope="session")
def superuser() -> Iterator[cursor]:
    """A cursor past every guard, to plant what must be found and to see what is really there.

    It commits each statement: use it with transactional tests.
    """
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    with superuser_connection(_servers(), name) as connection, connection.cursor() as commits:
        yield commits


@pytest.fixture(scope="session", autouse=True)
def _cleaned_as_superuser(superuser: cursor) -> None:
    """Django empties tables as the application, which may not truncate and must not be able to."""

    def clean(test: TransactionTestCase) -> None:
        superuser.execute("SELECT seeds.clean()")

    TransactionTestCase._fixture_teardown = clean  # type: ignore[attr-defined]  # its private hook


@pytest.fixture(autouse=True)
def _empty_valkey() -> None:
    """Each test begins with an empty broker and cache."""
    for url in (os.environ["REDIS_URL"], os.environ["CACHE_URL"]):
        with redis.Redis.from_url(url) as valkey:
            valkey.flushdb()
