"""Throw-away servers for one test run: a copy of a cluster that was migrated once.

A template of the cluster is kept for each shape of the models, so repeated runs only copy it.
Every pytest worker gets a database of its own, cloned inside the server, and two of Valkey's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection

from helsinki_proactive import embedded
from helsinki_proactive.embedded.folder import Folder
from helsinki_proactive.embedded.postgres import DATABASE, OWNER, SUPERUSER

TEMPLATES_KEPT = 3
MEMORY = Path("/dev/shm")  # noqa: S108  folders made by mkdtemp
"""A cluster of a thousand small files is copied there ten times faster than on most disks."""
ROOM_WANTED = 4 * 1024**3
"""Bytes."""

CLEANING = """
CREATE SCHEMA seeds;

-- Tables that migrations fill are kept beside, to be put back after a test.
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE seeds.%I AS TABLE public.%I', name, name);
        END IF;
    END LOOP;
END $$;

-- For the superuser, with triggers off: what is append-only goes as well. Small tables are
-- emptied many times faster by DELETE than by TRUNCATE.
CREATE FUNCTION seeds.clean() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica SET lock_timeout = '15s' AS $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'seeds' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM seeds.%I', name, name);
    END LOOP;
END $$;
"""


@contextmanager
def throwaway_servers() -> Iterator[embedded.Servers]:
    """Running servers with a migrated database, deleted afterwards."""
    home = embedded.local_folder()
    folder = reachable_folder("hp-test-")
    with home.locked("templates"):
        subprocess.run(["cp", "-a", f"{_template(home)}/.", folder.path], check=True)
    with embedded.servers(folder, throwaway=True) as servers:
        yield servers


def _template(home: Folder) -> Path:
    """The kept cluster for today's models, made if there is none."""
    kept = home.path / "templates"
    kept.mkdir(exist_ok=True)
    template = kept / embedded.models_fingerprint()[:16]
    if not template.exists():
        building = reachable_folder("hp-template-")
        _build(building)
        unfinished = kept / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run(["cp", "-a", building.path, unfinished], check=True)
        shutil.rmtree(building.path)
        unfinished.rename(template)
    template.touch()
    for old in sorted(kept.iterdir(), key=lambda path: -path.stat().st_mtime)[TEMPLATES_KEPT:]:
        shutil.rmtree(old)
    return template


def reachable_folder(prefix: str) -> Folder:
    """A temporary folder; the account the servers run as may pass through it."""
    folder = Folder(Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if _roomy(MEMORY) else None)))
    folder.path.chmod(0o711)
    return folder


def _roomy(folder: Path) -> bool:
    """Whether a cluster and a copy of the programs can be kept and run in ``folder``."""
    if not folder.is_dir():
        return False
    flags = os.statvfs(folder).f_flag
    return shutil.disk_usage(folder).free > ROOM_WANTED and not flags & os.ST_NOEXEC


def _build(folder: Folder) -> None:
    with embedded.servers(folder) as servers:
        environment = os.environ | servers.environment() | {"HP_ENV": "test"}
        migrate = [sys.executable, str(embedded.CHECKOUT / "manage.py"), "migrate", "-v0"]
        subprocess.run(migrate, env=environment, check=True)
        with superuser_connection(servers, DATABASE) as superuser:
            superuser.cursor().execute(CLEANING)


@contextmanager
def superuser_connection(servers: embedded.Servers, database: str) -> Iterator[connection]:
    """A connection that may do everything, each statement committed at once."""
    superuser = psycopg2.connect(servers.database_url(SUPERUSER, database=database))
    superuser.autocommit = True
    try:
        yield superuser
    finally:
        superuser.close()


def worker_environment(servers: embedded.Servers, worker: str) -> dict[str, str]:
    """Clone the database for one pytest worker (gw0, gw1 ...); the variables settings read."""
    database = f"{DATABASE}_{worker}"
    number = int(worker.removeprefix("gw"))
    with superuser_connection(servers, "postgres") as superuser:
        superuser.cursor().execute(
            f"CREATE DATABASE {database} TEMPLATE {DATABASE} OWNER {OWNER} STRATEGY FILE_COPY"
        )
    return servers.environment() | {
        "HP_ENV": "test",
        "DATABASE_URL": servers.database_url(database=database),
        "DATABASE_OWNER_URL": servers.database_url(OWNER, database=database),
        "REDIS_URL": servers.redis_url(database=2 * number),
        "CACHE_URL": servers.redis_url(database=2 * number + 1),
        "SEAL_DIR": str(Path(tempfile.gettempdir()) / f"hp-seals-{database}-{os.getpid()}"),
    }
