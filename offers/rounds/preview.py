"""What the caseworker and the approver see of a round before it is sent."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count

from offers.eligibility.select import not_resident
from offers.models import Exclusion, Round, Subject
from offers.rounds.cohort import in_another_round
from offers.rounds.rehearsal import Rehearsal, rehearse
from offers.rounds.warnings import BLOCKING, Remark, remarks


def make_preview(round: Round, placement: dict[str, Any]) -> dict[str, Any]:
    """The preview of a drawn-up and placed list, as JSON.

    ``eligible`` people the rule selects and ``families`` among them; ``excluded`` by reason: those
    not written to, and those who match but died, moved or are in another round; ``messages`` for
    each channel and language with segments and cost in euros, and the ``total``; ``samples`` by
    language, which hold names and go once the round is decided; ``placement`` as
    ``place_subjects`` gave it; ``warnings`` and ``blockers`` (see ``warnings.remark_text``).
    """
    rehearsal = rehearse(round)
    subjects = Subject.objects.filter(round=round)
    counts = subjects.aggregate(eligible=Count("pk"), families=Count("family", distinct=True))
    excluded = _excluded(round)
    said = [
        *remarks(round, eligible=counts["eligible"], excluded=excluded),
        *_refused(rehearsal),
        *placement.get("remarks", []),
    ]
    return {
        **counts,
        "contacted": subjects.filter(exclusion=Exclusion.NONE).count(),
        "excluded": excluded,
        **_messages(rehearsal),
        "samples": rehearsal.samples,
        "placement": placement,
        "warnings": [remark for remark in said if remark["code"] not in BLOCKING],
        "blockers": [remark for remark in said if remark["code"] in BLOCKING],
    }


def _excluded(round: Round) -> dict[str, int]:
    assert round.rule is not None  # noqa: S101 - chosen when the preparation began
    criteria = round.rule.criteria
    by_reason = (
        Subject.objects.filter(round=round)
        .exclude(exclusion=Exclusion.NONE)
        .values_list("exclusion")
        .annotate(count=Count("pk"))
        .order_by("exclusion")
    )
    counted = {
        **dict(by_reason),
        **not_resident(criteria, as_of=round.as_of),
        "in_another_round": in_another_round(round).count(),
    }
    return {reason: count for reason, count in counted.items() if count}


def _messages(rehearsal: Rehearsal) -> dict[str, Any]:
    price = Decimal(str(settings.SMS_PRICE_EUR))
    rows = [
        {
            "channel": channel,
            "language": language,
            "messages": count,
            "segments": rehearsal.segments[channel, language],
            "cost_eur": float(price * rehearsal.segments[channel, language]),
        }
        for (channel, language), count in sorted(rehearsal.messages.items())
    ]
    segments = rehearsal.segments.total()
    total = {
        "messages": rehearsal.messages.total(),
        "segments": segments,
        "cost_eur": float(price * segments),
    }
    return {"messages": rows, "total": total}


def _refused(rehearsal: Rehearsal) -> Iterator[Remark]:
    for reason, count in sorted(rehearsal.refused.items()):
        yield {"code": "text_refused", "reason": str(reason), "count": count}
