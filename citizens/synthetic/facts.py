"""What other registers know of the synthetic people: screenings, permits, checks, school."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from citizens.models import Sex
from citizens.register.formats import FactRow, PersonRow, flag

ZONES = "ABCDEFGHIJKLMNOP"
DAYS_OF_SEVEN_YEARS = 7 * 365


class Facts:
    """Draws the facts of one person after the other, as of one day.

    ``year`` is the one by which children's ages go.
    """

    def __init__(self, random: Random, as_of: date, year: int) -> None:
        self._random = random
        self._as_of = as_of
        self._year = year

    def of(self, person: PersonRow) -> Iterator[FactRow]:
        """The facts about this person; the age is the one turned in the year."""
        age = self._year - int(person.birth_date[:4])
        found = self._child(person, age) if age < 18 else self._adult(person, age)
        for attribute, value in found:
            yield FactRow(person.register_key, attribute, value)

    def _child(self, person: PersonRow, age: int) -> Iterator[tuple[str, str]]:
        if age in (4, 5) and self._chance(0.55 if age == 4 else 0.9):
            yield "four_year_check_done", flag(True)
        if age == 7 and self._chance(0.03):
            yield "school_start_postponed", flag(True)
        if 8 <= age <= 15:
            yield "school_place", f"school {person.postal_code}"
        if age == 16 and self._chance(0.08):
            yield "summer_jobs_with_voucher", "1"

    def _adult(self, person: PersonRow, age: int) -> Iterator[tuple[str, str]]:
        if person.sex == Sex.FEMALE and 30 <= age <= 65 and self._chance(0.8):
            yield "last_screening", self._day(-DAYS_OF_SEVEN_YEARS, -30)
        if 20 <= age <= 75 and self._chance(0.08):
            yield "parking_permit_ends", self._day(-60, 420)
            yield "parking_zone", self._random.choice(ZONES)
        if age < 65 and self._chance(0.06):
            yield "influenza_risk_group", flag(True)
        if age >= 65 and self._chance(0.5):
            yield "last_influenza_vaccination", self._day(-700, -1)
        if age >= 75 and self._chance(0.16):
            yield "home_care", "regular" if self._chance(0.75) else "housing"

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _day(self, first: int, last: int) -> str:
        return (self._as_of + timedelta(days=self._random.randint(first, last))).isoformat()
