"""Small placements that hypothesis makes up, and an independent look at what came of them."""

import hashlib
import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from offers.placement import Assignment, Seats, Subjects

CRITERIA = ("admission_area", "current_unit", "sibling_there", "distance")
GROUPS = ("fi", "sv")
AREAS = ("north", "south")

Draw = Callable[[st.SearchStrategy[Any]], Any]


def columns_of(draw: Draw, values: st.SearchStrategy[Any], length: int) -> list[Any]:
    return list(draw(st.lists(values, min_size=length, max_size=length)))


def coordinates(draw: Draw, length: int, *, unknown: bool) -> tuple[list[float], list[float]]:
    """Points on a coarse grid, so that equal distances are common."""
    steps = columns_of(draw, st.tuples(st.integers(0, 5), st.integers(0, 5)), length)
    points = [(60.17 + 0.01 * x, 24.94 + 0.02 * y) for x, y in steps]
    if unknown:
        lost = columns_of(draw, st.integers(0, 5), length)
        points = [
            (math.nan, math.nan) if is_lost == 0 else point
            for point, is_lost in zip(points, lost, strict=True)
        ]
    return [point[0] for point in points], [point[1] for point in points]


@st.composite
def instances(
    draw: Draw, *, families: bool = False, unknown: bool = False, minimum: bool = False
) -> tuple[Subjects, Seats]:
    """Up to twelve subjects and six groups of units, seats sometimes too few."""
    seat_count, subject_count = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    units = st.sampled_from([f"u{index}" for index in range(seat_count)])
    latitude, longitude = coordinates(draw, seat_count, unknown=unknown)
    capacity = columns_of(draw, st.integers(1, 4), seat_count)
    seats = Seats(
        ids=list(range(seat_count)),
        unit=[f"u{index}" for index in range(seat_count)],
        latitude=latitude,
        longitude=longitude,
        group=columns_of(draw, st.sampled_from(GROUPS), seat_count),
        capacity=capacity,
        minimum=[draw(st.integers(0, seat)) for seat in capacity] if minimum else None,
        areas=columns_of(draw, st.lists(st.sampled_from(AREAS), max_size=2), seat_count),
        special=columns_of(draw, st.sampled_from((False, False, True)), seat_count),
        immersion=columns_of(draw, st.sampled_from((False, False, False, True)), seat_count),
    )
    latitude, longitude = coordinates(draw, subject_count, unknown=unknown)
    family = columns_of(draw, st.sampled_from((None, None, "a", "b", "c")), subject_count)
    subjects = Subjects(
        ids=list(range(subject_count)),
        latitude=latitude,
        longitude=longitude,
        group=columns_of(draw, st.sampled_from(GROUPS), subject_count),
        area=columns_of(draw, st.sampled_from((None, *AREAS)), subject_count),
        current_unit=columns_of(draw, st.none() | units, subject_count),
        sibling_unit=columns_of(draw, st.none() | units, subject_count),
        family=family if families else None,
        special=columns_of(draw, st.sampled_from((False, False, True)), subject_count),
        immersion=columns_of(draw, st.sampled_from((False, False, True)), subject_count),
    )
    return subjects, seats


def metres(subjects: Subjects, subject: int, seats: Seats, seat: int) -> int | None:
    """Great-circle distance by the haversine formula; None where a point is not known."""
    a, b = subjects.latitude[subject], seats.latitude[seat]
    if math.isnan(a) or math.isnan(b):
        return None
    a, b = math.radians(a), math.radians(b)
    turn = math.radians(seats.longitude[seat] - subjects.longitude[subject])
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return round(2 * 6_371_008.8 * math.asin(math.sqrt(h)))


def may_have(subjects: Subjects, subject: int, seats: Seats, seat: int) -> bool:
    """The group that was asked for, and a special or immersion seat only for who is."""
    if subjects.group[subject] != seats.group[seat]:
        return False
    kept = [(seats.special, subjects.special), (seats.immersion, subjects.immersion)]
    return all(
        of_seat is None or not of_seat[seat] or (of_subject is not None and of_subject[subject])
        for of_seat, of_subject in kept
    )


def standing(subjects: Subjects, subject: int, seats: Seats, seat: int) -> tuple[float, ...]:
    """The criteria of a pair in the order of CRITERIA, lower is better; infinity is unknown."""
    area = None if subjects.area is None else subjects.area[subject]
    areas = () if seats.areas is None else seats.areas[seat]
    current = None if subjects.current_unit is None else subjects.current_unit[subject]
    sibling = None if subjects.sibling_unit is None else subjects.sibling_unit[subject]
    way = metres(subjects, subject, seats, seat)
    unit = seats.unit[seat]
    return (
        float(area is None or area not in areas),
        float(current != unit),
        float(sibling != unit),
        math.inf if way is None else way,
    )


def lot(seed: int, subject_id: object) -> int:
    return int(hashlib.sha256(f"{seed}:{subject_id}".encode()).hexdigest()[:16], 16)


def passed_over(assignment: Assignment, seed: int) -> list[tuple[int, int]]:
    """Pairs of subject and seat: preferred to the own one, and free or held with a lesser right."""
    subjects, seats = assignment.problem.subjects, assignment.problem.seats
    found = []
    for subject in range(len(subjects)):
        own = int(assignment.seat_of[subject])
        for seat in range(len(seats)):
            if not may_have(subjects, subject, seats, seat):
                continue
            here = standing(subjects, subject, seats, seat)
            if own >= 0 and (standing(subjects, subject, seats, own), own) <= (here, seat):
                continue
            holders = [other for other in range(len(subjects)) if assignment.seat_of[other] == seat]
            mine = (here, lot(seed, subjects.ids[subject]))
            outranked = any(
                mine < (standing(subjects, other, seats, seat), lot(seed, subjects.ids[other]))
                for other in holders
            )
            if outranked or len(holders) < seats.capacity[seat]:
                found.append((subject, seat))
    return found
