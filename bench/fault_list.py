"""Every fault, by its name: how to strike, how often, and whether sabotage must show with it."""

from dataclasses import dataclass
from datetime import date

from bench import strikes
from bench.flips import FLIPS

KILL_RUNS = 100
OTHER_RUNS = 10
SPRING = (date(2027, 3, 28), date(2027, 3, 30))
"""The Sundays on which the clocks are changed, and the days on which people are written to again:
in 2027 Easter Monday comes in between."""

AUTUMN = (date(2027, 10, 31), date(2027, 11, 1))


@dataclass(frozen=True)
class Fault:
    """A way to strike, how often, and how many days its round is open."""

    strike: strikes.Strike
    runs: int = OTHER_RUNS
    sabotaged: bool = False
    days: int = 14


FAULTS = {
    "kill_at_random": Fault(strikes.kill_at_random, KILL_RUNS, sabotaged=True),
    "kill_at_acceptance": Fault(strikes.kill_at_acceptance, KILL_RUNS, sabotaged=True),
    "kill_sender": Fault(strikes.kill_sender, KILL_RUNS, sabotaged=True),
    "kill_postgres": Fault(strikes.kill_postgres, KILL_RUNS),
    "kill_valkey": Fault(strikes.kill_valkey, KILL_RUNS),
    "no_broker": Fault(strikes.no_broker),
    "terminate": Fault(strikes.terminate),
    "two_senders": Fault(strikes.two_senders),
    "two_beats": Fault(strikes.two_beats),
    "wrong_clock": Fault(strikes.wrong_clock),
    "disk_full": Fault(strikes.disk_full),
    "night_in_spring": Fault(strikes.night(*SPRING), days=strikes.days_until(SPRING[1])),
    "night_in_autumn": Fault(strikes.night(*AUTUMN), days=strikes.days_until(AUTUMN[1])),
    "slow": Fault(strikes.provider(delay_ms=450)),
    "too_many_requests": Fault(strikes.provider(rate_per_s=20.0, retry_after_s=1)),
    "server_errors": Fault(strikes.provider(refuse={"20500": 0.3})),
    "closes_after_taking": Fault(strikes.provider(drop_after_taking=0.3)),
    "closes_before_taking": Fault(strikes.provider(drop_before_taking=0.3)),
    "never_answers": Fault(strikes.provider(hang_after_taking=0.2)),
    "failover": Fault(strikes.failover(refuse={"20003": 1.0})),
    "failover_timeouts": Fault(strikes.failover(hang_after_taking=1.0)),
    "failover_of_notices": Fault(strikes.failover_of_notices),
    "failover_of_questions": Fault(strikes.failover_of_questions),
    "failover_killed": Fault(strikes.failover_killed),
    "duplicate_receipts": Fault(strikes.receipts(duplicate_callbacks=2)),
    "reordered_receipts": Fault(strikes.receipts(reorder_callbacks=True)),
    "early_receipts": Fault(strikes.receipts(early_callbacks=True)),
    "stop_between_claim_and_send": Fault(strikes.stop_between_claim_and_send),
    "custody_lost_while_sending": Fault(strikes.while_sending("not_guardian")),
    "death_while_sending": Fault(strikes.while_sending("subject_died")),
    "protection_while_sending": Fault(strikes.while_sending("protected")),
    **{f"gate_{name}": Fault(strikes.gate(name)) for name in FLIPS},
    "gate_not_allowed_here": Fault(strikes.gate_of_staging),
}
