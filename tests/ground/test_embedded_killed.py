"""Whatever is killed, the embedded servers come back, and nobody else is harmed."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import psutil
import psycopg2
import pytest
import redis

from helsinki_proactive.embedded import Servers, servers
from helsinki_proactive.embedded.account import Account
from helsinki_proactive.embedded.folder import Folder
from helsinki_proactive.embedded.postgres import SUPERUSER
from tests.ground.embedded_users import ask, holder, postmaster, servers_of, state_of, until, works


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


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


BUSY = "DO $$ BEGIN LOOP END LOOP; END $$"
"""At work for ever, and so never looking whether its server still lives."""


@contextmanager
def busy_session(running: Servers) -> Iterator[psutil.Process]:
    """A session in the middle of a long statement, and its process."""
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(ask, running.database_url(), BUSY)
        find = "SELECT pid FROM pg_stat_activity WHERE query = $busy$" + BUSY + "$busy$"
        until(lambda: ask(running.database_url(SUPERUSER), find))
        process = psutil.Process(ask(running.database_url(SUPERUSER), find))
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
            assert isinstance(ended.exception(), psycopg2.Error)


def test_a_killed_postgres_is_started_again_though_a_session_is_at_work(folder: Folder) -> None:
    with servers(folder) as running, busy_session(running) as session:
        postmaster(folder).kill()
        until(lambda: works(running.environment()))
        assert has_ended(session)


def test_a_session_that_outlived_all_of_its_servers_is_no_obstacle(folder: Folder) -> None:
    other = Folder(folder.path / "other")
    shutil.copytree(folder.path, other.path)  # the same keys, and another's data
    with servers(other) as theirs, busy_session(theirs) as their_session:
        with holder(folder) as (process, _), busy_session(servers_of(folder)) as session:
            supervisor = psutil.Process(state_of(folder).supervisor_pid)
            for each in (supervisor, postmaster(folder), process):
                each.kill()
            process.wait()
            until(lambda: has_ended(supervisor))  # a dying one still holds its lock
            with servers(folder) as running:
                assert works(running.environment())
                assert has_ended(session)
        assert their_session.is_running()


def test_a_killed_postgres_is_started_again_though_its_number_has_gone_to_another(
    folder: Folder,
) -> None:
    with servers(folder) as running:
        killed = postmaster(folder)
        (pid_file,) = folder.path.glob("servers/*/postgres/postmaster.pid")
        supervisor = psutil.Process(state_of(folder).supervisor_pid)
        bystander = subprocess.Popen(["sleep", "60"], **Account.choose().options())
        supervisor.suspend()
        killed.kill()
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        supervisor.resume()
        try:
            until(lambda: works(running.environment()))
            assert bystander.poll() is None
        finally:
            bystander.kill()
            bystander.wait()


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
        assert has_ended(old)
        assert works(running.environment())
        with pytest.raises((redis.ConnectionError, psycopg2.OperationalError)):
            works(before)
