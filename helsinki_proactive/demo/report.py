"""This run's figures: measured here, held against the simulator's own log, beside Helsinki's."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

from django.db.models import Max
from rich.console import Console
from rich.table import Table

from consents.services.seal import seal
from consents.services.verify_seal import verify_seal
from helsinki_proactive.demo.families import Family, Shares
from helsinki_proactive.simulator.client import Simulator
from offers.models import Channel, Message, Reply, Round, TextKind
from offers.rounds.figures import Figures, figures
from offers.rounds.invariants import InvariantResult, check_invariants

PUBLISHED: dict[str, dict[str, str]] = {
    "Helsinki, January 2021, SMS": {
        "families": "5,591",
        "sent to": "5,591 families",
        "answered": "93% (5,201)",
        "accepted, of the answered": "89% (4,645)",
    },
    "Helsinki, 2022, e-mail": {
        "families": "4,396",
        "sent to": "4,396 families",
        "answered": "95% (4,185)",
        "accepted, of the answered": "89%",
        "rating": "4.32 / 5",
        "reply to confirmation": "1 minute (before: 2 months)",
    },
}


@dataclass(frozen=True)
class Result:
    """What one run of the demo measured."""

    figures: Figures
    approval_to_last_message_s: float
    reply_ms: tuple[float, float]
    wall_s: float
    invariants: Sequence[InvariantResult]
    differences: Sequence[str]

    @property
    def holds(self) -> bool:
        """Every invariant was shown to hold, and the figures are the simulator's own."""
        return all(self.invariants) and not self.differences

    def as_json(self) -> dict[str, Any]:
        """The content of ``.local/demo.json``. Families are counted, but for ``messages``."""
        p50, p99 = self.reply_ms
        return {
            "families": self.figures.families,
            "messages": self.figures.messages,
            "sent": self.figures.sent,
            "answered": self.figures.answered,
            "accepted": self.figures.accepted,
            "declined": self.figures.declined,
            "rating": self.figures.rating and round(float(self.figures.rating), 2),
            "approval_to_last_message_s": round(self.approval_to_last_message_s, 2),
            "reply_to_confirmation_ms": {"p50": round(p50, 1), "p99": round(p99, 1)},
            "wall_s": round(self.wall_s, 1),
            "invariants": {
                **{result.name: bool(result) for result in self.invariants},
                "figures_equal_the_simulators_log": not self.differences,
            },
        }


def measure(
    round: Round,
    *,
    families: Sequence[Family],
    approved_at: datetime,
    simulator: Simulator,
    wall_s: float,
) -> Result:
    """Ask the database, and the simulator's log, what this run came to."""
    offered = Message.objects.filter(round=round, kind=TextKind.OFFER)
    last = offered.aggregate(last=Max("sent_at"))["last"] or approved_at
    counted = figures(round)
    return Result(
        figures=counted,
        approval_to_last_message_s=(last - approved_at).total_seconds(),
        reply_ms=_reply_times(simulator),
        wall_s=wall_s,
        invariants=[*check_invariants(round), _seal_is_whole()],
        differences=list(_differences(counted, families, simulator)),
    )


def _seal_is_whole() -> InvariantResult:
    """What was written under the seal is as it was written; what still waits is sealed first."""
    seal()
    verdict = verify_seal()
    return InvariantResult("the_seal_is_whole", verdict.rows, verdict.broken, ())


def _reply_times(simulator: Simulator) -> tuple[float, float]:
    """p50 and p99, in milliseconds, from a family's text to the answer the product gave it."""
    times = [entry["milliseconds"] for entry in simulator.log(kind="answered")]
    if len(times) < 2:
        return (times or [0.0])[0], (times or [0.0])[0]
    percentiles = quantiles(times, n=100)
    return percentiles[49], percentiles[98]


def _differences(
    counted: Figures, families: Sequence[Family], simulator: Simulator
) -> Iterator[str]:
    """Where our figures are not what the simulator's own log says."""
    log = simulator.log()
    count = Counter(entry["kind"] for entry in log)
    handed_over = Counter(
        Message.objects.filter(sent_at__isnull=False).values_list("channel", flat=True)
    )
    home = {guardian.address: family.key for family in families for guardian in family.guardians}
    reached = {entry["recipient"] for entry in log if entry["kind"] == "accepted"}
    reached.update(*(entry["recipients"] for entry in log if entry["kind"] == "mail"))
    pairs = {
        "text messages": (handed_over[Channel.SMS], count["accepted"] + count["answer"]),
        "e-mails": (handed_over[Channel.EMAIL], count["mail"]),
        "messages of the round": (counted.messages, sum(handed_over.values())),
        "replies": (Reply.objects.count(), count["inbound"]),
        "families written to": (
            counted.sent,
            len({home[address] for address in reached if address in home}),
        ),
    }
    for what, (ours, theirs) in pairs.items():
        if ours != theirs:
            yield f"{what}: {ours:,} here, {theirs:,} in the simulator's log"


def show(result: Result, *, shares: Shares, console: Console) -> None:
    """One table: the published rounds and this one, then the invariants."""
    counted = result.figures
    p50, p99 = result.reply_ms
    table = Table(title="One message, one answer, one place", title_justify="left")
    for heading in ("", *PUBLISHED, "this run"):
        table.add_column(heading)
    ours = {
        "families": f"{counted.families:,}",
        "sent to": f"{counted.sent:,} families ({counted.messages:,} messages)",
        "answered": _share(counted.answered, counted.sent),
        "accepted, of the answered": _share(counted.accepted, counted.answered),
        "declined": f"{counted.declined:,}",
        "rating": f"{counted.rating:.2f} / 5 ({counted.ratings:,})" if counted.rating else "–",
        "approval to the last message": f"{result.approval_to_last_message_s:.1f} s",
        "reply to confirmation": f"{p50:.0f} ms (99 % within {p99:.0f} ms)",
    }
    for name, value in ours.items():
        table.add_row(name, *(row.get(name, "–") for row in PUBLISHED.values()), value)
    console.print(table)
    console.print(
        "How many answer, and how, was set beforehand, not found out: "
        + ", ".join(f"{name} {value:.0%}" for name, value in asdict(shares).items())
    )
    _show_invariants(result, console)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} ({part:,})" if whole else "–"


def _show_invariants(result: Result, console: Console) -> None:
    table = Table(title="What must always hold, asked of the database", title_justify="left")
    table.add_column("")
    table.add_column("rows looked at", justify="right")
    table.add_column("offenders", justify="right")
    table.add_column("")
    for invariant in result.invariants:
        verdict = "holds" if invariant else "BROKEN" if invariant.shown else "nothing to look at"
        table.add_row(
            invariant.name.replace("_", " "),
            f"{invariant.looked_at:,}",
            f"{invariant.broken:,}",
            verdict,
            style=None if invariant else "bold red",
        )
    console.print(table)
    for difference in result.differences:
        console.print(f"[bold red]not as in the simulator's log:[/] {difference}")
    if not result.differences:
        console.print("The figures equal the simulator's own log.")
