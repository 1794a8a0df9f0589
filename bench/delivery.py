"""From approval to the last hand-over, beside a bare loop of the same client.

Case ``round``: the round is approved, a worker makes the offers and sends the messages. The limit
sends the very same texts with nothing but Twilio's client. Both have 16 connections and a
provider that takes 50 ms; receipts are held until the end.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO

import psutil

from bench import stage
from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)

CONNECTIONS = 16
PROVIDER_MS = 50
SIZES = (5_591, 60_000)
QUICK_SIZES = (300,)
PROJECT = Path(__file__).parent.parent
Texts = list[tuple[str, str]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 3)")
    parser.add_argument("--sizes", type=int, nargs="*", help="messages in a round")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (3 if options.quick else 5)
    report = stage.Report("delivery")
    with start_simulator(delay_ms=PROVIDER_MS, hold_callbacks=True) as simulator:
        provider = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_BASE_URL": simulator.url,
            "TWILIO_FROM": "+358400000000",
            "QUIET_HOURS": "off",
            "SENDING_CONCURRENCY": str(CONNECTIONS),
        }
        with stage.servers(**provider):
            measure(sizes, runs, simulator, report)
    report.finish()


def measure(sizes: list[int], runs: int, simulator: Simulator, report: stage.Report) -> None:
    """Run ours, the limit and the peer in turn at each size."""
    cohort = import_module("bench.cohort")  # its models are ready only now
    settled = 0
    with celery_worker("helsinki_proactive.celery") as ours, celery_worker(PEER):
        for size in sizes:
            cohort.settle(range(settled, size))
            settled = size
            costs: dict[str, list[float]] = {"ours": [], "limit": [], "peer": []}
            for run in range(runs):
                seen = len(simulator.messages())
                costs["ours"].append(cohort.time_round(f"{size}-{run}", size))
                sent = texts_since(simulator, seen)
                assert len(sent) == len(set(sent)) == size
                for name, timed in (("limit", time_limit), ("peer", time_peer)):
                    seen += size
                    costs[name].append(timed(sent, simulator))
                    assert texts_since(simulator, seen) == sent, f"{name}: other texts"
                report.peak_mb = max(report.peak_mb, stage.memory_mb(ours))
            report.add(
                "round",
                size,
                limit=costs["limit"],
                ours=costs["ours"],
                peers={"a task each": costs["peer"]},
            )
    if len(report.rows) > 1:
        report.growth["round"] = growth(report.rows)


def texts_since(simulator: Simulator, seen: int) -> Texts:
    """What the provider has taken after the first ``seen`` texts, in a fixed order."""
    return sorted((text.to, text.body) for text in simulator.messages()[seen:])


def time_limit(texts: Texts, _simulator: Simulator) -> float:
    """The bare loop, in a process of its own."""
    loop = subprocess.Popen(
        [sys.executable, "-m", "bench.limits.delivery", str(CONNECTIONS)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert loop.stdin is not None
    assert loop.stdout is not None
    with loop:
        loop.stdin.writelines(json.dumps({"to": to, "body": body}) + "\n" for to, body in texts)
        say(loop.stdin, "\n")
        assert loop.stdout.readline() == "ready\n"
        say(loop.stdin, "go\n")
        return float(loop.stdout.readline())


def say(stream: IO[str], words: str) -> None:
    """Write at once."""
    stream.write(words)
    stream.flush()


def time_peer(texts: Texts, simulator: Simulator) -> float:
    """A task for each message; until the provider has the last."""
    send = import_module(PEER).send
    seen = simulator.counts()["log"]["accepted"]
    began = time.monotonic()
    for to, body in texts:
        send.delay(to, body)
    while simulator.counts()["log"]["accepted"] < seen + len(texts):
        time.sleep(0.25)
    return time.monotonic() - began


PEER = "bench.limits.delivery_peer"


@contextmanager
def celery_worker(application: str) -> Iterator[psutil.Process]:
    """A running worker of the application: ours with one process, the peer with 16 threads."""
    queues = "peer" if application == PEER else "replies,reminders,bulk"
    pool = ["--pool=threads", f"--concurrency={CONNECTIONS}"]
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", f"--app={application}", "worker"),
            *(f"--queues={queues}", "--loglevel=warning", "--without-gossip", "--without-mingle"),
            *(pool if application == PEER else ["--concurrency=1"]),
        ],
        cwd=PROJECT,
    )
    try:
        yield psutil.Process(worker.pid)
    finally:
        worker.terminate()
        worker.wait()


def growth(rows: list[stage.Row]) -> float:
    """The exponent of our cost against size."""
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


if __name__ == "__main__":
    main()
