"""Selecting who is eligible, beside the same INSERT ... SELECT written by hand.

Case ``preschool`` asks one range of birth dates; case ``screening`` sex, a range of birth dates
and a registered fact that is missing or old. The rules are those of the shipped services, from
their stored criteria to the last row: parsing them is measured too; in ``preschool_disputed`` and
``screening_disputed`` 200 people say that the fact asked for is wrong, by hand with one more
subquery: what they say costs nobody else. Cases ``full`` and ``delta``
keep who is entitled to what for a generated catalogue: everybody asked, beside as many inserts
written by hand; and a night in which half a per cent of the people changed, beside the full run.
Case ``explain`` (its size is the number of rules) is one person's reasons, beside only yes or no.

``--peers PYTHON`` adds OpenFisca, polars and zen-engine (see bench/limits/peers.py).
"""

import argparse
import math
import time
from contextlib import nullcontext
from datetime import date
from typing import Any

import psycopg2
from psycopg2.extensions import cursor

from bench import stage
from bench.limits import eligibility as limits
from bench.limits.catalogue import Rules
from bench.limits.catalogue import content as peers_content
from bench.nights import Peer, agreed_pairs, generated, measure_explaining, measure_nights
from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (10_000, 100_000, 675_000)
QUICK_SIZES = (10_000, 50_000)
AS_OF = date(2027, 1, 15)
CASES = {
    "preschool": ("preschool", 1),
    "screening": ("cervical_screening", 2),
    "preschool_disputed": ("preschool", 1),
    "screening_disputed": ("cervical_screening", 2),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (11; quick: 5)")
    parser.add_argument("--sizes", type=int, nargs="*", help="people")
    parser.add_argument("--services", type=int, default=835, help="rules; 0: no catalogue")
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has the peers' packages")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (5 if options.quick else 11)
    report = stage.Report("eligibility")
    peer = Peer(options.peers)
    rules: Rules = {}
    with stage.servers() as servers:
        ours = Ours()
        superuser = psycopg2.connect(servers.database_url(SUPERUSER))
        superuser.autocommit = True
        for size in sizes:
            limits.populate(superuser.cursor(), size=size, screened=ours.screened)
            for case in CASES:
                measure(case, size, runs, ours, servers, superuser.cursor(), peer, report)
            if not options.services:
                continue
            rules = rules or generated(options.services)
            nights = 2 if options.quick else min(runs, 5)
            measure_nights(size, nights, rules, servers, superuser.cursor(), peer, report)
            if size == sizes[0]:
                measure_explaining(runs, rules, servers, report)
                print(f"select and explain agree on {agreed_pairs(rules):,} random pairs")
        superuser.close()
    if len(sizes) > 1:
        cases = (*CASES, "full", "delta") if options.services else CASES
        report.growth = {case: growth(report, case) for case in cases}
    report.finish()


class Ours:
    """The product's own selection, into the table both write to."""

    def __init__(self) -> None:
        """Django is ready only now."""
        from django.db import models  # noqa: PLC0415

        from citizens.models import Attribute  # noqa: PLC0415
        from offers.catalogue.load import load_catalogue  # noqa: PLC0415
        from offers.models import EligibilityRule  # noqa: PLC0415

        load_catalogue()
        in_force = EligibilityRule.objects.in_force()
        self.criteria = dict(in_force.values_list("service__code", "criteria"))
        self.screened: int = Attribute.objects.get(code="last_screening").pk

        class Eligible(models.Model):
            rule_id = models.IntegerField()
            person_id = models.BigIntegerField()

            class Meta:
                app_label = "bench"
                managed = False
                db_table = "bench_eligible"

            def __str__(self) -> str:
                return f"{self.rule_id}: {self.person_id}"

        self.table: Any = Eligible

    def select(self, case: str) -> None:
        """Insert whoever the case's rule matches."""
        from django.db.models import Value  # noqa: PLC0415

        from offers.eligibility.select import insert_select, matching  # noqa: PLC0415

        service, rule = CASES[case]
        people = matching(self.criteria[service], as_of=AS_OF)
        columns: dict[str, Any] = {"rule_id": Value(rule), "person_id": "pk"}
        insert_select(self.table, people, columns, skip_existing=False)


def measure(
    case: str,
    size: int,
    runs: int,
    ours: Ours,
    servers: Servers,
    superuser: cursor,
    peer: Peer,
    report: stage.Report,
) -> None:
    """Run ours and the limit in turn at one size; both have run once before it counts."""
    database = psycopg2.connect(servers.database_url())
    database.autocommit = True
    costs: dict[str, list[float]] = {"ours": [], "limit": []}
    peak = stage.Peak()
    limits.dispute(superuser, case, size=size)

    def by_hand() -> None:
        limits.select(database.cursor(), case, as_of=AS_OF, screened=ours.screened)

    for run in range(runs + 1):
        ways = {"ours": lambda: ours.select(case), "limit": by_hand}
        selected = []
        for name in sorted(ways, reverse=bool(run % 2)):
            limits.empty(superuser)
            with peak.watched() if name == "ours" else nullcontext():
                began = time.perf_counter()
                ways[name]()
                seconds = time.perf_counter() - began
            if run:
                costs[name].append(seconds)
            selected.append(limits.content(superuser))
        assert selected[0] == selected[1], "ours and the limit selected other people"
        assert selected[0], "nobody was selected"
    peers = (
        {} if case in limits.DISPUTED else ask_peers(case, selected[0], runs, ours, superuser, peer)
    )
    limits.dispute(superuser, "", size=size)
    database.close()
    report.add(
        case,
        size,
        limit=costs["limit"],
        ours=costs["ours"],
        peers=peers,
        equal=True,
        peak_mb=peak.mb,
    )


def ask_peers(
    case: str,
    selected: list[tuple[int, int, int]],
    runs: int,
    ours: Ours,
    superuser: cursor,
    peer: Peer,
) -> dict[str, list[float]]:
    """The same people, chosen by the peers; zen-engine only decides, on a scaled sample."""
    if not peer.python:
        return {}
    service, rule = CASES[case]
    rules = {rule: ours.criteria[service]}
    costs: dict[str, list[float]] = {"openfisca": [], "zen (scaled)": []}
    for _ in range(min(runs, 5)):
        limits.empty_peers(superuser)
        costs["openfisca"].append(peer.time("openfisca", rules, AS_OF))
        assert peers_content(superuser, "bench_peer") == selected, "OpenFisca selected other people"
        costs["zen (scaled)"].append(peer.time("zen", rules, AS_OF))
    return costs


def growth(report: stage.Report, case: str) -> float:
    """The exponent of our cost against the number of people, smallest to largest."""
    rows = [row for row in report.rows if row.case == case]
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


if __name__ == "__main__":
    main()
