"""The open data the city is made of. data/SOURCES.md says where it comes from."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citizens.models import Sex

DATA = Path(__file__).parent / "data"

STREET_ENDINGS = (
    "aukio", "bulevardi", "kaari", "katu", "kuja", "penger", "polku", "portti", "puistotie",
    "raitti", "rinne", "tie", "väylä",
)  # fmt: skip


class Weighted:
    """Things to draw from, each as often as its weight says."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names = list(weights)
        self._cumulative = list(accumulate(weights.values()))

    def draw(self, random: Random) -> str:
        """One of them."""
        return random.choices(self._names, cum_weights=self._cumulative)[0]


@dataclass(frozen=True)
class Spot:
    """A named point, WGS 84 degrees."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Cell:
    """A square of 250 m where people live."""

    latitude: float
    longitude: float
    postal_code: str
    residents: int
    children: int


def cells() -> list[Cell]:
    """The inhabited squares of Helsinki; ``children`` are those of 0 to 9 years."""
    return [
        Cell(
            float(row["lat"]),
            float(row["lon"]),
            row["postal_code"],
            int(row["residents"]),
            max(int(row["age_0_9"]), 0),
        )
        for row in _rows("helsinki_population_grid_250m.csv")
    ]


def streets() -> list[Spot]:
    """Public transport stops that bear the name of a street."""
    stops = (
        Spot(row["stop_name"], float(row["lat"]), float(row["lon"]))
        for row in _rows("helsinki_hsl_stops_2025.csv")
    )
    return [stop for stop in stops if stop.name.endswith(STREET_ENDINGS)]


def postal_areas() -> dict[str, Any]:
    """The postal areas' borders, as a GeoJSON FeatureCollection."""
    document: dict[str, Any] = json.loads((DATA / "helsinki_postal_areas.geojson").read_text())
    return document


def nearest(points: NDArray[np.float64], targets: NDArray[np.float64], count: int) -> NDArray[Any]:
    """For each point the indices of its ``count`` nearest targets, nearest first.

    Both are (latitude, longitude) in degrees; near Helsinki a degree of longitude is half as long.
    """
    scale = np.array([1.0, 0.5])
    distances = (((points[:, None, :] - targets[None, :, :]) * scale) ** 2).sum(axis=-1)
    return np.argsort(distances, axis=1, kind="stable")[:, :count]


class Names:
    """First and last names by mother tongue; children are named as today's children are."""

    def __init__(self) -> None:
        self._adults = {
            Sex.FEMALE: Weighted(_bearers("dvv_first_names_female_2022.csv")),
            Sex.MALE: Weighted(_bearers("dvv_first_names_male_2022.csv")),
        }
        self._last = Weighted(_bearers("dvv_last_names_2022.csv"))
        self._children = {sex: Weighted(_by_rank(sex)) for sex in (Sex.FEMALE, Sex.MALE)}
        self._by_language = _by_language()

    def first(self, random: Random, language: str, sex: Sex, *, child: bool) -> str:
        """One first name."""
        pool = self._by_language.get((language, sex.value))
        if pool is None:
            pool = (self._children if child else self._adults)[sex]
        return pool.draw(random)

    def last(self, random: Random, language: str) -> str:
        """One last name."""
        return self._by_language.get((language, "last"), self._last).draw(random)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _bearers(name: str) -> dict[str, float]:
    return {row["name"]: float(row["count"]) for row in _rows(name)}


def _by_rank(sex: Sex) -> dict[str, float]:
    names = [row["name"] for row in _rows("children_first_names.csv") if row["sex"] == sex]
    return {name: 1 / (rank + 12) for rank, name in enumerate(names)}


def _by_language() -> dict[tuple[str, str], Weighted]:
    pools: dict[tuple[str, str], dict[str, float]] = {}
    for row in _rows("names_by_language.csv"):
        pools.setdefault((row["language"], row["kind"]), {})[row["name"]] = 1.0
    return {key: Weighted(names) for key, names in pools.items()}
