"""Faults played on a running round: what was lost, what went out twice.

Real processes are killed, on a sign from the simulator; the count is made from the simulator's
own log against the database. ``--sabotage`` keeps the leases of the dead from running out, and
must show losses: the harness is known to see them.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from bench import stage
from helsinki_proactive.embedded.server import free_port
from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)

CITY = "+358400000000"
FAMILIES = 60
ANSWER_MS = 60
TIMEOUT_SECONDS = 0.5
"""Of the product: leases are six times as long, so a run takes seconds."""


@dataclass
class FaultRow:
    """One fault's runs together; ``hit`` are those in which it really struck."""

    fault: str
    runs: int = 0
    hit: int = 0
    messages: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    parked: int = 0


def main() -> int:
    """Play the faults; 0 only if nothing was lost or doubled (sabotaged: if something was)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fault", nargs="*", help="only these")
    parser.add_argument("--runs", type=int, help="how often each")
    parser.add_argument("--sabotage", action="store_true")
    options = parser.parse_args()
    stage.RESULTS.mkdir(exist_ok=True)
    log = stage.RESULTS / "faults.log"
    rows = []
    with start_simulator() as simulator, stage.servers(**product(simulator)):
        faults = import_module("bench.fault_list").FAULTS  # its models are ready only now
        names = options.fault or list(faults)
        if unknown := set(names) - faults.keys():
            parser.error(f"there is no {', '.join(unknown)}; there are: {', '.join(faults)}")
        if options.sabotage:
            names = [name for name in names if faults[name].sabotaged]
        import_module("bench.cohort").settle(range(FAMILIES))
        for name in names:
            row = FaultRow(name)
            rows.append(row)
            for run in range(options.runs or faults[name].runs):
                ground = import_module("bench.ground").Ground(simulator, log)
                play(faults[name], ground, f"{run}-{name}", row, sabotage=options.sabotage)
                keep(rows)
            print(row, flush=True)
    show(rows)
    spoilt = sum(row.lost + row.doubled for row in rows)
    return 0 if bool(spoilt) == options.sabotage else 1


def product(simulator: Simulator) -> dict[str, str]:
    """The product's environment: quick leases, and a web server of its own for receipts."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_BASE_URL": simulator.url,
        "TWILIO_FROM": CITY,
        "HP_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "QUIET_HOURS": "off",
        "PROVIDER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
    }


def play(fault: Any, ground: Any, name: str, row: FaultRow, *, sabotage: bool) -> None:
    """One run: queue, strike, wait for the end, count."""
    ground.simulator.reset_dials()
    ground.simulator.dial(hold_callbacks=True, delay_ms=ANSWER_MS)
    try:
        ground.queue(name, days=fault.days)
        fault.strike(ground)
        if sabotage:
            ground.let_no_lease_run_out()
        ground.settle(sabotaged=sabotage)
        counted = ground.count()
    finally:
        ground.close()
    row.runs += 1
    row.hit += ground.struck
    for figure in ("messages", "lost", "doubled", "uncertain", "parked"):
        setattr(row, figure, getattr(row, figure) + getattr(counted, figure))


def keep(rows: list[FaultRow]) -> None:
    """Write the file; after each run, so that what is cut off has not been for nothing."""
    path = stage.RESULTS / "faults.json"
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n")


def show(rows: list[FaultRow]) -> None:
    """Print the table."""
    print(
        f"{'fault':<28}{'runs':>6}{'hit':>6}{'messages':>10}{'lost':>6}{'doubled':>9}"
        f"{'uncertain':>11}{'parked':>8}"
    )
    for row in rows:
        print(
            f"{row.fault:<28}{row.runs:>6}{row.hit:>6}{row.messages:>10}{row.lost:>6}"
            f"{row.doubled:>9}{row.uncertain:>11}{row.parked:>8}"
        )


if __name__ == "__main__":
    sys.exit(main())
