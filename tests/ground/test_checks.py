"""The checks of `./run check` find what they look for, and only that."""

import pytest
from packaging.requirements import Requirement

from helsinki_proactive.translations import texts_in_python, texts_in_template
from tests.checks.locks import stale
from tests.checks.repository import refused
from tests.checks.stand_ins import stand_ins


@pytest.mark.parametrize(
    "source",
    [
        "from unittest import mock",
        "import unittest.mock as m",
        "from unittest.mock import patch",
        "import responses",
        "import fakeredis",
        "def test(mocker): ...",
        "def test(mailoutbox): ...",
        "settings.CELERY_TASK_ALWAYS_EAGER = True",
        "override_settings(CELERY_TASK_ALWAYS_EAGER=True)",
        "app.conf.task_always_eager = True",
        "settings.EMAIL_BACKEND = 'django.core.mail.backends.locmem.EmailBackend'",
        "DATABASES = {'ENGINE': 'django.db.backends.sqlite3'}",
        "import smtplib\nmonkeypatch.setattr(smtplib, 'SMTP', Fake)",
        "from twilio.rest import Client\nmonkeypatch.setattr(Client, 'messages', fake)",
        "monkeypatch.setattr('redis.Redis.get', fake)",
        "import django.db as d\nmonkeypatch.setattr(d.connection, 'cursor', fake)",
        "from celery import app\nmonkeypatch.setattr(app.Task, 'delay', fake)",
    ],
)
def test_a_stand_in_is_found(source: str) -> None:
    assert list(stand_ins(source))


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nhttpx.post(simulator.url)",
        "from aiosmtpd.controller import Controller\nController(handler).start()",
        "monkeypatch.setattr(settings, 'QUIET_HOURS', None)",
        "monkeypatch.setenv('TZ', 'UTC')",
        "from twilio.rest import Client\nclient = Client(sid, token)",
        "'a mock of nothing'",
    ],
)
def test_the_real_thing_is_let_be(source: str) -> None:
    assert not list(stand_ins(source))


LOCK = """\
# made by a program
django==5.2.19 \\
    --hash=sha256:00
    # via
    #   helsinki-proactive (pyproject.toml)
    #   django-axes
sqlparse==0.5.3 \\
    --hash=sha256:00
    # via django
"""


@pytest.mark.parametrize(
    ("requirements", "problem"),
    [
        (["django~=5.2.19", "celery==5.7.0"], "celery is missing"),
        (["django~=5.3.0"], "django is 5.2.19, not ~=5.3.0"),
        ([], "django is no longer wanted by pyproject.toml"),
    ],
)
def test_a_stale_lock_is_found(requirements: list[str], problem: str) -> None:
    assert problem in stale(LOCK, [Requirement(text) for text in requirements])


def test_a_lock_without_a_hash_is_found() -> None:
    unhashed = LOCK.replace("0.5.3 \\\n    --hash=sha256:00", "0.5.3")
    assert stale(unhashed, [Requirement("django")]) == ["sqlparse has no hash"]


def test_a_fresh_lock_is_in_order() -> None:
    assert stale(LOCK, [Requirement("Django~=5.2.19")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "see https://" + "pypi." + "org/project/x",
        '"resolved"' + ': "https://example.com/x.tgz"',
        "pip install --index" + "-url https://example.com/simple x",
        "in " + "/ro" + "ot/.venv/bin",
        "cp /ho" + "me/anna/file .",
    ],
)
def test_an_address_that_is_not_everybodys_is_found(text: str) -> None:
    assert list(refused(text))


@pytest.mark.parametrize(
    "text", ["https://www.hel.fi/fi", "tests/root/file", "npm ci", "see /homepage/", "the root/ of"]
)
def test_everybodys_addresses_are_let_be(text: str) -> None:
    assert not list(refused(text))


def test_texts_are_found_in_python() -> None:
    source = """
_("plain"); gettext_lazy("lazy"); ngettext("one", "many", n); pgettext("month", "May")
other("not this"); _(variable)
"""
    assert set(texts_in_python(source)) == {
        (None, "plain"),
        (None, "lazy"),
        (None, "one"),
        ("month", "May"),
    }


def test_texts_are_found_in_templates() -> None:
    source = """{% load i18n %}{% translate "It's here" %} {% translate "May" context "month" %}
{% blocktranslate with name=x %}Hello {{ name }}{% endblocktranslate %}
{% blocktranslate count n=n %}one place{% plural %}{{ n }} places{% endblocktranslate %}
{% blocktranslate trimmed %}
    two
    lines
{% endblocktranslate %}"""
    assert set(texts_in_template(source)) == {
        (None, "It's here"),
        ("month", "May"),
        (None, "Hello %(name)s"),
        (None, "one place"),
        (None, "two lines"),
    }
