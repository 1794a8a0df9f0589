"""What came of a round, counted in families: messages, siblings and second guardians count once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Avg, Count

from offers.models import Message, Rating, Round, Subject

EVENTS = ("sent", "delivered", "answered", "accepted", "declined")
MOST_BUCKETS = 60
BUCKETS = [
    *(timedelta(seconds=n) for n in (1, 5, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 5, 15, 30)),
    *(timedelta(hours=n) for n in (1, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 7)),
]

FAMILIES = """
    WITH told AS (
        SELECT subject.family,
            min(message.sent_at) AS sent,
            min(message.final_at) FILTER (WHERE message.state = 'delivered') AS delivered
        FROM offers_subject subject
        JOIN offers_offer offer ON offer.subject_id = subject.id
        JOIN offers_messageoffer about ON about.offer_id = offer.id
        JOIN offers_message message ON message.id = about.message_id
        WHERE subject.round_id = %(round)s AND message.sent_at IS NOT NULL
        AND message.kind IN ('offer', 'offer_several')
        GROUP BY subject.family
    ), said AS (
        SELECT subject.family, min(answer.at) AS answered,
            min(answer.at) FILTER (WHERE offer.state = 'accepted' AND answer.kind = 'accept')
                AS accepted,
            min(answer.at) FILTER (WHERE offer.state = 'declined' AND answer.kind = 'decline')
                AS declined,
            min(answer.at) FILTER (WHERE offer.state = 'other_place') AS other_place
        FROM offers_subject subject
        JOIN offers_offer offer ON offer.subject_id = subject.id
        JOIN offers_answer answer ON answer.offer_id = offer.id
        WHERE subject.round_id = %(round)s
        GROUP BY subject.family
    ), families AS (
        SELECT everybody.family, told.sent, told.delivered, said.answered, said.accepted,
            CASE WHEN said.accepted IS NULL THEN said.declined END AS declined,
            CASE WHEN coalesce(said.accepted, said.declined) IS NULL THEN said.other_place END
                AS other_place
        FROM (SELECT DISTINCT family FROM offers_subject WHERE round_id = %(round)s) everybody
        LEFT JOIN told USING (family) LEFT JOIN said USING (family)
    )
"""
"""One row for each family, with the moment each thing first happened to it.

A family with several children that accepts one place and declines another has accepted.
"""


@dataclass(frozen=True)
class Figures:
    """A round in numbers. All but ``messages`` and ``outcomes`` count families.

    ``outcomes`` counts subjects; ``rating`` is the mean of the stars, None without any.
    """

    families: int
    messages: int
    sent: int
    delivered: int
    answered: int
    accepted: int
    declined: int
    other_place: int
    rating: float | None
    ratings: int
    outcomes: dict[str, int]


def figures(round: Round) -> Figures:
    """The round's figures as they are now; once its list is erased, as they were then."""
    if round.erased_at is not None:
        return Figures(**round.final_figures["figures"])
    counted = (*EVENTS, "other_place")
    columns = ", ".join(f"count({event})" for event in counted)
    with connection.cursor() as cursor:
        cursor.execute(f"{FAMILIES} SELECT count(*), {columns} FROM families", {"round": round.pk})
        families, *counts = cursor.fetchone()
    rated = Rating.objects.filter(round=round).aggregate(mean=Avg("stars"), count=Count("pk"))
    outcomes = Subject.objects.filter(round=round).values_list("outcome")
    return Figures(
        families=families,
        messages=Message.objects.filter(round=round, sent_at__isnull=False).count(),
        rating=rated["mean"],
        ratings=rated["count"],
        outcomes=dict(outcomes.annotate(count=Count("pk")).order_by("outcome")),
        **dict(zip(counted, counts, strict=True)),
    )


def timeline(round: Round) -> list[dict[str, Any]]:
    """How many families had been sent to, reached, heard ... by when, for a chart.

    At most some sixty moments ``at``, from the first event to the last, each with the counts of
    ``EVENTS`` up to then; the last one equals the figures. Empty before anything happened.
    """
    if round.erased_at is not None:
        rows = round.final_figures["timeline"]
        return [row | {"at": datetime.fromisoformat(row["at"])} for row in rows]
    happened = " UNION ALL ".join(
        f"SELECT '{event}' AS event, {event} AS at FROM families WHERE {event} IS NOT NULL"
        for event in EVENTS
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"{FAMILIES} SELECT min(at), max(at) FROM ({happened}) happened", {"round": round.pk}
        )
        first, last = cursor.fetchone()
        if first is None:
            return []
        width = _width(last - first)
        cursor.execute(
            f"""{FAMILIES}
            SELECT date_bin(%(width)s, at, %(first)s) + %(width)s::interval AS until, event,
                count(*)
            FROM ({happened}) happened GROUP BY until, event ORDER BY until
            """,
            {"round": round.pk, "width": str(width), "first": first},
        )
        return _cumulated(cursor.fetchall())


def _width(span: timedelta) -> timedelta:
    fitting = (width for width in BUCKETS if span / width < MOST_BUCKETS)
    return next(fitting, span / MOST_BUCKETS)


def _cumulated(rows: list[tuple[datetime, str, int]]) -> list[dict[str, Any]]:
    totals = dict.fromkeys(EVENTS, 0)
    moments: dict[datetime, dict[str, Any]] = {}
    for until, event, count in rows:
        totals[event] += count
        moments[until] = {"at": until, **totals}
    return list(moments.values())
