"""Parties: what is placed as one. A single subject, or the siblings of a family.

Siblings go together if they asked for the same kind of group. Where no place has so many seats at
all, they are placed each for oneself rather than not at all.
"""

import hashlib
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from offers.placement.inputs import Bools, Code, Floats, Ints, Subjects, codes_in, flags_in
from offers.placement.places import Numbers, Places


@dataclass(frozen=True)
class Parties:
    """One entry in each array for one party; `members` are rows of Subjects.

    Where members differ, the party has the address and the units of its first member who has one,
    and every right that any of its members has.
    """

    members: list[tuple[int, ...]]
    first: Ints
    size: Ints
    points: Floats
    group: Ints
    area: Ints
    current_unit: Ints
    school_unit: Ints
    sibling_unit: Ints
    special: Bools
    immersion: Bools
    lottery: Ints
    separated: frozenset[int]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Kinds:
    """What kind of seat each subject asked for."""

    group: Ints
    special: Bools
    immersion: Bools

    def of(self, subject: int) -> tuple[int, bool, bool]:
        """The group, whether special, whether in immersion."""
        return (
            int(self.group[subject]),
            bool(self.special[subject]),
            bool(self.immersion[subject]),
        )


def lottery_number(seed: int, subject_id: Hashable) -> int:
    """The subject's number in the lottery of a published seed; the lower goes first.

    The first eight bytes of SHA-256 of "seed:id", so that anybody can compute it again.
    """
    digest = hashlib.sha256(f"{seed}:{subject_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def make_parties(
    subjects: Subjects,
    points: Floats,
    *,
    numbers: Numbers,
    places: Places,
    pinned: Collection[int],
    seed: int,
) -> Parties:
    """Everybody who is not pinned, in parties."""
    group = codes_in(subjects.group, numbers.group, len(subjects))
    special = flags_in(subjects.special, len(subjects))
    immersion = flags_in(subjects.immersion, len(subjects))
    kinds = Kinds(group, special, immersion)
    members, separated = _gather(subjects, kinds, places, pinned)
    first = np.array([party[0] for party in members], dtype=np.int64)
    several = [index for index, party in enumerate(members) if len(party) > 1]

    def code(column: Ints) -> Ints:
        chosen = column[first]
        for index in several:
            known = [column[member] for member in members[index] if column[member] >= 0]
            chosen[index] = known[0] if known else -1
        return chosen

    def unit(column: Sequence[Code] | None) -> Ints:
        return code(codes_in(column, numbers.unit, len(subjects)))

    located = points[first]
    for index in several:
        known = [member for member in members[index] if not np.isnan(points[member, 0])]
        located[index] = points[known[0]] if known else np.nan
    return Parties(
        members=members,
        first=first,
        size=np.array([len(party) for party in members], dtype=np.int64),
        points=located,
        group=group[first],
        area=code(codes_in(subjects.area, numbers.area, len(subjects))),
        current_unit=unit(subjects.current_unit),
        school_unit=unit(subjects.school_unit),
        sibling_unit=unit(subjects.sibling_unit),
        special=special[first],
        immersion=immersion[first],
        lottery=_lottery_ranks(subjects, members, seed),
        separated=separated,
    )


def _gather(
    subjects: Subjects, kinds: Kinds, places: Places, pinned: Collection[int]
) -> tuple[list[tuple[int, ...]], frozenset[int]]:
    """The parties, and the subjects whose family had to be separated."""
    free = [subject for subject in range(len(subjects)) if subject not in pinned]
    if subjects.family is None:
        return [(subject,) for subject in free], frozenset()
    families: dict[Hashable, list[int]] = {}
    for subject in free:
        family = subjects.family[subject]
        kind = (family, *kinds.of(subject))
        families.setdefault(("alone", subject) if family is None else kind, []).append(subject)
    parties: list[tuple[int, ...]] = []
    separated: set[int] = set()
    for members in families.values():
        if len(members) == 1 or len(members) <= _most_seats(places, *kinds.of(members[0])):
            parties.append(tuple(members))
        else:
            parties.extend((member,) for member in members)
            separated.update(members)
    return parties, frozenset(separated)


def _most_seats(places: Places, group: int, special: bool, immersion: bool) -> int:
    suitable = places.capacity[
        (places.group == group) & (special | ~places.special) & (immersion | ~places.immersion)
    ]
    return int(suitable.max(initial=0))


def _lottery_ranks(subjects: Subjects, members: list[tuple[int, ...]], seed: int) -> Ints:
    numbers = [
        min((lottery_number(seed, subjects.ids[member]), member) for member in party)
        for party in members
    ]
    order = sorted(range(len(members)), key=numbers.__getitem__)
    ranks = np.empty(len(members), dtype=np.int64)
    ranks[order] = np.arange(len(members))
    return ranks
