"""Attacks on a town in which everything is under way; what got through is counted.

Each attack strikes a target weakened on purpose first: one that does not catch the weakness counts
as a finding itself. ``--quick`` tries the sample that runs with the tests.
"""

import argparse
import json
import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import psycopg2
from django.test.utils import setup_test_environment, teardown_test_environment

from bench import stage
from helsinki_proactive.embedded.postgres import SUPERUSER


@dataclass
class AttackRow:
    """One attack: how often it was tried, and how often it got through."""

    attack: str
    tries: int
    findings: int


def main() -> int:
    """Strike; 0 only if nothing got through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attack", nargs="*", help="only these")
    parser.add_argument("--quick", action="store_true", help="a sample of each, in a minute")
    options = parser.parse_args()
    with stage.servers(LOG_LEVEL="CRITICAL") as servers:
        setup_test_environment()
        url = servers.database_url(SUPERUSER)
        with closing(psycopg2.connect(url)) as superuser, superuser.cursor() as cursor:
            superuser.autocommit = True
            rows = strike_all(cursor, names=options.attack, thorough=not options.quick)
        teardown_test_environment()
    stage.RESULTS.mkdir(exist_ok=True)
    path = stage.RESULTS / "attack.json"
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    print(f"{sum(row.findings for row in rows)} findings; written to {path}")
    return 1 if any(row.findings for row in rows) else 0


def strike_all(superuser: Any, *, names: list[str], thorough: bool) -> list[AttackRow]:
    """Every attack, first where it must succeed; prints a line for each."""
    attacks = import_module("tests.attacks.attack_list").ATTACKS  # its models are ready only now
    target_type = import_module("tests.attacks.target").Target
    target = target_type(import_module("tests.browser.town").built(), superuser, thorough)
    rows = []
    for name in names or attacks:
        findings = attacks[name].on(target, weakened=False)
        caught = attacks[name].on(target, weakened=True).findings
        rows.append(AttackRow(name, findings.tries, len(findings.findings) + (not caught)))
        print(f"{name:<26}{findings.tries:>9} tries {rows[-1].findings:>4} findings", flush=True)
        if not caught:
            print("    it did not catch what was weakened for it")
        for words in sorted(set(findings.findings))[:10]:
            print(f"    {words}")
    return rows


if __name__ == "__main__":
    sys.exit(main())
