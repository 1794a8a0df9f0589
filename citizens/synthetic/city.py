"""The synthetic city as a whole: how many of which household, and its files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from citizens.register.formats import (
    ContactRow,
    FactRow,
    GuardianshipRow,
    PersonRow,
    RowWriter,
)
from citizens.synthetic.daycares import Daycare
from citizens.synthetic.households import Household, Households
from citizens.synthetic.sources import Weighted

MOST_PEOPLE = 700_000
SIX = 6
BORN_EACH_YEAR = 0.0091
"""The share of one year's children in the city; 6,010 of 657,792 were six (Paavo 2023, HSY)."""

FAMILIES_OF_SIX = BORN_EACH_YEAR * 0.984  # some are twins
OTHER_AGES = tuple(age for age in range(18) if age != SIX)
LARGEST_FAMILY = 8

AUGUST = 8
SIBLINGS = Weighted({"0": 0.26, "1": 0.47, "2": 0.19, "3": 0.08})
MULTIPLES = Weighted({"1": 0.984, "2": 0.0157, "3": 0.0003})


class CityTooSmall(ValueError):  # noqa: N818 - read as "raise CityTooSmall"
    """There are not enough people for so many families; the message says how many it takes."""


@dataclass(frozen=True)
class City:
    """A city of exactly ``people`` people, the same for the same fields.

    In exactly ``families`` of its families a child, or twins, living in Helsinki turn six in the
    next preschool's year; a few more such children have moved away or died. Without ``families``
    there are as many as in the real city. ``daycares`` are the units that children can attend,
    ``schools`` those where they go to school, by language and postal code, ``attributes`` the facts
    that are wanted of people.
    """

    people: int
    as_of: date
    seed: int = 1
    families: int | None = None
    daycares: Sequence[Daycare] = ()
    schools: Mapping[tuple[str, str], str] = field(default_factory=dict)
    attributes: Collection[str] = ()

    @property
    def families_of_six(self) -> int:
        """In how many families a child turns six."""
        return round(self.people * FAMILIES_OF_SIX) if self.families is None else self.families

    def households(self) -> Iterator[Household]:
        """All households, one at a time. Raises CityTooSmall."""
        random = Random(f"{self.seed}")
        make = Households(
            random=random,
            as_of=self.as_of,
            year=preschool_year(self.as_of),
            daycares=self.daycares,
            schools=self.schools,
        )
        room, children = self.people, 0
        for household in self._with_six(random, make):
            room -= len(household.people)
            children += len({row.child for row in household.guardianships})
            if room < 0:
                raise CityTooSmall(
                    f"{self.families_of_six} families with a child turning six do not fit "
                    f"into {self.people} people; about {4 * self.families_of_six} are needed."
                )
            yield household
        wanted = self.people * BORN_EACH_YEAR * 18
        while children < wanted and room > LARGEST_FAMILY:
            household = make.family(_ages(random, random.choice(OTHER_AGES)))
            room -= len(household.people)
            children += len({row.child for row in household.guardianships})
            yield household
        while room:
            household = make.adults(at_most=room)
            room -= len(household.people)
            yield household

    def write(self, folder: Path) -> Iterator[int]:
        """Write the city as people.csv, guardianships.csv, contacts.csv and facts.csv.

        Yields the number of people each household has, as they are written. Raises CityTooSmall.
        """
        with ExitStack() as stack:
            writers = [
                RowWriter(
                    stack.enter_context((folder / name).open("w", encoding="utf-8", newline="")),
                    columns,
                    as_of=self.as_of,
                )
                for name, columns in FILES.items()
            ]
            for household in self.households():
                parts: tuple[Sequence[Sequence[str]], ...] = (
                    household.people,
                    household.guardianships,
                    household.contacts,
                    [fact for fact in household.facts if fact.attribute in self.attributes],
                )
                for writer, rows in zip(writers, parts, strict=True):
                    writer.add(rows)
                yield len(household.people)

    def _with_six(self, random: Random, make: Households) -> Iterator[Household]:
        for _ in range(self.families_of_six):
            yield make.family(_ages(random, SIX))
        if self.families_of_six >= 50:
            for _ in range(max(1, self.families_of_six // 250)):
                yield make.family(_ages(random, SIX), moved_out=True)
            yield make.family([SIX], child_died=True)


def preschool_year(day: date) -> int:
    """The year in whose August the next preschool year begins, seen from ``day``."""
    return day.year + (day.month >= AUGUST)


def _ages(random: Random, anchor: int) -> list[int]:
    """The ages that one family's children turn that year, eldest first; nobody else turns six."""
    ages = [anchor] * int(MULTIPLES.draw(random))
    for _ in range(int(SIBLINGS.draw(random))):
        age = anchor + random.choice((-5, -4, -3, -2, 2, 3, 4, 5))
        if age in OTHER_AGES and all(abs(age - other) > 1 for other in ages):
            ages.append(age)
    return sorted(ages, reverse=True)


FILES: dict[str, Sequence[str]] = {
    "people.csv": PersonRow._fields,
    "guardianships.csv": GuardianshipRow._fields,
    "contacts.csv": ContactRow._fields,
    "facts.csv": FactRow._fields,
}
