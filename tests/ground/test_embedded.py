"""The embedded servers: shared, stopped by the last, and never stuck."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from helsinki_proactive.embedded import EmbeddedError, Servers, servers
from helsinki_proactive.embedded.account import Account, installed
from helsinki_proactive.embedded.folder import Folder
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.embedded.postgres import SUPERUSER
from helsinki_proactive.embedded.server import free_port
from tests.ground.embedded_users import ask, holder, postmaster, start_holder, works

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
reachable_python = pytest.mark.skipif(
    not Account.choose().reaches(Path(sys.executable).resolve().parent),
    reason="this Python lies where nobody but root can reach it",
)


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
