"""A round's subjects and seats as the arrays of a placement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from citizens.disputes import NOBODY, Disputes, open_disputes
from citizens.models import Guardianship, RegisteredFact
from offers.models import Capacity, Round, SeatKind, Subject, Water, Way
from offers.placement import Seats, Subjects, WaterMap, straight_lines
from offers.placement.inputs import Floats
from offers.rounds.areas import Areas

UNKNOWN = float("nan")
NO_WAY = float("inf")


@dataclass(frozen=True)
class Sources:
    """The registered facts a service's placement reads, by their codes; empty for none.

    ``group`` may name the group asked for, the first known one counts, ``group_otherwise`` is for
    those without any: a mother tongue never chooses a group.
    """

    group: tuple[str, ...]
    group_otherwise: str
    current_unit: str
    likely_school: str
    special: str
    immersion: str

    @classmethod
    def of(cls, round: Round) -> "Sources":
        """As the service's file says."""
        placement = round.service.placement
        return cls(
            group=tuple(placement.get("group_facts", ())),
            group_otherwise=placement.get("group_otherwise", ""),
            current_unit=placement.get("current_unit_fact", ""),
            likely_school=placement.get("likely_school_fact", ""),
            special=placement.get("special_fact", ""),
            immersion=placement.get("immersion_fact", ""),
        )


@dataclass(frozen=True)
class Waiting:
    """Those to be placed: ``columns`` has a row for each of the subjects ``pks``.

    The rows are named by the register's keys, so that the lottery of a published seed comes out
    the same however often the list is drawn up.
    """

    pks: list[int]
    people: list[int]
    columns: Subjects


def load_subjects(round: Round, subjects: QuerySet[Subject], areas: Areas) -> Waiting:
    """The subjects in their given order, with what the service's criteria ask about."""
    sources, disputes = Sources.of(round), open_disputes()
    rows = list(
        subjects.annotate(
            key=F("person__register_key"),
            latitude=F("person__latitude"),
            longitude=F("person__longitude"),
            current_unit=_text(sources.current_unit, disputes),
            school_unit=_text(sources.likely_school, disputes),
            special=_fact(sources.special, "boolean", disputes),
            immersion=_fact(sources.immersion, "boolean", disputes),
            **{f"group_{n}": _text(code, disputes) for n, code in enumerate(sources.group)},
        ).values()
    )
    group = [_first(row, sources) for row in rows]
    latitude = [_or_unknown(row["latitude"]) for row in rows]
    longitude = [_or_unknown(row["longitude"]) for row in rows]
    siblings = sibling_units(round, sources.current_unit, disputes)
    columns = Subjects(
        ids=[row["key"] for row in rows],
        latitude=latitude,
        longitude=longitude,
        group=group,
        area=areas.containing(latitude, longitude, group),
        current_unit=[row["current_unit"] for row in rows],
        school_unit=[row["school_unit"] for row in rows],
        sibling_unit=[siblings.get(row["person_id"]) for row in rows],
        family=[row["family"] for row in rows],
        special=[bool(row["special"]) for row in rows],
        immersion=[bool(row["immersion"]) for row in rows],
    )
    people = [row["person_id"] for row in rows]
    return Waiting([row["id"] for row in rows], people, columns)


def load_seats(capacities: Iterable[Capacity], areas: Areas) -> Seats:
    """What is free in these groups and slots now, those without a free seat left out."""
    free = [capacity for capacity in capacities if capacity.seats > capacity.taken]
    starts = [capacity.starts_at for capacity in free]
    left = [capacity.seats - capacity.taken for capacity in free]
    return Seats(
        ids=[capacity.pk for capacity in free],
        unit=[capacity.unit.register_id for capacity in free],
        latitude=[_or_unknown(capacity.unit.latitude) for capacity in free],
        longitude=[_or_unknown(capacity.unit.longitude) for capacity in free],
        group=[capacity.group for capacity in free],
        capacity=left,
        minimum=[
            min(max(capacity.minimum - capacity.taken, 0), seats)
            for capacity, seats in zip(free, left, strict=True)
        ],
        areas=[areas.served_by(capacity.unit_id, capacity.group) for capacity in free],
        special=[capacity.kind == SeatKind.SPECIAL for capacity in free],
        immersion=[capacity.kind == SeatKind.IMMERSION for capacity in free],
        starts_at=starts if any(starts) else None,
        names=[capacity.unit.name["fi"] for capacity in free],
    )


def measured_ways(subjects: Subjects, seats: Seats) -> Floats | None:
    """The city's own distances, a row for each subject and a column for each seat.

    Where it measured none the straight line counts; without any at all the result is None.
    """
    measured = Way.objects.filter(
        person__register_key__in=subjects.ids, unit__register_id__in=seats.unit
    )
    rows = measured.values_list("person__register_key", "unit__register_id", "metres")
    row_of = {key: row for row, key in enumerate(subjects.ids)}
    columns_of: dict[object, list[int]] = defaultdict(list)
    for column, unit in enumerate(seats.unit):
        columns_of[unit].append(column)
    ways = None
    for key, unit, metres in rows.iterator(chunk_size=50_000):
        ways = straight_lines(subjects, seats) if ways is None else ways
        ways[row_of[key], columns_of[unit]] = NO_WAY if metres is None else metres
    return ways


def known_water() -> WaterMap | None:
    """The city's water as a placement takes it; None where none was imported."""
    outlines = [bytes(outline) for outline in Water.objects.values_list("outline", flat=True)]
    return WaterMap(shapely.from_wkb(outlines)) if outlines else None


def seats_of(round: Round) -> QuerySet[Capacity]:
    """Every group and slot of the round's service and period."""
    return (
        Capacity.objects.filter(service=round.service_id, period=round.period)
        .select_related("unit")
        .order_by("pk")
    )


def free_seats_of(round: Round) -> QuerySet[Capacity]:
    """Those of them with a seat nobody has."""
    return seats_of(round).filter(taken__lt=F("seats"))


def sibling_units(round: Round, fact: str, disputes: Disputes) -> dict[int, str]:
    """For each child of the round a unit where a sibling is who is not in the round itself."""
    doubtful = disputes.get(fact, NOBODY)
    siblings = (
        Guardianship.objects.valid_on(timezone.localdate())
        .filter(
            child__registered_facts__attribute__code=fact,
            guardian__guardianships__child__subjects__round=round,
        )
        .exclude(child__subjects__round=round)
        .exclude(child__in=doubtful)
        .order_by("child_id")
    )
    units = siblings.values_list("guardian__guardianships__child", "child__registered_facts__text")
    return {child: unit for child, unit in units if unit}


def _first(row: Mapping[str, Any], sources: Sources) -> str:
    known = (row[f"group_{n}"] for n in range(len(sources.group)))
    return str(next((group for group in known if group), sources.group_otherwise))


def _text(code: str, disputes: Disputes) -> Subquery:
    return _fact(code, "text", disputes)


def _fact(code: str, column: str, disputes: Disputes) -> Subquery:
    """What the register says, unless the person disputes it."""
    facts = RegisteredFact.objects.filter(person=OuterRef("person"), attribute__code=code)
    if doubtful := disputes.get(code):
        facts = facts.exclude(person__in=doubtful)
    return Subquery(facts.values(column)[:1])


def _or_unknown(degrees: float | None) -> float:
    return UNKNOWN if degrees is None else degrees
