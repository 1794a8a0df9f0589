"""Selecting who is eligible, beside the same INSERT ... SELECT written by hand.

Case ``preschool`` asks one range of birth dates; case ``screening`` sex, a range of birth dates
and a registered fact that is missing or old. The rules are those of the shipped services, from
their stored criteria to the last row: parsing them is measured too.
"""

import argparse
import math
import time
from datetime import date
from typing import Any

import psutil
import psycopg2
from psycopg2.extensions import cursor

from bench import stage
from bench.limits import eligibility as limits
from helsinki_proactive.embedded import Servers
from helsinki_proactive.embedded.postgres import SUPERUSER

SIZES = (10_000, 100_000, 675_000)
QUICK_SIZES = (10_000, 50_000)
AS_OF = date(2027, 1, 15)
CASES = {"preschool": ("preschool", 1), "screening": ("cervical_screening", 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, in under a minute")
    parser.add_argument("--runs", type=int, help="how often (11; quick: 5)")
    parser.add_argument("--sizes", type=int, nargs="*", help="people")
    options = parser.parse_args()
    sizes = sorted(options.sizes or (QUICK_SIZES if options.quick else SIZES))
    runs = options.runs or (5 if options.quick else 11)
    report = stage.Report("eligibility")
    with stage.servers() as servers:
        ours = Ours()
        superuser = psycopg2.connect(servers.database_url(SUPERUSER))
        superuser.autocommit = True
        for size in sizes:
            limits.populate(superuser.cursor(), size=size, screened=ours.screened)
            for case in CASES:
                measure(case, size, runs, ours, servers, superuser.cursor(), report)
        superuser.close()
    if len(sizes) > 1:
        report.growth = {case: growth(report, case) for case in CASES}
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
    report: stage.Report,
) -> None:
    """Run ours and the limit in turn at one size; both have run once before it counts."""
    database = psycopg2.connect(servers.database_url())
    database.autocommit = True
    costs: dict[str, list[float]] = {"ours": [], "limit": []}

    def by_hand() -> None:
        limits.select(database.cursor(), case, as_of=AS_OF, screened=ours.screened)

    for run in range(runs + 1):
        ways = {"ours": lambda: ours.select(case), "limit": by_hand}
        selected = []
        for name in sorted(ways, reverse=bool(run % 2)):
            limits.empty(superuser)
            began = time.perf_counter()
            ways[name]()
            if run:
                costs[name].append(time.perf_counter() - began)
            selected.append(limits.content(superuser))
        assert selected[0] == selected[1], "ours and the limit selected other people"
        assert selected[0], "nobody was selected"
    database.close()
    report.peak_mb = max(report.peak_mb, stage.memory_mb(psutil.Process()))
    report.add(case, size, limit=costs["limit"], ours=costs["ours"], peers={})


def growth(report: stage.Report, case: str) -> float:
    """The exponent of our cost against the number of people, smallest to largest."""
    rows = [row for row in report.rows if row.case == case]
    first, last = rows[0], rows[-1]
    return round(math.log(last.ours / first.ours) / math.log(last.size / first.size), 3)


if __name__ == "__main__":
    main()
