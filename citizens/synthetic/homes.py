"""Where the people of the synthetic city live."""

from dataclasses import dataclass
from itertools import accumulate
from random import Random

import numpy as np

from citizens.models.people import HELSINKI
from citizens.synthetic.sources import Cell, cells, nearest, streets

HALF_CELL_LATITUDE = 0.00112  # 125 m
HALF_CELL_LONGITUDE = 0.00226
STREETS_NEARBY = 6

ELSEWHERE = (("049", "02100"), ("092", "01300"), ("837", "33100"), ("853", "20100"))
"""Espoo, Vantaa, Tampere, Turku, with a postal code of each."""


@dataclass(frozen=True, slots=True)
class Home:
    """An address; its place is not known where it is outside Helsinki."""

    municipality: str
    address: str
    postal_code: str
    latitude: float | None = None
    longitude: float | None = None


class Homes:
    """Gives homes, spread as the real people are."""

    def __init__(self) -> None:
        self._cells = cells()
        self._of_families = list(accumulate(cell.children for cell in self._cells))
        self._of_adults = list(accumulate(cell.residents for cell in self._cells))
        spots = streets()
        near = nearest(
            np.array([(cell.latitude, cell.longitude) for cell in self._cells]),
            np.array([(spot.latitude, spot.longitude) for spot in spots]),
            STREETS_NEARBY,
        )
        self._streets = [sorted({spots[index].name for index in row}) for row in near]

    def for_family(self, random: Random) -> Home:
        """A home where there are many children."""
        return self._home(random, self._of_families)

    def for_adults(self, random: Random) -> Home:
        """A home where there are many people."""
        return self._home(random, self._of_adults)

    def elsewhere(self, random: Random) -> Home:
        """A home in another municipality."""
        municipality, postal_code = random.choice(ELSEWHERE)
        return Home(municipality, f"Asematie {random.randint(1, 90)}", postal_code)

    def _home(self, random: Random, cumulative: list[int]) -> Home:
        index = random.choices(range(len(cumulative)), cum_weights=cumulative)[0]
        cell: Cell = self._cells[index]
        street = random.choice(self._streets[index])
        flat = (
            f" {random.choice('ABCDEF')} {random.randint(1, 60)}" if random.random() < 0.8 else ""
        )
        return Home(
            HELSINKI,
            f"{street} {random.randint(1, 60)}{flat}",
            cell.postal_code,
            round(cell.latitude + random.uniform(-1, 1) * HALF_CELL_LATITUDE, 6),
            round(cell.longitude + random.uniform(-1, 1) * HALF_CELL_LONGITUDE, 6),
        )
