"""The places of a round as files for the city's other systems.

Protected people and their children are never in a file: whoever handles them hands their place
over in person.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.contrib.auth.models import AbstractUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from citizens.models import Person, RegisteredFact, is_shielded
from consents.models import ProcessingKind
from consents.services.processing import open_processing, record_use
from offers.models import Offer, OfferState, Outcome, Round

HANDED_OVER = (Outcome.ACCEPTED, Outcome.PLACED_BY_HAND)
EVAKA = "evaka"
EVAKA_CHILD = "evaka_id"
"""The registered fact that holds a child's id in eVaka; a unit has it in ``identifiers``."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Placement:
    """One accepted or handed-over place; ``decided_at`` is the answer or the hand-over."""

    register_key: str
    identity_code: str
    unit_id: str
    unit_name: str
    group: str
    starts_at: datetime | None
    begins_on: date
    ends_on: date | None
    outcome: str
    decided_at: datetime


def placements(round: Round) -> Iterator[Placement]:
    """Every place of the round that was accepted or handed over by a caseworker."""
    for offer in _places(round).iterator(chunk_size=1000):
        person, capacity = offer.subject.person, offer.capacity
        assert capacity is not None  # noqa: S101 - selected so
        yield Placement(
            register_key=person.register_key,
            identity_code=person.unseal("identity_code"),
            unit_id=capacity.unit.register_id,
            unit_name=capacity.unit.name["fi"],
            group=capacity.group,
            starts_at=capacity.starts_at,
            begins_on=round.begins_on,
            ends_on=round.ends_on,
            outcome=offer.subject.outcome,
            decided_at=offer.subject.outcome_at,
        )


def _places(round: Round) -> QuerySet[Offer]:
    return (
        Offer.objects.filter(
            ~is_shielded("subject__person", on=timezone.localdate()),
            round=round,
            state=OfferState.ACCEPTED,
            capacity__isnull=False,
            subject__outcome__in=HANDED_OVER,
        )
        .select_related("subject__person", "capacity__unit")
        .order_by("subject__person__register_key")
    )


def placements_csv(*, round: Round, by: AbstractUser) -> str:
    """All placements as CSV (commas, a header line); recorded as a use of their data."""
    _record_export(round, by)
    names = [field.name for field in fields(Placement)]
    rows = ([getattr(placement, name) for name in names] for placement in placements(round))
    return _csv(names, rows, delimiter=",")


def evaka_csv(*, round: Round, by: AbstractUser) -> str:
    """eVaka's import of proposed placements: ``lapsen_id;esiopetusyksikon_id``.

    Both are eVaka's own ids, kept from the import; a place one of whose ids is not known is left
    out (``without_evaka_id`` counts them). Recorded as a use of their data.
    """
    _record_export(round, by)
    rows = ([child, unit] for child, unit in _evaka_ids(round) if child and unit)
    return _csv(["lapsen_id", "esiopetusyksikon_id"], rows, delimiter=";")


def without_evaka_id(round: Round) -> int:
    """How many of the round's places eVaka's file cannot name."""
    return sum(not (child and unit) for child, unit in _evaka_ids(round))


def _evaka_ids(round: Round) -> Iterator[tuple[str | None, str | None]]:
    fact = RegisteredFact.objects.filter(
        person=OuterRef("subject__person"), attribute__code=EVAKA_CHILD
    )
    places = _places(round).annotate(evaka_child=Subquery(fact.values("text")[:1]))
    rows = places.values_list("evaka_child", "capacity__unit__identifiers")
    for child, identifiers in rows.iterator(chunk_size=1000):
        yield child, identifiers.get(EVAKA)


def _record_export(round: Round, by: AbstractUser) -> None:
    processing = open_processing(
        purpose=round.service.purpose, kind=ProcessingKind.ROUND, by=by, reason="export"
    )
    people = Person.objects.filter(pk__in=_places(round).values("subject__person"))
    record_use(processing=processing, people=people)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _harmless(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    text = value.isoformat() if isinstance(value, date | datetime) else str(value or "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
