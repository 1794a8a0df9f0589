"""Which daycare a child of the synthetic city attends."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from citizens.synthetic.homes import Home
from citizens.synthetic.sources import nearest

NEARBY = 5
CHOICES = (0.74, 0.12, 0.07, 0.04, 0.03)
"""How many families have their nearest daycare, the second nearest, and so on."""

ATTENDING = {1: 0.38, 2: 0.68, 3: 0.83, 4: 0.88, 5: 0.90, 6: 0.92}
"""The share of children in daycare, by the age they turn in the year."""


@dataclass(frozen=True)
class Daycare:
    """A unit by its id in the service map, and the languages of its groups.

    Some are under one roof with a ``school``.
    """

    register_id: str
    latitude: float
    longitude: float
    groups: tuple[str, ...]
    school: bool = False


class Daycares:
    """All of them, by the language of their groups."""

    def __init__(self, daycares: Sequence[Daycare]) -> None:
        self._by_group: dict[
            str, tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float64]]]
        ] = {}
        for group in sorted({group for daycare in daycares for group in daycare.groups}):
            those = [daycare for daycare in daycares if group in daycare.groups]
            places = np.array([(daycare.latitude, daycare.longitude) for daycare in those])
            self._by_group[group] = [daycare.register_id for daycare in those], places

    def choose(self, random: Random, group: str, home: Home) -> str | None:
        """One near the home with a group in this language, if there is one."""
        if group not in self._by_group or home.latitude is None or home.longitude is None:
            return None
        ids, places = self._by_group[group]
        near = nearest(np.array([(home.latitude, home.longitude)]), places, NEARBY)[0]
        nth = random.choices(range(len(near)), weights=CHOICES[: len(near)])[0]
        return ids[int(near[nth])]
