"""A reply, from the webhook to the recorded answer and its confirmation, beside a bare view.

Cases ``p50`` and ``p99``: seconds of a request, one connection to one web worker (``p50-2``,
``p99-2``: two to two). Cases ``many`` and ``many-2``: seconds a request costs with eight
connections; one over it is requests a second. The size is the number of open offers. The limit is
a bare Django view in the same server that checks the same signature and commits one row.

Afterwards a thousand families change their minds at once about fewer seats than they are, and the
invariants are asked. Reading alone is measured by `bench/reading.py`.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from importlib import import_module
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg2
from twilio.request_validator import RequestValidator

from bench import stage
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (1_000, 100_000)
QUICK_SIZES = (300,)
REQUESTS = 400
CONNECTIONS = 8
CROWD = 1_000
AT_ONCE = 32
LEFT = 0.3
"""Of the seats they gave up: the others have gone on."""
PROJECT = Path(__file__).parent.parent
PUBLIC_URL = "http://bench.test"
PATHS = {"ours": "/webhooks/twilio/reply", "limit": "/limit/reply"}
APPLICATIONS = {
    "ours": ["--config=python:helsinki_proactive.gunicorn"],
    "limit": ["bench.limits.replies:application", "--threads=4", "--worker-class=gthread"],
}
Request = tuple[str, bytes, dict[str, str]]

TOLD = """
    UPDATE offers_message SET state = 'sending', claimed_at = now(), lease_until = now()
    WHERE state = 'queued';
    UPDATE offers_message SET state = 'sent', sent_at = now(), lease_until = NULL,
        provider = 'twilio', provider_id = 'SM' || id
    WHERE state = 'sending'
"""
"""Every message has been taken by the provider: families may answer."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 3)")
    parser.add_argument("--sizes", type=int, nargs="*", help="open offers")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (3 if options.quick else 5)
    report = stage.Report("replies")
    with stage.servers(HP_PUBLIC_URL=PUBLIC_URL, QUIET_HOURS="off") as servers:
        superuser_url = servers.database_url(SUPERUSER)
        import_module("bench.limits.replies").make_table(superuser_url)
        for size in sizes:
            families = offered(size, superuser_url)
            for workers in (1, 2):
                requests = 100 if options.quick else REQUESTS
                measure(report, families, size, workers, runs, requests)
        report.finish()
        for row in report.rows:
            if row.case.startswith("many"):
                print(f"{row.case} at {row.size}: {1 / row.ours:,.0f} replies a second")
        crowd(families[:CROWD])


def offered(size: int, superuser_url: str) -> range:
    """A running round with so many open offers, all told of; the families never asked before."""
    cohort = import_module("bench.cohort")  # its models are ready only now
    generate = import_module("offers.rounds.generate")
    approval = import_module("offers.rounds.approval")
    close = import_module("offers.rounds.close")
    models = import_module("offers.models")
    people = import_module("citizens.models").Person.objects
    settled = people.filter(register_key__startswith="child").count()
    cohort.settle(range(settled, size))
    for over in models.Round.objects.running():
        close.cancel_round(round=over, by=over.created_by, reason="next size")
    round, approver = cohort.round_awaiting_approval(f"replies-{size}")
    approval.approve_round(round=round, digest=round.frozen_digest, by=approver)
    round.refresh_from_db()
    generate.generate_offers(round=round)
    run_as(superuser_url, TOLD)
    run_as(superuser_url, "ANALYZE")
    offers = models.Offer.objects.filter(state=models.OfferState.OPEN).count()
    assert offers == size, f"{offers} open offers"
    return range(settled, size)


def run_as(url: str, sql: str) -> None:
    """Run statements as somebody."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in sql.split(";"):
            cursor.execute(statement)
    connection.close()


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


_numbers = count()


def written(name: str, families: range) -> Iterator[Request]:
    """Signed requests: family after family answers, then all think the other way, and so on."""
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    for turn in count():
        for family in families:
            words = ("Kyllä kiitos", "Ei kiitos")[turn % 2]
            yield request(validator, PATHS[name], f"+35845{family:07}", words)


def request(validator: RequestValidator, path: str, sender: str, words: str) -> Request:
    """A text as Twilio posts it."""
    fields = {"MessageSid": f"SMb{next(_numbers):030}", "From": sender, "Body": words}
    signature = validator.compute_signature(PUBLIC_URL + path, fields)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
        "Host": "bench.test",
    }
    return path, urlencode(fields).encode(), headers


def take(texts: Iterator[Request], number: int) -> list[Request]:
    """The next ones."""
    return [next(texts) for _ in range(number)]


def send_all(port: int, requests: Sequence[Request], connections: int) -> list[float]:
    """Post them over so many connections; the seconds each took. Every one must be answered."""

    def send(share: Sequence[Request]) -> list[float]:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        spent = []
        for path, body, headers in share:
            began = time.perf_counter()
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            content = answer.read()
            spent.append(time.perf_counter() - began)
            assert answer.status == 200, answer.status
            assert "webhooks" not in path or b"<Message" in content, "not answered"
        line.close()
        return spent

    shares = [requests[start::connections] for start in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        return [seconds for spent in pool.map(send, shares) for seconds in spent]


@contextmanager
def serving(name: str, workers: int) -> Iterator[int]:
    """The application behind gunicorn; the port."""
    port = stage.free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", *APPLICATIONS[name]),
            *(f"--bind=127.0.0.1:{port}", f"--workers={workers}", "--max-requests=0"),
            *("--access-logfile=/dev/null", "--log-level=error"),
        ],
        cwd=PROJECT,
        env={k: v for k, v in os.environ.items() if name == "ours" or k != SETTINGS},
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


SETTINGS = "DJANGO_SETTINGS_MODULE"


def wait_for(port: int) -> None:
    """Until somebody listens."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        line = HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError):
            line.request("GET", "/")
            line.getresponse()
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def crowd(families: range) -> None:
    """All say no, most of their seats go on, all think again at once; what came of it is asked."""
    models = import_module("offers.models")
    invariants = import_module("offers.rounds.invariants")
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])

    def all_say(words: str) -> float:
        texts = [request(validator, PATHS["ours"], f"+35845{each:07}", words) for each in families]
        began = time.perf_counter()
        send_all(port, texts, AT_ONCE)
        return time.perf_counter() - began

    keys = [f"child-{each}" for each in families]
    theirs = models.Offer.objects.filter(
        round__in=models.Round.objects.running(), subject__person__register_key__in=keys
    )
    with serving("ours", 2) as port:
        all_say("Ei kiitos")
        assert set(theirs.values_list("state", flat=True)) == {models.OfferState.DECLINED}
        left = 0
        given_up = Counter(theirs.values_list("capacity", flat=True))
        for capacity in models.Capacity.objects.filter(pk__in=given_up):
            free = math.ceil(given_up[capacity.pk] * LEFT)
            capacity.seats = capacity.taken + free
            capacity.save(update_fields=["seats"])
            left += free
        seconds = all_say("Kyllä kiitos")
    accepted = theirs.filter(state=models.OfferState.ACCEPTED).count()
    told = models.Message.objects.filter(kind=models.TextKind.TOO_LATE, offers__in=theirs).count()
    broken = [result.name for result in invariants.check_invariants() if result.broken]
    undecided = models.Reply.objects.undecided().count()
    print(
        f"second thoughts: {len(families)} at once about {left} seats in {seconds:.1f} s: "
        f"{accepted} accepted, {told} told that the place is gone, {undecided} undecided, "
        f"invariants broken: {', '.join(broken) or 'none'}"
    )
    assert (accepted, told) == (left, len(families) - left)
    assert not broken
    assert not undecided


if __name__ == "__main__":
    main()
