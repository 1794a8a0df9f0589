"""The import of the population register beside COPY of the finished rows.

Case ``import``: files on disk are checked, encrypted, indexed, compared and merged into empty
tables. The limit copies the very rows that came of it into the same tables with the same indexes.
Case ``again``: the same files once more, of which nothing changes; its limit is the same COPY.
"""

import argparse
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg2
from psycopg2.extensions import connection

from bench import stage
from bench.limits import register as limits
from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (67_500, 675_000)
QUICK_SIZES = (5_000, 10_000)
AS_OF = date(2026, 1, 31)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 3)")
    parser.add_argument("--sizes", type=int, nargs="*", help="people")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (3 if options.quick else 5)
    report = stage.Report("register")
    with stage.servers() as servers, superuser_of(servers) as superuser:
        for size in sizes:
            with TemporaryDirectory() as folder:
                measure(size, runs, Path(folder), servers, superuser, report)
    if len(sizes) > 1:
        report.growth = {case: growth(report, case) for case in ("import", "again")}
    report.finish()


@contextmanager
def superuser_of(servers: Servers) -> Iterator[connection]:
    """A connection that may empty tables."""
    superuser = psycopg2.connect(servers.database_url(SUPERUSER))
    superuser.autocommit = True
    try:
        yield superuser
    finally:
        superuser.close()


def measure(
    size: int,
    runs: int,
    folder: Path,
    servers: Servers,
    superuser: connection,
    report: stage.Report,
) -> None:
    """Run ours and the limit in turn at one size."""
    write_city(size, folder)
    costs: dict[str, list[float]] = {"import": [], "again": [], "limit": []}
    for _ in range(runs):
        limits.empty(superuser)
        costs["import"].append(time_import(folder))
        report.peak_mb = max(report.peak_mb, stage.memory_mb(psutil.Process()))
        made = limits.content(superuser)
        assert made[0][0] == size
        costs["again"].append(time_import(folder))
        assert limits.content(superuser) == made, "the second import changed something"
        limits.save(servers.database_url(), folder)
        limits.empty(superuser)
        costs["limit"].append(limits.copy(servers.database_url(), folder))
        assert limits.content(superuser) == made, "the limit made other rows"
    for case in ("import", "again"):
        report.add(case, size, limit=costs["limit"], ours=costs[case], peers={})


def write_city(size: int, folder: Path) -> None:
    """The register's files of a synthetic city."""
    from citizens.synthetic.city import City  # noqa: PLC0415  Django is ready only now

    assert sum(City(people=size, as_of=AS_OF).write(folder)) == size


def time_import(folder: Path) -> float:
    """Import the files; seconds from opening them to the commit."""
    from citizens.register.errors import ErrorFile  # noqa: PLC0415
    from citizens.register.importing import RegisterFiles, import_register  # noqa: PLC0415

    files = RegisterFiles(
        people=folder / "people.csv",
        guardianships=folder / "guardianships.csv",
        contacts=folder / "contacts.csv",
    )
    began = time.perf_counter()
    import_register(files=files, errors=ErrorFile(folder / "errors.csv"))
    return time.perf_counter() - began


def growth(report: stage.Report, case: str) -> float:
    """The exponent of our cost against the number of people, smallest to largest."""
    rows = [row for row in report.rows if row.case == case]
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


if __name__ == "__main__":
    main()
