"""The short form of the faults: real processes die, and the provider's log is counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cohort import settle
from bench.fault_list import FAULTS
from bench.faults import FaultRow, play, product
from bench.ground import Ground
from helsinki_proactive.simulator.client import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

FAMILIES = 40


@pytest.fixture
def ground(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Forty families, and an environment in which leases are short."""
    for name, value in product(simulator).items():
        monkeypatch.setenv(name, value)
    settle(range(FAMILIES))
    return Ground(simulator, tmp_path / "faults.log")


@pytest.fixture(autouse=True)
def _as_before(simulator: Simulator) -> Iterator[None]:
    yield
    simulator.reset_dials()


@pytest.mark.parametrize(
    "name",
    [
        "kill_at_acceptance",
        "wrong_clock",
        "no_broker",
        "disk_full",
        "early_receipts",
        "failover",
        "stop_between_claim_and_send",
        "protection_while_sending",
    ],
)
def test_nothing_is_lost_and_nothing_sent_twice(ground: Ground, name: str) -> None:
    row = FaultRow(name)

    play(FAULTS[name], ground, name, row, sabotage=False)

    assert row.hit == 1
    assert (row.messages, row.lost, row.doubled, row.parked) == (FAMILIES, 0, 0, 0)


def test_with_leases_that_never_run_out_the_count_notices_the_loss(ground: Ground) -> None:
    row = FaultRow("kill_sender")

    play(FAULTS["kill_sender"], ground, "sabotage", row, sabotage=True)

    assert row.lost > 0
