"""The record of use, guarded, digested and sealed, beside rows that nobody seals.

Case ``seal``: one act that used everybody's data, from the INSERT until its blocks are published.
Case ``verify``: looking at all of it; the limit reads and hashes the rows and compares nothing.
Case ``single``: one row at the 99th percentile while such acts are written and sealed again and
again; its limit is the same row meanwhile in the twin, with the same acts in the twin.
Case ``search``: a person by their identity code, at the 99th percentile, among all of them with
encrypted codes; the limit is the same row by its key. Case ``rotate``: every code given the next
key; the limit only encrypts as many values. How many rows a second that is, and what verifying a
million rows takes, is printed.
Case ``gate``: the gate's answer for every message of a round, in portions as they are claimed; the
limit asks the same of the same portions in a statement written by hand, and lets the same ones go.
The peak is that of the Python process: the servers' memory is Postgres' own affair.
"""

import argparse
import base64
import json
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import psycopg2
from psycopg2.extensions import connection

from bench import stage
from bench.limits import consents as limits
from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (100_000, 675_000)
QUICK_SIZES = (5_000, 20_000)
SINGLES = 2_000
QUICK_SINGLES = 200
SEARCHES = 1000
MOST_ROTATIONS = 3
MESSAGES = 60_000
PORTION = 500
OURS = "consents_datause"

SETTLE = """
    INSERT INTO citizens_person (register_key, first_names, last_name, birth_date, sex,
        mother_tongue, contact_language, municipality, postal_code, protected, place_by_hand,
        changed_at)
    SELECT 'used-' || n, 'Aino', 'Virtanen', '1990-05-03', '', '', 'fi', '091', '', false, false,
        now()
    FROM generate_series((SELECT count(*) FROM citizens_person) + 1, %s) n
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (5; quick: 3)")
    parser.add_argument("--sizes", type=int, nargs="*", help="people")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (3 if options.quick else 5)
    report = stage.Report("consents")
    with stage.servers() as servers, superuser_of(servers) as superuser:
        limits.make_twin(superuser)
        for size in sizes:
            measure_seal(size, runs, servers, superuser, report)
        singles = QUICK_SINGLES if options.quick else SINGLES
        measure_single(singles, runs, servers, superuser, report)
        measure_encrypted(sizes[-1], runs, superuser, report)
        measure_gate(min(MESSAGES, sizes[-1]), runs, servers, superuser, report)
    if len(sizes) > 1:
        report.growth = {case: growth(report, case) for case in ("seal", "verify")}
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


def empty(superuser: connection) -> None:
    """Nothing recorded, nothing sealed, nothing published."""
    from consents.services.heads import forget_heads  # noqa: PLC0415  Django is ready only now

    limits.empty(superuser)
    forget_heads()


def new_act() -> int:
    """The id of an act of using data."""
    from consents.models import ProcessingKind, Purpose  # noqa: PLC0415
    from consents.services.processing import open_processing  # noqa: PLC0415

    purpose, _ = Purpose.objects.get_or_create(code="bench", name={}, department={})
    return int(open_processing(purpose=purpose, kind=ProcessingKind.ROUND, by=None).pk)


def record_and_seal(act: int) -> float:
    """Record that the act used everybody's data, and seal it; seconds."""
    from citizens.models import Person  # noqa: PLC0415
    from consents.models import Processing  # noqa: PLC0415
    from consents.services.processing import record_use  # noqa: PLC0415
    from consents.services.seal import seal  # noqa: PLC0415

    processing = Processing.objects.get(pk=act)
    began = time.perf_counter()
    record_use(
        processing=processing, people=Person.objects.filter(register_key__startswith="used-")
    )
    seal()
    return time.perf_counter() - began


def verify(rows: int) -> float:
    """Verify the seal; seconds."""
    from consents.services.verify_seal import verify_seal  # noqa: PLC0415

    began = time.perf_counter()
    verdict = verify_seal()
    took = time.perf_counter() - began
    assert verdict.rows >= rows
    assert not [each for each in verdict.findings if each.table == OURS]
    return took


def measure_seal(
    size: int, runs: int, servers: Servers, superuser: connection, report: stage.Report
) -> None:
    """Ours and the limit in turn at one size, and what verifying takes."""
    url = servers.database_url()
    with superuser.cursor() as cursor:
        cursor.execute(SETTLE, [size])
        cursor.execute("VACUUM ANALYZE citizens_person")
    costs: dict[str, list[float]] = {"limit": [], "ours": [], "hash": [], "verify": []}
    for _ in range(runs):
        act = new_act()
        empty(superuser)
        costs["limit"].append(limits.insert(url, act))
        expected = limits.content(superuser, limits.TWIN, act)
        empty(superuser)
        costs["ours"].append(record_and_seal(act))
        assert limits.content(superuser, OURS, act) == expected
        assert expected[0] == size
        costs["hash"].append(limits.hash_rows(url))
        costs["verify"].append(verify(size))
        report.peak_mb = max(report.peak_mb, psutil.Process().memory_info().rss // 2**20)
    report.add("seal", size, limit=costs["limit"], ours=costs["ours"], peers={}, equal=True)
    report.add("verify", size, limit=costs["hash"], ours=costs["verify"], peers={})
    a_million = statistics.median(costs["verify"]) / size * 1_000_000
    print(f"verification: {a_million:.1f} s for a million rows")


def measure_single(
    singles: int, runs: int, servers: Servers, superuser: connection, report: stage.Report
) -> None:
    """Single rows beside large acts, sealed and in the twin; and sealed while nothing happens."""
    url = servers.database_url()
    costs: dict[str, list[float]] = {"limit": [], "ours": [], "alone": []}
    for _ in range(runs):
        empty(superuser)
        costs["alone"].append(p99_of_singles(singles, OURS, url))
        empty(superuser)
        with going_on(lambda: limits.insert(url, new_act())):
            costs["limit"].append(p99_of_singles(singles, limits.TWIN, url))
        empty(superuser)
        with going_on(lambda: record_and_seal(new_act())):
            costs["ours"].append(p99_of_singles(singles, OURS, url))
    peers = {"alone": costs["alone"]}
    report.add("single", singles, unit="ms", limit=costs["limit"], ours=costs["ours"], peers=peers)


def measure_encrypted(size: int, runs: int, superuser: connection, report: stage.Report) -> None:
    """Finding people by their codes among all of them, and giving all of them the next key."""
    from citizens.models import Person  # noqa: PLC0415
    from citizens.rotation import count_stale, rotate_keys  # noqa: PLC0415

    empty(superuser)
    codes = limits.give_codes(superuser, size)
    limit, ours, rotating, encrypting = [], [], [], []
    for run in range(runs):
        asked = codes[run :: max(1, len(codes) // SEARCHES)][:SEARCHES]
        ours.append(p99_ms(lambda one: Person.objects.with_identity_code(one[1]).get(), asked))
        limit.append(p99_ms(lambda one: Person.objects.get(pk=one[0]), asked))
    report.add("search", size, unit="ms", limit=limit, ours=ours, peers={})
    for run in range(min(runs, MOST_ROTATIONS)):
        encrypting.append(limits.encrypt_all(codes))
        next_key(run + 2)
        began = time.perf_counter()
        done = rotate_keys()
        rotating.append(time.perf_counter() - began)
        assert (done.left, count_stale(Person)) == (0, 0)
        assert done.rows >= size
    report.add("rotate", size, limit=encrypting, ours=rotating, peers={})
    print(f"rotation: {size / statistics.median(rotating):,.0f} rows/s")


def measure_gate(
    size: int, runs: int, servers: Servers, superuser: connection, report: stage.Report
) -> None:
    """Asking the gate about every message of a round; of some families something forbids it."""
    from django.utils import timezone  # noqa: PLC0415

    from offers.delivery import gate  # noqa: PLC0415
    from offers.models import Message  # noqa: PLC0415

    empty(superuser)
    round = running_round(size)
    limits.forbid_some(superuser)
    queued = Message.objects.filter(round=round).order_by("lane", "due_at", "pk")
    ids = list(queued.values_list("pk", flat=True))
    assert len(ids) == size
    portions = [ids[start : start + PORTION] for start in range(0, size, PORTION)]
    limit, ours = [], []
    for _ in range(runs):
        seconds, may_go = limits.ask_gate(servers.database_url(), portions)
        limit.append(seconds)
        began = time.perf_counter()
        passages: dict[int, gate.Passage] = {}
        for portion in portions:
            passages |= gate.ask(portion, now=timezone.now())
        ours.append(time.perf_counter() - began)
        assert {pk for pk, passage in passages.items() if passage} == may_go
        assert 0 < len(may_go) < size
    report.add("gate", size, limit=limit, ours=ours, peers={}, equal=True)
    print(f"gate: {statistics.median(ours) / size * 60_000:.1f} s for 60,000 messages")


def running_round(size: int) -> int:
    """The id of a round with a message to each of so many families, none of them sent."""
    from bench.cohort import round_awaiting_approval, settle  # noqa: PLC0415
    from offers.rounds.approval import approve_round  # noqa: PLC0415
    from offers.rounds.generate import generate_offers  # noqa: PLC0415

    settle(range(size))
    round, approver = round_awaiting_approval("gate")
    generate_offers(round=approve_round(round=round, digest=round.frozen_digest, by=approver))
    return int(round.pk)


def next_key(number: int) -> None:
    """Add a key to the ring and make it the current one."""
    from citizens.encryption import keyring  # noqa: PLC0415

    ring = json.loads(os.environ["HP_KEYS"])
    ring["keys"][str(number)] = base64.b64encode(os.urandom(32)).decode()
    os.environ["HP_KEYS"] = json.dumps(ring | {"current": number})
    keyring.cache_clear()


def p99_ms(do: Callable[[tuple[int, str]], object], asked: list[tuple[int, str]]) -> float:
    """Milliseconds that 99 of 100 do not exceed."""
    times = []
    for one in asked:
        began = time.perf_counter()
        do(one)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=100)[98]


@contextmanager
def going_on(act: Callable[[], object]) -> Iterator[None]:
    """Meanwhile ``act`` is done again and again; afterwards its last time is waited for."""
    from django.db import connection as of_thread  # noqa: PLC0415

    done = threading.Event()

    def keep_on() -> None:
        while not done.is_set():
            act()
        of_thread.close()

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def p99_of_singles(singles: int, table: str, url: str) -> float:
    """Milliseconds that 99 of 100 single rows do not exceed until they are committed."""
    act, times = new_act(), []
    database = psycopg2.connect(url)
    for person in people(database, singles):
        began = time.perf_counter()
        with database, database.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (at, processing_id, person_id) VALUES (now(), %s, %s)",
                [act, person],
            )
        times.append((time.perf_counter() - began) * 1000)
    database.close()
    return statistics.quantiles(times, n=100)[98]


def people(database: connection, number: int) -> list[int]:
    """The ids of so many people."""
    with database, database.cursor() as cursor:
        cursor.execute("SELECT id FROM citizens_person ORDER BY id LIMIT %s", [number])
        return [person for (person,) in cursor.fetchall()]


def growth(report: stage.Report, case: str) -> float:
    """The exponent of our cost against the number of rows, smallest to largest."""
    rows = [row for row in report.rows if row.case == case]
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


if __name__ == "__main__":
    main()
