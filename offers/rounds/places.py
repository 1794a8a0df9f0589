"""Placing a round's subjects, and writing down who got what, why, and who is next."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import connection

from offers.models import Round, Subject
from offers.placement import (
    Assignment,
    PolicyUnavailable,
    Reasons,
    Seats,
    Subjects,
    compare_policies,
    place,
)
from offers.rounds.areas import Areas
from offers.rounds.arrays import (
    Waiting,
    known_water,
    load_seats,
    load_subjects,
    measured_ways,
    seats_of,
)
from offers.rounds.cohort import NO_SEAT_KEPT, write_first_outcomes
from offers.rounds.warnings import Remark

Pins = Mapping[int, tuple[int, int]]
"""Who was pinned where by whom: person → (capacity, user)."""


def kept_pins(round: Round) -> dict[int, tuple[int, int]]:
    """The pins of the list as it is."""
    pinned = Subject.objects.filter(round=round, pinned_by__isnull=False, capacity__isnull=False)
    rows = pinned.values_list("person", "capacity", "pinned_by")
    return {person: (capacity, user) for person, capacity, user in rows}


def place_subjects(round: Round, pins: Pins) -> dict[str, Any]:
    """Reserve a seat for everybody the city places by itself; returns the preview's part.

    Writes seat, way, reason and the order of succession, and who is left without a seat. A pin
    to a seat that is no longer there is dropped. Raises PlacementError.
    """
    if not round.service.needs_seat:
        return {}
    areas = Areas(round)
    waiting = load_subjects(round, placeable(round), areas)
    seats = load_seats(seats_of(round), areas)
    assignment = assign(round, waiting, seats, pins)
    _store(waiting, assignment, pins)
    write_first_outcomes(round)
    return {
        "policy": assignment.policy,
        "figures": asdict(assignment.figures),
        "compared": _compared(round, assignment),
        "remarks": list(_remarks(assignment)),
    }


def placeable(round: Round) -> Any:
    """Everybody the city places by itself; the others a person places."""
    subjects = Subject.objects.filter(round=round).exclude(exclusion__in=NO_SEAT_KEPT)
    return subjects.order_by("person__register_key")


def assign(round: Round, waiting: Waiting, seats: Seats, pins: Pins) -> Assignment:
    """The placement of these subjects in these seats, as the service's file says."""
    return place_by_rule(round, waiting.columns, seats, _pinned_rows(waiting, seats, pins))


def place_by_rule(
    round: Round, subjects: Subjects, seats: Seats, pins: Mapping[int, int]
) -> Assignment:
    """``placement.place`` with the service's policy and criteria and the round's lottery."""
    placement = round.service.placement
    return place(
        subjects,
        seats,
        criteria=placement.get("criteria", []),
        policy=placement.get("policy", "stable"),
        seed=round.lottery_seed,
        pins=pins,
        distances=measured_ways(subjects, seats),
        water=known_water(),
    )


def _pinned_rows(waiting: Waiting, seats: Seats, pins: Pins) -> dict[int, int]:
    seat_of = {capacity: row for row, capacity in enumerate(seats.ids)}
    return {
        row: seat_of[pins[person][0]]
        for row, person in enumerate(waiting.people)
        if person in pins and pins[person][0] in seat_of
    }


def _store(waiting: Waiting, assignment: Assignment, pins: Pins) -> None:
    """One statement for all; nobody who was to be placed goes without a reason."""
    reasons, ids = Reasons(assignment), assignment.problem.seats.ids
    pinned = assignment.problem.pins
    succession = order_of_succession(assignment)
    rows = range(len(waiting.pks))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE offers_subject subject SET
                capacity_id = placed.capacity, distance_m = placed.metres,
                placement = placed.reason::jsonb, succession = placed.succession,
                pinned_by_id = placed.pinned_by,
                exclusion = CASE
                    WHEN placed.capacity IS NULL AND exclusion = '' THEN 'no_seat'
                    WHEN placed.capacity IS NOT NULL AND exclusion = 'no_seat' THEN ''
                    ELSE exclusion END
            FROM unnest(
                %s::bigint[], %s::bigint[], %s::integer[], %s::text[], %s::integer[], %s::bigint[]
            ) placed (id, capacity, metres, reason, succession, pinned_by)
            WHERE subject.id = placed.id
            """,
            [
                waiting.pks,
                [ids[seat] if seat >= 0 else None for seat in assignment.seat_of.tolist()],
                [None if metres != metres else int(metres) for metres in assignment.distance_m],
                [json.dumps(reasons.of(row).as_data()) for row in rows],
                [succession.get(row) for row in rows],
                [pins[waiting.people[row]][1] if row in pinned else None for row in rows],
            ],
        )


def order_of_succession(assignment: Assignment) -> dict[int, int]:
    """The place in the succession of each row without a seat, from 1.

    Who has the best right to their own first choice comes first; siblings follow each other.
    """
    ranking, problem = assignment.ranking, assignment.problem
    rights: list[tuple[int, int]] = []
    for pool in problem.pools:
        parties = pool.parties[assignment.place_of_party[pool.parties] < 0]
        if not parties.size:
            continue
        if not pool.places.size:
            rights += [(int(np.iinfo(np.int64).max), int(party)) for party in parties]
            continue
        wish, right = ranking.keys(parties[:, None], pool.places[None, :])
        first = wish.argmin(axis=1)
        rights += zip(right[np.arange(len(parties)), first].tolist(), parties.tolist(), strict=True)
    lottery = problem.parties.lottery
    rights.sort(key=lambda right: (right[0], lottery[right[1]]))
    in_order = [member for _right, party in rights for member in problem.parties.members[party]]
    return {row: position for position, row in enumerate(in_order, start=1)}


def _compared(round: Round, assignment: Assignment) -> dict[str, dict[str, Any]]:
    """The figures of both policies side by side; of the one that ran where the other cannot."""
    try:
        figures = compare_policies(
            assignment.problem.subjects,
            assignment.problem.seats,
            criteria=round.service.placement.get("criteria", []),
            seed=round.lottery_seed,
            pins=assignment.problem.pins,
            distances=assignment.problem.distances,
            water=assignment.problem.water,
        )
    except PolicyUnavailable:
        figures = {assignment.policy: assignment.figures}
    return {policy: asdict(column) for policy, column in figures.items()}


def _remarks(assignment: Assignment) -> Iterator[Remark]:
    warnings = assignment.warnings
    for code in (
        "subjects_unlocated",
        "subjects_far",
        "seats_unlocated",
        "seats_far",
        "over_water",
    ):
        if rows := getattr(warnings, code):
            yield {"code": code, "count": len(rows)}
    for group, lacking in warnings.groups_short.items():
        yield {"code": "group_short", "group": str(group), "count": lacking}
