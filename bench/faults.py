"""Faults played on a running round: what was lost, what went out twice.

Real processes are killed, on a sign from the simulator; the count is made from the simulator's
own log against the database. ``--sabotage`` keeps the leases of the dead from running out, and
must show losses: the harness is known to see them.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from bench import stage
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

KILL_RUNS = 100
OTHER_RUNS = 10
dice = random.Random(20)
Strike = Callable[[Any], None]


def kill_at_random(ground: Any) -> None:
    """kill -9 of a worker at a random moment of its sending."""
    worker = ground.start_worker()
    ground.wait_for_acceptance()
    time.sleep(dice.uniform(0, 0.25))
    ground.kill(worker)
    ground.start_sender()


def kill_at_acceptance(ground: Any) -> None:
    """kill -9 of a worker between the provider's acceptance and the commit."""
    worker = ground.start_worker()
    ground.wait_for_acceptance(after=dice.randrange(FAMILIES // 2))
    ground.kill(worker)
    ground.start_sender()


def kill_sender(ground: Any) -> None:
    """kill -9 of the sender that needs no broker."""
    sender = ground.start_sender()
    ground.wait_for_acceptance(after=dice.randrange(FAMILIES // 2))
    ground.kill(sender)
    ground.start_sender()


def kill_postgres(ground: Any) -> None:
    """kill -9 of PostgreSQL in the middle of sending; it is started again."""
    ground.start_sender()
    ground.wait_for_acceptance()
    ground.kill_server("postgres")


def kill_valkey(ground: Any) -> None:
    """kill -9 of Valkey, which comes back empty, under a worker and a beat."""
    ground.start_worker()
    ground.start(*ground.BEAT)
    ground.wait_for_acceptance()
    ground.kill_server("valkey")


def no_broker(ground: Any) -> None:
    """No bell is ever heard: the broker's address answers to nobody."""
    ground.start(*ground.SENDER, REDIS_URL="redis://127.0.0.1:9/0")
    ground.struck = True


def terminate(ground: Any) -> None:
    """A deploy: SIGTERM in the middle of a batch, then the next worker."""
    worker = ground.start_worker()
    ground.wait_for_acceptance()
    ground.kill(worker, signal.SIGTERM)
    ground.start_sender()


def two_senders(ground: Any) -> None:
    """Two senders, sweepers and reconcilers at once."""
    ground.start_sender()
    ground.start_sender()
    ground.struck = True


def wrong_clock(ground: Any) -> None:
    """A sender whose clock is an hour ahead, killed, beside one whose clock is right."""
    ahead = ground.start("-m", "bench.hour_ahead", *ground.SENDER[1:])
    ground.wait_for_acceptance()
    ground.kill(ahead)
    ground.start_sender()


def provider(**dials: object) -> Strike:
    """The provider misbehaves as the dials say, then no more."""

    def strike(ground: Any) -> None:
        ground.simulator.dial(**dials)
        ground.start_sender()
        ground.wait_for_acceptance()
        time.sleep(2)
        ground.simulator.reset_dials()
        ground.simulator.dial(hold_callbacks=True, delay_ms=ANSWER_MS)
        ground.struck = True

    return strike


def receipts(**dials: object) -> Strike:
    """Receipts come as the dials say, to a real web server."""

    def strike(ground: Any) -> None:
        ground.start_web()
        ground.wants_receipts = True
        ground.simulator.dial(hold_callbacks=False, webhook_retry_ms=100, **dials)
        ground.start_sender()
        ground.struck = True

    return strike


@dataclass(frozen=True)
class Fault:
    """A way to strike, and how often."""

    strike: Strike
    runs: int = OTHER_RUNS
    sabotaged: bool = False


FAULTS = {
    "kill_at_random": Fault(kill_at_random, KILL_RUNS, sabotaged=True),
    "kill_at_acceptance": Fault(kill_at_acceptance, KILL_RUNS, sabotaged=True),
    "kill_sender": Fault(kill_sender, KILL_RUNS, sabotaged=True),
    "kill_postgres": Fault(kill_postgres, KILL_RUNS),
    "kill_valkey": Fault(kill_valkey),
    "no_broker": Fault(no_broker),
    "terminate": Fault(terminate),
    "two_senders": Fault(two_senders),
    "wrong_clock": Fault(wrong_clock),
    "slow": Fault(provider(delay_ms=450)),
    "too_many_requests": Fault(provider(rate_per_s=20.0, retry_after_s=1)),
    "server_errors": Fault(provider(refuse={"20500": 0.3})),
    "closes_after_taking": Fault(provider(drop_after_taking=0.3)),
    "closes_before_taking": Fault(provider(drop_before_taking=0.3)),
    "never_answers": Fault(provider(hang_after_taking=0.2)),
    "duplicate_receipts": Fault(receipts(duplicate_callbacks=2)),
    "reordered_receipts": Fault(receipts(reorder_callbacks=True)),
    "early_receipts": Fault(receipts(early_callbacks=True)),
}


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
    parser.add_argument("fault", nargs="?", choices=FAULTS, help="only this one")
    parser.add_argument("--runs", type=int, help="how often each")
    parser.add_argument("--sabotage", action="store_true")
    options = parser.parse_args()
    names = [options.fault] if options.fault else list(FAULTS)
    if options.sabotage:
        names = [name for name in names if FAULTS[name].sabotaged]
    log = stage.RESULTS / "faults.log"
    with start_simulator() as simulator, stage.servers(**product(simulator)):
        import_module("bench.cohort").settle(range(FAMILIES))
        rows = []
        for name in names:
            fault = FAULTS[name]
            row = FaultRow(name)
            for run in range(options.runs or fault.runs):
                ground = import_module("bench.ground").Ground(simulator, log)
                play(fault, ground, f"{run}-{name}"[:20], row, sabotage=options.sabotage)
            print(row, flush=True)
            rows.append(row)
    keep(rows)
    spoilt = sum(row.lost + row.doubled for row in rows)
    return 0 if bool(spoilt) == options.sabotage else 1


def product(simulator: Simulator) -> dict[str, str]:
    """The product's environment: quick leases, and a web server of its own for receipts."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_BASE_URL": simulator.url,
        "TWILIO_FROM": CITY,
        "HP_PUBLIC_URL": f"http://127.0.0.1:{stage.free_port()}",
        "QUIET_HOURS": "off",
        "PROVIDER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
    }


def play(fault: Fault, ground: Any, name: str, row: FaultRow, *, sabotage: bool) -> None:
    """One run: queue, strike, wait for the end, count."""
    ground.simulator.reset_dials()
    ground.simulator.dial(hold_callbacks=True, delay_ms=ANSWER_MS)
    try:
        ground.queue(name)
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
    """Print the table and write the file."""
    print(
        f"{'fault':<22}{'runs':>6}{'hit':>6}{'messages':>10}{'lost':>6}{'doubled':>9}"
        f"{'uncertain':>11}{'parked':>8}"
    )
    for row in rows:
        print(
            f"{row.fault:<22}{row.runs:>6}{row.hit:>6}{row.messages:>10}{row.lost:>6}"
            f"{row.doubled:>9}{row.uncertain:>11}{row.parked:>8}"
        )
    stage.RESULTS.mkdir(exist_ok=True)
    path = stage.RESULTS / "faults.json"
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
