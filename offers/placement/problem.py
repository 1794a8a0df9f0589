"""The whole question as arrays: who may be placed where, and how far that is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from django.utils.translation import gettext as _

from offers.placement.errors import InvalidInput
from offers.placement.geography import (
    UNKNOWN_M,
    far_from_middle,
    metres_between,
    unit_vectors,
)
from offers.placement.inputs import Bools, Floats, Ints, Seats, Subjects
from offers.placement.parties import Parties, make_parties
from offers.placement.places import Numbers, Places, make_places
from offers.placement.water import WaterMap


@dataclass(frozen=True)
class Pool:
    """Parties who may be placed in the same places: of one group, and of one kind in it."""

    parties: Ints
    places: Ints


@dataclass(frozen=True)
class Problem:
    """Everything a policy needs to know."""

    subjects: Subjects
    seats: Seats
    seed: int
    pins: Mapping[int, int]
    subject_points: Floats
    seat_points: Floats
    places: Places
    parties: Parties
    pools: list[Pool]
    distances: Floats | None
    water: WaterMap | None
    misplaced_subjects: Ints
    misplaced_seats: Ints

    def metres(self, parties: Ints, places: Ints) -> Ints:
        """Whole metres between parties and places, broadcast; UNKNOWN_M where nobody knows."""
        if self.distances is None:
            return metres_between(self.parties.points[parties], self.places.points[places])
        first_seat = np.array([rows[0] for rows in self.places.seats])
        metres = self.distances[self.parties.first[parties], first_seat[places]]
        unknown = ~np.isfinite(metres)
        return np.where(unknown, UNKNOWN_M, np.rint(metres)).astype(np.int64)

    def subject_metres(self, subjects: Ints, seats: Ints) -> Ints:
        """Whole metres between subjects and seats, each their own; UNKNOWN_M where unknown."""
        if self.distances is None:
            return metres_between(self.subject_points[subjects], self.seat_points[seats])
        metres = self.distances[subjects, seats]
        return np.where(np.isfinite(metres), np.rint(metres), UNKNOWN_M).astype(np.int64)

    def reachable(self, parties: Ints, places: Ints) -> Bools:
        """False where the imported distances say that there is no way (infinity)."""
        if self.distances is None:
            return np.ones(np.broadcast_shapes(parties.shape, places.shape), dtype=bool)
        first_seat = np.array([rows[0] for rows in self.places.seats])
        blocked = np.isinf(self.distances[self.parties.first[parties], first_seat[places]])
        return np.asarray(~blocked)


def pose(
    subjects: Subjects,
    seats: Seats,
    *,
    seed: int,
    pins: Mapping[int, int],
    distances: Floats | None,
    water: WaterMap | None = None,
) -> Problem:
    """Number the codes, merge seats into places and subjects into parties.

    Raises InvalidInput for pins that overfill a seat or name another group than was asked for,
    and for distances that are not one row a subject and one column a seat.
    """
    _check_pins(subjects, seats, pins)
    if distances is not None:
        distances = _checked_distances(distances, len(subjects), len(seats))
    numbers = Numbers.of(seats)
    seat_points = unit_vectors(_floats(seats.latitude), _floats(seats.longitude))
    subject_points = unit_vectors(_floats(subjects.latitude), _floats(subjects.longitude))
    misplaced_seats = far_from_middle(seat_points, seat_points)
    misplaced_subjects = far_from_middle(subject_points, seat_points)
    seat_points[misplaced_seats] = np.nan
    subject_points[misplaced_subjects] = np.nan
    places = make_places(seats, numbers, seat_points, pins)
    parties = make_parties(
        subjects, subject_points, numbers=numbers, places=places, pinned=pins.keys(), seed=seed
    )
    return Problem(
        subjects=subjects,
        seats=seats,
        seed=seed,
        pins=pins,
        subject_points=subject_points,
        seat_points=seat_points,
        places=places,
        parties=parties,
        pools=list(_pools(parties, places)),
        distances=distances,
        water=water,
        misplaced_subjects=np.flatnonzero(misplaced_subjects),
        misplaced_seats=np.flatnonzero(misplaced_seats),
    )


def _floats(column: object) -> Floats:
    return np.asarray(column, dtype=np.float64)


def _check_pins(subjects: Subjects, seats: Seats, pins: Mapping[int, int]) -> None:
    taken: dict[int, int] = {}
    for subject, seat in pins.items():
        if not (0 <= subject < len(subjects) and 0 <= seat < len(seats)):
            raise InvalidInput("A pin names a subject or a seat that is not in this placement.")
        if subjects.group[subject] != seats.group[seat]:
            raise InvalidInput(
                _(
                    "%(unit)s does not have the group that was asked for; change the requested "
                    "group before moving somebody there."
                )
                % {"unit": seats.name_of(seat)}
            )
        taken[seat] = taken.get(seat, 0) + 1
        if taken[seat] > seats.capacity[seat]:
            raise InvalidInput(
                _("More are moved by hand to %(unit)s than its %(seats)s seats.")
                % {"unit": seats.name_of(seat), "seats": seats.capacity[seat]}
            )


def _checked_distances(distances: Floats, subjects: int, seats: int) -> Floats:
    matrix = np.asarray(distances, dtype=np.float64)
    if matrix.shape != (subjects, seats):
        raise InvalidInput(
            f"The distances are {matrix.shape}, expected one row for each of {subjects} subjects "
            f"and one column for each of {seats} seats."
        )
    finite = matrix[np.isfinite(matrix)]
    if finite.size and (finite.min() < 0 or finite.max() >= UNKNOWN_M):
        raise InvalidInput("A distance is negative or longer than half the globe.")
    return matrix


def _pools(parties: Parties, places: Places) -> Iterator[Pool]:
    """Seats that are special, or of immersion, are only for subjects who are; those go anywhere."""
    either = (False, True)
    for group, special, immersion in product(np.unique(parties.group), either, either):
        members = np.flatnonzero(
            (parties.group == group)
            & (parties.special == special)
            & (parties.immersion == immersion)
        )
        suitable = (
            (places.group == group)
            & (special | ~places.special)
            & (immersion | ~places.immersion)
            & (group >= 0)
        )
        if members.size:
            yield Pool(parties=members, places=np.flatnonzero(suitable))
