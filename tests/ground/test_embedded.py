"""The embedded servers: shared, stopped by the last, and never stuck."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from helsinki_proactive.embedded import EmbeddedError, Servers, servers
from helsinki_proactive.embedded.account import Account, installed
from helsinki_proactive.embedded.folder import Folder
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.embedded.postgres import SUPERUSER
from helsinki_proactive.embedded.server import free_port
from tests.servers import reachable_folder

CHECKOUT = Path(__file__).resolve().parent.parent.parent
HOLDER = Path(__file__).with_name("hold_servers.py")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
reachable_python = pytest.mark.skipif(
    not Account.choose().reaches(Path(sys.executable).resolve().parent),
    reason="this Python lies where nobody but root can reach it",
)


@pytest.fixture
def folder() -> Iterator[Folder]:
    """An empty folder, outside pytest's own, which the servers' account may not enter."""
    made = reachable_folder("hp-embedded-")
    yield made
    shutil.rmtree(made.path)


Process = subprocess.Popen[str]


def start_holder(folder: Folder, **options: Any) -> Process:
    return subprocess.Popen(
        [sys.executable, str(HOLDER), str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"]},
        **options,
    )


@contextmanager
def holder(folder: Folder, **options: Any) -> Iterator[tuple[Process, dict[str, str]]]:
    """Another process that uses the servers, and the environment it has got."""
    process = start_holder(folder, **options)
    assert process.stdout is not None
    assert process.stderr is not None
    answer = process.stdout.readline()
    if not answer:
        pytest.fail(process.stderr.read())
    try:
        yield process, json.loads(answer)
    finally:
        process.communicate()


def ask(url: str, sql: str) -> Any:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else None


def works(environment: dict[str, str]) -> bool:
    with redis.Redis.from_url(environment["REDIS_URL"]) as valkey:
        return bool(valkey.ping()) and ask(environment["DATABASE_URL"], "SELECT 1") == 1


def postmaster(folder: Folder) -> psutil.Process:
    (pid_file,) = folder.path.glob("servers/*/postgres/postmaster.pid")
    return psutil.Process(int(pid_file.read_text().split()[0]))


def until(condition: Any) -> None:
    for _ in range(600):
        with suppress(OSError, psycopg2.Error, redis.ConnectionError, psutil.Error, ValueError):
            if condition():
                return
        time.sleep(0.05)
    pytest.fail("it did not come to that within 30 seconds")


def test_a_second_user_shares_the_servers_and_the_last_one_stops_them(folder: Folder) -> None:
    with servers(folder) as ours:
        with holder(folder) as (_, theirs):
            assert theirs == ours.environment()
        assert works(ours.environment())
        server = postmaster(folder)
    assert not server.is_running()
    assert folder.state() is None


def test_data_is_there_again_after_a_restart(folder: Folder) -> None:
    with servers(folder) as first:
        ask_as_owner = first.environment()["DATABASE_OWNER_URL"]
        ask(ask_as_owner, "CREATE TABLE kept AS SELECT 7 AS number; SELECT 1")
    with servers(folder) as second:
        assert ask(second.environment()["DATABASE_OWNER_URL"], "SELECT number FROM kept") == 7


def test_two_who_start_at_once_get_the_same_servers(folder: Folder) -> None:
    starters = [start_holder(folder) for _ in range(3)]
    answers = [starter.stdout.readline() for starter in starters if starter.stdout]
    for starter in starters:
        starter.communicate()
    assert len(set(answers)) == 1
    assert json.loads(answers[0])


def test_two_folders_have_servers_of_their_own(folder: Folder) -> None:
    (folder.path / "other").mkdir()
    other = Folder(folder.path / "other")
    with servers(folder) as ours, servers(other) as theirs:
        assert ours.postgres_port != theirs.postgres_port
        wrong = Servers(theirs.keys, ours.postgres_port, ours.valkey_port)
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(wrong.database_url(), "SELECT 1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_servers_stop_however_their_user_ends(folder: Folder, number: int) -> None:
    with holder(folder) as (process, _):
        server = postmaster(folder)
        process.send_signal(number)
        process.wait(30)
    until(lambda: not server.is_running())
    until(lambda: folder.state() is None)


def test_a_killed_postgres_is_started_again_on_its_port(folder: Folder) -> None:
    with servers(folder) as running:
        killed = postmaster(folder)
        killed.kill()
        until(lambda: postmaster(folder).pid != killed.pid)
        until(lambda: works(running.environment()))


def test_a_killed_valkey_is_started_again_on_its_port(folder: Folder) -> None:
    with servers(folder) as running:
        with redis.Redis.from_url(running.redis_url()) as valkey:
            psutil.Process(valkey.info("server")["process_id"]).kill()
        until(lambda: works(running.environment()))


def test_servers_whose_supervisor_was_killed_are_replaced(folder: Folder) -> None:
    with holder(folder) as (process, before):
        old = postmaster(folder)
        state = folder.state()
        assert state is not None
        supervisor = psutil.Process(state.supervisor_pid)
        supervisor.kill()
        until(lambda: supervisor.status() == psutil.STATUS_ZOMBIE)
        process.kill()
        process.wait()
    assert old.is_running()
    with servers(folder) as running:
        assert not old.is_running()
        assert works(running.environment())
        with pytest.raises((redis.ConnectionError, psycopg2.OperationalError)):
            works(before)


def test_a_pid_file_of_a_dead_server_is_no_obstacle(folder: Folder) -> None:
    with servers(folder):
        (pid_file,) = folder.path.glob("servers/*/postgres/postmaster.pid")
        stale = pid_file.read_text()
    ended = subprocess.Popen(["true"])
    ended.wait()
    pid_file.write_text("\n".join([str(ended.pid), *stale.splitlines()[1:]]) + "\n")
    with servers(folder) as running:
        assert works(running.environment())


def test_a_pid_file_that_names_somebody_else_is_no_obstacle_and_does_him_no_harm(
    folder: Folder,
) -> None:
    with servers(folder):
        (pid_file,) = folder.path.glob("servers/*/postgres/postmaster.pid")
        stale = pid_file.read_text()
    bystander = subprocess.Popen(["sleep", "60"], **Account.choose().options())
    try:
        pid_file.write_text("\n".join([str(bystander.pid), *stale.splitlines()[1:]]) + "\n")
        with servers(folder) as running:
            assert works(running.environment())
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_port_that_somebody_else_has_taken_meanwhile_is_no_obstacle(folder: Folder) -> None:
    with servers(folder) as first:
        port = first.postgres_port
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        with servers(folder) as second:
            assert second.postgres_port != port
            assert works(second.environment())


def test_an_interrupted_initdb_begins_anew(folder: Folder) -> None:
    keys = Keys.load(folder.keys)
    half = folder.path / "servers" / keys.instance / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    folder.path.joinpath("servers").chmod(0o711)
    with servers(folder) as running:
        assert works(running.environment())


def test_a_long_path_is_no_obstacle(folder: Folder) -> None:
    deep = Folder(folder.path / "/".join(["päiväkoti kannelmäki" * 5] * 3))
    deep.create()
    with servers(deep) as running:
        assert works(running.environment())


def test_keys_and_data_are_closed_to_others(folder: Folder) -> None:
    with servers(folder):
        assert folder.keys.stat().st_mode & 0o777 == 0o600
        (data,) = folder.path.glob("servers/*/postgres")
        assert data.stat().st_mode & 0o077 == 0
        assert data.parent.stat().st_mode & 0o077 == 0
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # it may be at its end
                line = " ".join(process.cmdline())
                assert Keys.load(folder.keys).valkey_password not in line


def test_nothing_of_a_statement_enters_the_log(folder: Folder) -> None:
    with servers(folder) as running:
        url = running.database_url(SUPERUSER)
        ask(url, "CREATE TABLE people (phone text PRIMARY KEY); SELECT 1")
        for sql in ("INSERT INTO people VALUES ('+358401234567')", "SELECT 'secret' FROM nowhere"):
            with suppress(psycopg2.Error):
                ask(url, sql + "; " + sql)
    log = folder.log.read_text()
    assert "ready to accept connections" in log
    assert "+358401234567" not in log
    assert "secret" not in log


def test_a_folder_that_cannot_be_made_is_said_plainly(folder: Folder) -> None:
    (folder.path / "file").write_text("")
    with pytest.raises(EmbeddedError, match="HP_LOCAL_DIR"):
        Folder(folder.path / "file" / "below").create()


def test_a_broken_cluster_is_said_with_the_servers_own_words(folder: Folder) -> None:
    with servers(folder):
        pass
    (control,) = folder.path.glob("servers/*/postgres/global/pg_control")
    control.write_bytes(b"")
    with pytest.raises(EmbeddedError, match="pg_control"), servers(folder):
        pass


@as_root
@reachable_python
def test_an_ordinary_user_can_run_them(folder: Folder) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder.path, nobody.pw_uid, nobody.pw_gid)
    options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
    with holder(folder, **options) as (process, environment):
        assert works(environment)
        assert psutil.Process(process.pid).uids().real == nobody.pw_uid


@as_root
def test_root_runs_them_in_a_folder_that_is_closed_to_others(folder: Folder) -> None:
    folder.path.chmod(0o700)
    with servers(folder) as running:
        assert works(running.environment())
        home = Path("/var/tmp", f"helsinki-proactive-{running.keys.instance}")  # noqa: S108
        assert home.stat().st_mode & 0o777 == 0o700
    with servers(folder) as again:
        assert works(again.environment())
    assert folder.path.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(home)


@as_root
def test_programs_in_a_closed_folder_are_copied(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder.path / "closed"
    for name in ("hp_fake", "hp_fake.libs", "hp_fake-1.0.dist-info"):
        (closed / name).mkdir(parents=True)
    (closed / "hp_fake" / "program").write_text("")
    (closed / "hp_fake" / "__init__.py").write_text("")
    (closed / "hp_fake-1.0.dist-info" / "METADATA").write_text("Name: hp-fake\nVersion: 1.0\n")
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    home = folder.path / "home"
    account = Account.choose()
    account.own(home)
    assert installed("hp_fake", account, home) == home / "hp_fake-1.0" / "hp_fake"
    assert account.reaches(home / "hp_fake-1.0" / "hp_fake.libs")
    assert installed("hp_fake", account, home).joinpath("program").exists()


def test_a_package_that_is_not_there_is_said_plainly(folder: Folder) -> None:
    with pytest.raises(EmbeddedError, match="DATABASE_URL and REDIS_URL"):
        installed("hp_missing", Account.choose(), folder.path)


def test_free_ports_are_free() -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", free_port()))
