"""From approval to the last hand-over, beside a bare loop of the same client.

Case ``round``: the round is approved, a worker makes the offers and sends the messages; ``round,
two workers`` shares the same connections between two. The limit sends the very same texts with
nothing but Twilio's client. All have 16 connections and a provider that takes 50 ms; receipts are
held until the end.

Cases ``confirmation p50`` and ``p99``: from writing the confirmation of an answer to the provider's
taking it, while a whole round waits in the queue; the limit is the same with nothing else to do.
"""

import argparse
import json
import math
import os
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
QUICK_SIZES = (1_000,)
"""Fewer are claimed at once: no confirmation would have anything to wait for."""
CONFIRMATIONS = 100
PROJECT = Path(__file__).parent.parent
OURS, PEER = "helsinki_proactive.celery", "bench.limits.delivery_peer"
Texts = list[tuple[str, str]]
Costs = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 1)")
    parser.add_argument("--sizes", type=int, nargs="*", help="messages in a round")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (1 if options.quick else 5)
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
            settled = 0
            for size in sizes:
                import_module("bench.cohort").settle(range(settled, size))
                settled = size
                measure_rounds(size, runs, simulator, report)
                measure_confirmations(size, runs, simulator, report)
    if len(sizes) > 1:
        for case in ("round", "round, two workers"):
            report.growth[case] = growth([row for row in report.rows if row.case == case])
    report.finish()


def measure_rounds(size: int, runs: int, simulator: Simulator, report: stage.Report) -> None:
    """Run ours with one worker and with two, the limit and the peer in turn."""
    costs: Costs = {"one": [], "two": [], "limit": [], "peer": []}
    for run in range(runs):
        for name, workers in (("one", 1), ("two", 2)):
            cost, sent = time_ours(f"{size}-{run}-{name}", size, workers, simulator, report)
            costs[name].append(cost)
        for name, timed in (("limit", time_limit), ("peer", time_peer)):
            seen = len(simulator.messages())
            costs[name].append(timed(sent, simulator))
            assert texts_since(simulator, seen) == sent, f"{name}: other texts"
    peers = {"a task each": costs["peer"]}
    for case, name in (("round", "one"), ("round, two workers", "two")):
        report.add(case, size, limit=costs["limit"], ours=costs[name], peers=peers)


def time_ours(
    name: str, size: int, workers: int, simulator: Simulator, report: stage.Report
) -> tuple[float, Texts]:
    """The seconds from approval to the last hand-over, and what was sent."""
    seen = len(simulator.messages())
    with celery_worker(OURS, processes=workers) as worker:
        cost: float = import_module("bench.cohort").time_round(name, size)
        report.peak_mb = max(report.peak_mb, stage.memory_mb(worker))
    sent = texts_since(simulator, seen)
    assert len(sent) == len(set(sent)) == size
    return cost, sent


def measure_confirmations(size: int, runs: int, simulator: Simulator, report: stage.Report) -> None:
    """How long a confirmation takes with a round in the queue, and with nothing else to do."""
    confirming = import_module("bench.confirming")
    queued: Costs = {"p50": [], "p99": []}
    idle: Costs = {"p50": [], "p99": []}
    for run in range(runs):
        with celery_worker(OURS) as worker:
            for costs, is_busy in ((idle, False), (queued, True)):
                name = f"{size}-{run}-{is_busy}"
                number = min(CONFIRMATIONS, size // 60)  # before the round has gone out
                seconds = confirming.latencies(name, number, simulator, is_busy=is_busy)
                costs["p50"].append(percentile(seconds, 50))
                costs["p99"].append(percentile(seconds, 99))
            report.peak_mb = max(report.peak_mb, stage.memory_mb(worker))
    for name in ("p50", "p99"):
        report.add(f"confirmation {name}", size, limit=idle[name], ours=queued[name], peers={})


def percentile(values: list[float], share: int) -> float:
    """The value that ``share`` per cent of the values do not exceed."""
    return sorted(values)[math.ceil(len(values) * share / 100) - 1]


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
    with celery_worker(PEER):
        send = import_module(PEER).send
        seen = simulator.counts()["log"]["accepted"]
        began = time.monotonic()
        for to, body in texts:
            send.delay(to, body)
        while simulator.counts()["log"]["accepted"] < seen + len(texts):
            time.sleep(0.25)
        return time.monotonic() - began


@contextmanager
def celery_worker(application: str, *, processes: int = 1) -> Iterator[psutil.Process]:
    """A worker of the application that has begun to listen: ours with so many processes, which
    share the connections; the peer with a thread for each connection."""
    is_peer = application == PEER
    queues = "peer" if is_peer else "replies,reminders,bulk"
    pool = ["--pool=threads", f"--concurrency={CONNECTIONS}"]
    environment = {"SENDING_CONCURRENCY": str(CONNECTIONS // processes)}
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", f"--app={application}", "worker"),
            *(f"--queues={queues}", "--loglevel=warning", "--without-gossip", "--without-mingle"),
            *(pool if is_peer else [f"--concurrency={processes}"]),
        ],
        cwd=PROJECT,
        env=os.environ | environment,
    )
    try:
        control = import_module(application).app.control
        while not control.ping(timeout=0.5):
            assert worker.poll() is None, "the worker has died"
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
