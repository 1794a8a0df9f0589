"""gunicorn in production's settings, on the test's servers."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helsinki_proactive.embedded.server import free_port
from tests.ground.test_settings import CHECKOUT, example


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web server like a city's, and its log in $HP_TEST_LOG."""
    port = free_port()
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    os.environ["HP_TEST_LOG"] = str(log)
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "CACHE_URL")}
    environment = {"PATH": os.environ["PATH"], **example(), **servers}
    environment |= {"BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", "python:helsinki_proactive.gunicorn"),
            ],
            cwd=CHECKOUT,
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            ask(port, "/healthz")
        except OSError:
            if process.poll() is not None:
                pytest.fail(log.read_text())
            time.sleep(0.05)
        else:
            return
    pytest.fail(log.read_text())


def ask(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize("path", ["/healthz", "/readiness"])
def test_health_is_told_without_tls_and_by_address(port: int, path: str) -> None:
    assert ask(port, path).status == 200


def test_everything_else_is_sent_to_tls(port: int) -> None:
    answer = ask(port, "/admin/", Host="palvelut.example.fi")
    assert answer.status == 301
    assert answer.headers["Location"] == "https://palvelut.example.fi/admin/"


def test_behind_a_proxy_with_tls_pages_are_served_and_kept_to_it(port: int) -> None:
    secure = {"Host": "palvelut.example.fi", "X-Forwarded-Proto": "https"}
    answer = ask(port, "/admin/", **secure)
    assert answer.status == 302
    assert "includeSubDomains" in answer.headers["Strict-Transport-Security"]


def test_another_host_name_is_refused(port: int) -> None:
    assert ask(port, "/admin/", Host="evil.example").status == 400


def test_metrics_want_the_token(port: int) -> None:
    assert ask(port, "/metrics").status == 403


def test_the_log_is_json_lines(port: int) -> None:
    ask(port, "/admin/?q=0401234567", Host="palvelut.example.fi")
    lines = Path(os.environ["HP_TEST_LOG"]).read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert any(event["event"] == "request_finished" for event in events)
    assert "0401234567" not in "".join(lines)
