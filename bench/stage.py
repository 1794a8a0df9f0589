"""What a measurement stands on: servers as durable as in production, and one form of results."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import django
import psutil

from helsinki_proactive import embedded
from helsinki_proactive.embedded.folder import Folder

RESULTS = Path(__file__).parent / "results"


@contextmanager
def servers(**variables: str) -> Iterator[embedded.Servers]:
    """An empty, migrated database and broker of our own, gone afterwards; Django is set up.

    ``variables`` are put into the environment before settings are read.
    """
    with tempfile.TemporaryDirectory(prefix="hp-bench-") as place:
        folder = Folder(Path(place))
        folder.path.chmod(0o711)
        with embedded.servers(folder) as running:
            os.environ.update({"HP_ENV": "test", **running.environment(), **variables})
            os.environ["SEAL_DIR"] = str(folder.path / "seals")
            manage = [sys.executable, str(embedded.CHECKOUT / "manage.py"), "migrate", "-v0"]
            subprocess.run(manage, check=True)
            os.environ["DJANGO_SETTINGS_MODULE"] = "helsinki_proactive.settings"
            django.setup()
            yield running


@dataclass
class Row:
    """One case at one size; costs are medians of ``runs`` runs taken in turn."""

    case: str
    size: int
    unit: str
    limit: float
    ours: float
    ratio: float
    peers: dict[str, float]
    runs: int
    equal: bool | None = None
    """Whether ours gave the very result of an independent way; None where that is not compared."""
    peak_mb: int | None = None
    """The most memory our process held while it did the work; None where that is not asked."""

    def line(self) -> str:
        """The row as a line of the table."""
        peers = ", ".join(f"{name} {cost:.2f}" for name, cost in self.peers.items())
        return (
            f"{self.case:<20}{self.size:>8}{self.limit:>10.3f}{self.ours:>10.3f}"
            f"{self.ratio:>8.2f}{self.peak_mb or '':>8}  {peers or '-'} {self.unit},"
            f" {self.runs} runs"
        )


@dataclass
class Report:
    """A benchmark's results: printed as a table, kept as JSON."""

    name: str
    peak_mb: int = 0
    growth: dict[str, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        case: str,
        size: int,
        *,
        limit: Sequence[float],
        ours: Sequence[float],
        peers: Mapping[str, Sequence[float]],
        unit: str = "s",
        equal: bool | None = None,
        peak_mb: int | None = None,
    ) -> None:
        """A row from the costs of the runs; said at once, since the next may take long."""
        middle = statistics.median
        row = Row(
            case=case,
            size=size,
            unit=unit,
            limit=round(middle(limit), 4),
            ours=round(middle(ours), 4),
            ratio=round(middle(ours) / middle(limit), 3),
            peers={name: round(middle(costs), 4) for name, costs in peers.items()},
            runs=len(ours),
            equal=equal,
            peak_mb=peak_mb,
        )
        self.rows.append(row)
        self.peak_mb = max(self.peak_mb, peak_mb or 0)
        print(row.line(), file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Print the table and write the file."""
        print(f"{'case':<20}{'size':>8}{'limit':>10}{'ours':>10}{'ratio':>8}{'MB':>8}  peers")
        for row in self.rows:
            print(row.line())
        print(f"peak {self.peak_mb} MB, growth {self.growth}")
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def memory_mb(process: psutil.Process) -> int:
    """The resident memory of a process and its children, in MB."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total // 2**20


@dataclass
class Peak:
    """The most memory this process has held in any of the works that were watched, in MB."""

    mb: int = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """By the kernel's own high-water mark, which begins anew here (Linux, proc_pid_status)."""
        Path("/proc/self/clear_refs").write_text("5")
        yield
        status = Path("/proc/self/status").read_text()
        kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
        self.mb = max(self.mb, int(kb) // 1024)
