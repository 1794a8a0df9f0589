"""A catalogue of hundreds of rules: asked of everybody, of what a night changed, and explained.

Part of ``bench.eligibility``.
"""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import cursor

from bench import stage
from bench.limits import catalogue as limits
from helsinki_proactive.embedded import Servers

PAIRS = 100_000
EXPLAINED = (1, 835)


@dataclass
class Peer:
    """A Python with the peers' packages; without one they are left out."""

    python: str | None

    def time(self, name: str, rules: limits.Rules, day: date) -> float:
        """The seconds that the named peer needs."""
        asked = json.dumps({"rules": rules, "day": day.isoformat()})
        script = str(Path(__file__).parent / "limits" / "peers.py")
        command = [self.python or "", script, name]
        done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout)


@dataclass
class Costs:
    """Seconds of each run, by what was measured."""

    full: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    delta: list[float] = field(default_factory=list)
    polars: list[float] = field(default_factory=list)


def generated(services: int) -> limits.Rules:
    """The rules of a generated catalogue; all other services are out of use. Id → criteria."""
    from offers.eligibility.generated import generate_catalogue  # noqa: PLC0415
    from offers.models import EligibilityRule, Service  # noqa: PLC0415

    made = generate_catalogue(services=services, day=date(2027, 1, 15))
    in_use = [one.service.pk for one in made]
    Service.objects.exclude(pk__in=in_use).update(active=False)
    in_force = EligibilityRule.objects.in_force().filter(service__in=in_use)
    return dict(in_force.values_list("pk", "criteria"))


def measure_nights(
    size: int,
    runs: int,
    rules: limits.Rules,
    servers: Servers,
    superuser: cursor,
    peer: Peer,
    report: stage.Report,
) -> None:
    """Full run beside the hand-written inserts, then a night in which half a per cent changed."""
    database = psycopg2.connect(servers.database_url())
    database.autocommit = True
    costs, full, delta = Costs(), stage.Peak(), stage.Peak()
    for run in range(runs):
        day = date(2027, 1, 15) + timedelta(days=2 * run)
        limits.empty(superuser)
        written = limits.statements(rules, day=day)
        ways: dict[str, Callable[[], object]] = {
            "full": partial(keep, day, in_full=True),
            "by_hand": partial(limits.insert_all, database.cursor(), written),
        }
        for name in sorted(ways, reverse=bool(run % 2)):
            with full.watched() if name == "full" else nullcontext():
                getattr(costs, name).append(seconds(ways[name]))
        assert_same(superuser, "bench_entitlement")
        limits.change(superuser, night=run, day=day)
        superuser.execute("CHECKPOINT")
        next_day = day + timedelta(days=1)
        with delta.watched():
            costs.delta.append(seconds(partial(keep, next_day, in_full=False)))
        if peer.python:
            costs.polars.append(peer.time("polars", rules, next_day))
            assert_same(superuser, "bench_peer")
    superuser.execute("TRUNCATE bench_entitlement")
    limits.insert_all(database.cursor(), limits.statements(rules, day=next_day))
    assert_same(superuser, "bench_entitlement")
    database.close()
    peers = {"polars": costs.polars} if peer.python else {}
    of_full: dict[str, Any] = {"limit": costs.by_hand, "ours": costs.full, "peak_mb": full.mb}
    of_delta: dict[str, Any] = {"limit": costs.full, "ours": costs.delta, "peak_mb": delta.mb}
    report.add("full", size, **of_full, peers=peers, equal=True)
    report.add("delta", size, **of_delta, peers=peers, equal=True)


def keep(day: date, *, in_full: bool) -> None:
    """Ours: bring the entitlements to the day."""
    from offers.eligibility.standing import keep_standing  # noqa: PLC0415

    done = keep_standing(day=day, in_full=in_full)
    assert done is not None, "another run was under way"


def assert_same(superuser: cursor, table: str) -> None:
    """Every rule has the very same people in ours and in the table."""
    ours = limits.content(superuser, "offers_entitlement")
    assert ours == limits.content(superuser, table), f"{table} holds other people than ours"
    assert ours, "nobody was selected"


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure_explaining(
    runs: int, rules: limits.Rules, servers: Servers, report: stage.Report
) -> None:
    """One person explained against one rule, and against all; the limit only says yes or no."""
    from citizens.models import Person  # noqa: PLC0415
    from offers.eligibility.entitlements import still_holds  # noqa: PLC0415
    from offers.eligibility.explain import explain_all  # noqa: PLC0415

    day = date(2027, 1, 15)
    database = psycopg2.connect(servers.database_url())
    people = list(Person.objects.resident().order_by("register_key")[: runs + 1])
    for count in EXPLAINED:
        some = list(islice(cycle(rules.values()), count))
        asked = [
            f"SELECT {limits.condition(one, day=day)} FROM citizens_person person WHERE id = %s"
            for one in some
        ]
        costs: dict[str, list[float]] = {"ours": [], "limit": []}
        for run, person in enumerate(people):
            found: dict[str, list[bool]] = {}
            for name in sorted(costs, reverse=bool(run % 2)):
                began = time.perf_counter()
                if name == "ours":
                    facts = explain_all(some, person=person, as_of=day)
                    found[name] = [still_holds(one) for one in facts]
                else:
                    found[name] = _held(database.cursor(), asked, person.pk)
                if run:
                    costs[name].append((time.perf_counter() - began) * 1000)
            assert found["ours"] == found["limit"], "the explanation says something else"
        report.add(
            "explain",
            count,
            limit=costs["limit"],
            ours=costs["ours"],
            peers={},
            unit="ms",
            equal=True,
        )
    database.close()


def _held(cursor: cursor, asked: list[str], person: int) -> list[bool]:
    held = []
    for statement in asked:
        cursor.execute(statement, [person])
        held.append(bool(cursor.fetchall()[0][0]))
    return held


def agreed_pairs(rules: Mapping[int, Any]) -> int:
    """Select and explain, compared on random pairs of a rule and a person; how many pairs.

    Of the people every tenth has something unknown. Raises AssertionError at the first difference.
    """
    from citizens.models import Person  # noqa: PLC0415
    from offers.eligibility.entitlements import still_holds  # noqa: PLC0415
    from offers.eligibility.explain import with_facts  # noqa: PLC0415
    from offers.eligibility.select import matching  # noqa: PLC0415

    day = date(2027, 1, 15)
    some = Person.objects.resident()
    pairs = 0
    for criteria in rules.values():
        chosen = list(some.order_by("?").values_list("pk", flat=True)[: PAIRS // len(rules) + 1])
        people = Person.objects.filter(pk__in=chosen)
        selected = set(
            matching(criteria, as_of=day).filter(pk__in=chosen).values_list("pk", flat=True)
        )
        explained: Any = with_facts(people, criteria, as_of=day)
        held = {one.pk for one in explained if still_holds(one.facts)}
        assert held == selected, "select and explain disagree"
        pairs += len(chosen)
    return pairs
