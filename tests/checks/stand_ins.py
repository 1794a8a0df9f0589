"""Tests meet the real provider's protocol, SMTP, database and broker: nothing stands in for them.

A simulated provider is a server spoken to over HTTP; a mail catcher is spoken to over SMTP. What
is refused is replacing our side of the wire.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent

LIBRARIES = {
    *("mock", "unittest.mock", "pytest_mock", "responses", "requests_mock", "respx", "vcr"),
    *("httpretty", "aioresponses", "fakeredis", "birdisle", "mongomock", "moto", "pytest_vcr"),
}
FIXTURES = {"mocker", "mailoutbox", "requests_mock", "respx_mock", "celery_config"}
SETTINGS = {"CELERY_TASK_ALWAYS_EAGER", "task_always_eager"}
BACKENDS = ("mail.backends.locmem", "mail.backends.dummy", "mail.backends.console", "sqlite3")
TRANSPORTS = (
    *("twilio", "requests", "httpx", "urllib3", "smtplib", "django.core.mail", "psycopg2"),
    *("django.db", "celery", "kombu", "redis", "memory://"),
)
PATCHERS = {"setattr", "setitem", "patch", "object"}


def problems() -> list[str]:
    """Where tests replace what they should meet, a line each."""
    return [
        f"{path.relative_to(CHECKOUT)}:{line}: {what}"
        for path in sorted((CHECKOUT / "tests").rglob("*.py"))
        if path != Path(__file__) and path.name != "test_checks.py"
        for line, what in stand_ins(path.read_text())
    ]


def stand_ins(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) for each place in a test's source where something is replaced."""
    tree = ast.parse(source)
    origins = _origins(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = [f"imports {name}" for name in sorted(_imported(node) & LIBRARIES)]
        elif isinstance(node, ast.Call):
            found = [f"replaces {place}" for place in _replaced(node, origins)]
        else:
            found = _named(node)
        for what in found:
            yield getattr(node, "lineno", 0), what


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = {name.name for name in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module or "", *(f"{node.module}.{name}" for name in names)}
    return names


def _replaced(call: ast.Call, origins: dict[str, str]) -> list[str]:
    """What a patching call aims at, if that is a transport or another way out."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in PATCHERS or not call.args:
        return []
    target = call.args[0]
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        place = target.value
    else:
        first, _, rest = ast.unparse(target).partition(".")
        place = f"{origins.get(first, first)}.{rest}"
    return [place] if any(f".{name}." in f".{place}." for name in TRANSPORTS) else []


def _named(node: ast.AST) -> list[str]:
    """The settings, fixtures and backends that this node names."""
    match node:
        case ast.arg(arg=name) if name in FIXTURES:
            return [f"uses the fixture {name}"]
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
            return [f"sets {name}"] if name in SETTINGS else []
        case ast.Constant(value=str(text)):
            return [f"names {backend}" for backend in BACKENDS if backend in text]
    return []


def _origins(tree: ast.AST) -> dict[str, str]:
    """The names this source has imported, with where they come from."""
    origins = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                origins[name.asname or name.name.split(".")[0]] = name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                origins[name.asname or name.name] = f"{node.module}.{name.name}"
    return origins
