"""Artificial identity codes: valid in form and check character, but never given to anybody."""

from collections import Counter
from datetime import date

from citizens.identity_codes import SIGNS, check_character
from citizens.models import Sex

FIRST_ARTIFICIAL = 900  # 900-999 is kept for temporary use
OF_ONE_SEX = 50  # even numbers are women's, odd ones men's


class TooManyBirths(ValueError):  # noqa: N818 - read as "raise TooManyBirths"
    """More people of one sex are born on one day than there are artificial codes for."""


class IdentityCodes:
    """Gives each person a code that nobody else of the city has."""

    def __init__(self) -> None:
        self._given: Counter[tuple[date, str]] = Counter()

    def give(self, born: date, sex: str) -> str:
        """The next code of this day and sex. Raises TooManyBirths."""
        nth = self._given[born, sex]
        self._given[born, sex] += 1
        signs = SIGNS[born.year // 100]
        sign, number = divmod(nth, OF_ONE_SEX)
        if sign >= len(signs):
            raise TooManyBirths(f"more than {nth} people of one sex born on {born}")
        individual = FIRST_ARTIFICIAL + 2 * number + (sex == Sex.MALE)
        day = born.strftime("%d%m%y")
        check = check_character(f"{day}{individual}")
        return f"{day}{signs[sign]}{individual}{check}"
