"""The process: starting, stopping, its log, and what it must not know."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from twilio.rest import Client

from helsinki_proactive import simulator as package
from helsinki_proactive.simulator.client import Simulator, SimulatorError, start_simulator
from tests.simulator.conftest import CITY, twilio_client

PACKAGE = Path(package.__file__).parent


def test_it_knows_nothing_of_the_product() -> None:
    imported = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    ours = {name for name in imported if name.startswith("helsinki_proactive")}
    assert ours
    assert all(name.startswith("helsinki_proactive.simulator") for name in ours)
    tops = {name.split(".")[0] for name in imported}
    assert not tops & {"django", "offers", "consents", "citizens", "celery"}


def test_the_log_on_disk_is_the_log_it_serves(log_path: Path) -> None:
    with start_simulator(log_path=log_path, sent_after_ms=0, delivered_after_ms=0) as simulator:
        sid = twilio_client(simulator).messages.create(to="+358457000001", from_=CITY, body="Ä").sid
        simulator.reply("+358457000001", CITY, "Kyllä")
        served = simulator.log()
        assert simulator.log(since=1) == served[1:]
    written = [json.loads(line) for line in log_path.read_text(encoding="utf-8").splitlines()]
    assert written[: len(served)] == served
    assert [entry["seq"] for entry in written] == list(range(1, len(written) + 1))
    assert {"accepted", "inbound", "unanswered"} <= {entry["kind"] for entry in written}
    assert next(entry for entry in written if entry["kind"] == "accepted")["sid"] == sid


def test_it_stops_at_the_end() -> None:
    with start_simulator() as simulator:
        assert _is_listening(simulator.url)
    assert not _is_listening(simulator.url)


def test_it_stops_though_a_caller_is_left_hanging() -> None:
    with start_simulator(hang_after_taking=1) as simulator:
        client = twilio_client(simulator)
        client.http_client.timeout = 0.1
        with pytest.raises(OSError, match="timed out"):
            client.messages.create(to="+358457000001", from_=CITY, body="Moi")
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_it_stops_when_its_owner_is_killed() -> None:
    script = (
        "import time\n"
        "from helsinki_proactive.simulator.client import start_simulator\n"
        "with start_simulator() as simulator:\n"
        "    print(simulator.url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=PACKAGE.parents[1], stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().decode().strip()
        assert _is_listening(url)
        owner.kill()
    deadline = time.monotonic() + 10
    while _is_listening(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_listening(url)


def test_a_port_in_use_or_a_wrong_dial_is_an_error(
    simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(SimulatorError), start_simulator(port=port):
        pass
    with pytest.raises(SimulatorError), start_simulator(delay_ms=-1):
        pass
    messages = capfd.readouterr().err
    assert "in use" in messages
    assert "delay_ms must be a whole number" in messages


def test_the_ready_file_says_where_it_listens(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with subprocess.Popen(
        [sys.executable, "-m", "helsinki_proactive.simulator", f"--ready={ready}"],
        cwd=PACKAGE.parents[1],
        env={"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "secret"},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline()) == json.loads(ready.read_text())
        finally:
            process.terminate()


def test_without_an_account_it_says_what_is_missing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "helsinki_proactive.simulator"],
        cwd=PACKAGE.parents[1],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "TWILIO_ACCOUNT_SID" in ended.stderr


def test_only_the_accounts_own_senders_are_taken() -> None:
    with start_simulator(senders=[CITY]) as simulator:
        client: Client = twilio_client(simulator)
        assert client.messages.create(to="+358457000001", from_=CITY, body="Moi").sid
        with pytest.raises(Exception, match="not a message-capable number"):
            client.messages.create(to="+358457000001", from_="+358409999999", body="Moi")


def _is_listening(url: str) -> bool:
    try:
        return httpx.get(f"{url}/simulator/counts.json", trust_env=False).is_success
    except httpx.HTTPError:
        return False
