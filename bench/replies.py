"""A reply, from the webhook to the recorded answer and its confirmation, beside a bare view.

Cases ``p50`` and ``p99``: seconds of a request, one connection to one web worker (``p50-2``,
``p99-2``: two to two). Cases ``many`` and ``many-2``: seconds a request costs with eight
connections; one over it is requests a second. The size is the number of open offers. The limit is
a bare Django view in the same server that checks the same signature and commits one row.

Before and afterwards a thousand families answer at once (`bench/crowds.py`), and the invariants
are asked. Reading alone is measured by `bench/reading.py`.
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from importlib import import_module
from itertools import count

import psutil
from twilio.request_validator import RequestValidator

from bench import stage
from bench.phones import PATHS, PUBLIC_URL, TOLD, Request, request, run_as, send_all, serving
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (1_000, 100_000)
QUICK_SIZES = (300,)
REQUESTS = 400
CONNECTIONS = 8
CROWD = 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 3)")
    parser.add_argument("--sizes", type=int, nargs="*", help="open offers")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (3 if options.quick else 5)
    requests = 100 if options.quick else REQUESTS
    report = stage.Report("replies")
    with stage.servers(HP_PUBLIC_URL=PUBLIC_URL, QUIET_HOURS="off") as servers:
        superuser_url = servers.database_url(SUPERUSER)
        import_module("bench.limits.replies").make_table(superuser_url)
        crowds = import_module("bench.crowds")  # its models are ready only now
        crowd = min(CROWD, sizes[0])
        said = [crowds.last_seats(crowd, superuser_url)]
        settled = 0
        for size in sizes:
            families = range(settled, size)
            offered(families, superuser_url)
            settled = size
            for workers in (1, 2):
                measure(report, families, size, workers, runs, requests)
        report.finish()
        for row in report.rows:
            if row.case.startswith("many"):
                print(f"{row.case} at {row.size}: {1 / row.ours:,.0f} replies a second")
        said.append(crowds.second_thoughts(families[:crowd]))
        print(*said, sep="\n")


def offered(families: range, superuser_url: str) -> None:
    """A running round with an open offer for these families and all before, all told of."""
    cohort = import_module("bench.cohort")  # its models are ready only now
    generate = import_module("offers.rounds.generate")
    approval = import_module("offers.rounds.approval")
    close = import_module("offers.rounds.close")
    models = import_module("offers.models")
    began = time.perf_counter()
    cohort.settle(families)
    for over in models.Round.objects.running():
        close.cancel_round(round=over, by=over.created_by, reason="next size")
    size = families.stop
    round, approver = cohort.round_awaiting_approval(f"replies-{size}")
    approval.approve_round(round=round, digest=round.frozen_digest, by=approver)
    round.refresh_from_db()
    generate.generate_offers(round=round)
    run_as(superuser_url, TOLD)
    run_as(superuser_url, "ANALYZE")
    offers = models.Offer.objects.filter(state=models.OfferState.OPEN).count()
    assert offers == size, f"{offers} open offers"
    memory = stage.memory_mb(psutil.Process())
    print(f"{size} open offers after {time.perf_counter() - began:.0f} s, {memory} MB", flush=True)


def measure(
    report: stage.Report, families: range, size: int, workers: int, runs: int, requests: int
) -> None:
    """Ours and the limit in turn, with so many web workers."""
    suffix = "" if workers == 1 else f"-{workers}"
    costs: dict[str, dict[str, list[float]]] = {
        case: {"ours": [], "limit": []} for case in ("p50", "p99", "many")
    }
    texts = {name: written(name, families) for name in PATHS}
    with serving("ours", workers) as ours, serving("limit", workers) as limit:
        ports = {"ours": ours, "limit": limit}
        for name, port in ports.items():
            send_all(port, take(texts[name], 8 * workers), CONNECTIONS)
        for _ in range(runs):
            for name, port in ports.items():
                spent = send_all(port, take(texts[name], requests), workers)
                costs["p50"][name].append(statistics.median(spent))
                costs["p99"][name].append(sorted(spent)[int(len(spent) * 0.99)])
                batch = take(texts[name], requests)
                began = time.perf_counter()
                send_all(port, batch, CONNECTIONS)
                costs["many"][name].append((time.perf_counter() - began) / requests)
        report.peak_mb = max(report.peak_mb, stage.memory_mb(psutil.Process()))
    for case, found in costs.items():
        report.add(case + suffix, size, limit=found["limit"], ours=found["ours"], peers={})


def written(name: str, families: range) -> Iterator[Request]:
    """Signed requests: family after family answers, then all think the other way, and so on."""
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    for turn in count():
        for family in families:
            words = ("Kyllä kiitos", "Ei kiitos")[turn % 2]
            yield request(validator, PATHS[name], family, words)


def take(texts: Iterator[Request], number: int) -> list[Request]:
    """The next ones."""
    return [next(texts) for _ in range(number)]


if __name__ == "__main__":
    main()
