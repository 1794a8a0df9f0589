"""Daycares and clinics for the synthetic city, as the documents of the service map.

Names are invented; the spots are real, near where children live.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from shapely.geometry import Point, shape

from citizens.synthetic.daycares import Daycare
from citizens.synthetic.sources import Cell, Spot, cells, nearest, postal_areas, streets
from offers.catalogue.seats import SeatRow

UNITS_OF_FAMILIES = 300 / 5591
"""A city with 5,591 families of six-year-olds has some 300 units with preschool."""

FIRST_ID = 9_000_001  # the service map's own are far below
FIRST_CLINIC_ID = 9_500_001
SEATS_FOR_CHILDREN = 1.05
SMALLEST_GROUP = 4
PHONE = "09 310 00000"

BEGINNINGS = (
    "Aalto", "Ahven", "Ampiais", "Haapa", "Halla", "Harju", "Havu", "Helmi", "Hilla", "Honka",
    "Jänis", "Kallio", "Karpalo", "Kastanja", "Kataja", "Kettu", "Kielo", "Kivi", "Koivu",
    "Kuusi", "Käpy", "Lehmus", "Leppä", "Lintu", "Lumme", "Mansikka", "Meri", "Metsä", "Mustikka",
    "Mänty", "Niitty", "Omena", "Orava", "Pihlaja", "Poukama", "Puro", "Pähkinä", "Rusko", "Saaga",
    "Sammal", "Siili", "Sini", "Tammi", "Tuomi", "Tuuli", "Tähti", "Vaahtera", "Vadelma",
)  # fmt: skip
ENDINGS = ("kallio", "kumpu", "laakso", "lampi", "mäki", "niemi", "notko", "pelto", "piha", "ranta")

TO_COUNT = """
SELECT coalesce(wish.text, attended.text, 'fi'), coalesce(unit.text, ''), count(*)
FROM citizens_person p
LEFT JOIN citizens_registeredfact wish ON wish.person_id = p.id AND wish.attribute_id =
    (SELECT id FROM citizens_attribute WHERE code = 'preschool_group_wish')
LEFT JOIN citizens_registeredfact attended ON attended.person_id = p.id
    AND attended.attribute_id = (SELECT id FROM citizens_attribute WHERE code = 'daycare_group')
LEFT JOIN citizens_registeredfact unit ON unit.person_id = p.id AND unit.attribute_id =
    (SELECT id FROM citizens_attribute WHERE code = 'daycare_unit')
WHERE p.birth_date BETWEEN make_date(%(born)s, 1, 1) AND make_date(%(born)s, 12, 31)
    AND p.municipality = '091' AND p.died_on IS NULL AND p.gone_at IS NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class SyntheticUnits:
    """The units of a city with so many families of six-year-olds; the same for the same seed."""

    families: int
    seed: int

    @property
    def count(self) -> int:
        """How many daycares there are."""
        return max(4, round(self.families * UNITS_OF_FAMILIES))

    def daycares(self) -> list[tuple[dict[str, Any], Daycare]]:
        """Each daycare as the service map has it, and what the city's families see of it."""
        random = Random(f"units {self.seed}")
        names = [f"{first}{last}" for first in BEGINNINGS for last in ENDINGS]
        random.shuffle(names)
        found = []
        for nth, spot in enumerate(_spots(random, self.count)):
            groups, school = _groups(nth), _is_school(nth)
            name = names[nth % len(names)] + ("" if nth < len(names) else f" {nth // len(names)}")
            finnish = f"Päiväkoti {'ja koulu ' if school else ''}{name}"
            swedish = f"Daghemmet {'och skolan ' if school else ''}{name}"
            names_of_unit = {
                "name_fi": swedish if groups == ("sv",) else finnish,
                "name_sv": swedish,
                "name_en": f"Daycare {'and school ' if school else ''}{name}",
            }
            document = _document(random, FIRST_ID + nth, names_of_unit, spot)
            daycare = Daycare(str(document["id"]), spot.latitude, spot.longitude, groups, school)
            found.append((document, daycare))
        return found

    def clinics(self, count: int = 6) -> list[dict[str, Any]]:
        """Clinics for screenings."""
        random = Random(f"clinics {self.seed}")
        return [
            _document(
                random,
                FIRST_CLINIC_ID + nth,
                {
                    "name_fi": f"Seulontavastaanotto {BEGINNINGS[nth]}ranta",
                    "name_sv": f"Screeningmottagningen {BEGINNINGS[nth]}ranta",
                    "name_en": f"Screening clinic {BEGINNINGS[nth]}ranta",
                },
                spot,
            )
            for nth, spot in enumerate(_spots(random, count))
        ]


def seat_rows(
    daycares: Sequence[Daycare], *, service: str, period: str, born: int
) -> Iterator[SeatRow]:
    """Seats for those born in the year ``born``, by language: 105 % of the children.

    Each unit has them in proportion to the children of that age who are there already.
    """
    children: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(TO_COUNT, {"born": born})
        for group, unit, count in cursor.fetchall():
            children.setdefault(group, {})[unit] = count
    for group in ("fi", "sv"):
        units = [daycare.register_id for daycare in daycares if group in daycare.groups]
        here = children.get(group, {})
        total = math.ceil(sum(here.values()) * SEATS_FOR_CHILDREN)
        for unit, seats in _shares(total, {unit: here.get(unit, 0) for unit in units}).items():
            yield SeatRow(unit, service, period, group, "", str(seats), "0")


def admission_areas(daycares: Sequence[Daycare]) -> dict[str, Any]:
    """The postal areas as admission areas of both languages, as GeoJSON.

    Units in an area serve it; where there is none with the language, the nearest one does.
    """
    features = []
    for feature in postal_areas()["features"]:
        outline = shape(feature["geometry"])
        middle = outline.representative_point()
        for group in ("fi", "sv"):
            those = [daycare for daycare in daycares if group in daycare.groups]
            inside = [
                daycare.register_id
                for daycare in those
                if outline.covers(Point(daycare.longitude, daycare.latitude))
            ]
            properties = {
                "code": feature["properties"]["posno"],
                "name_fi": feature["properties"]["nimi"],
                "name_sv": feature["properties"]["namn"],
                "group": group,
                "units": inside or [_nearest_to(middle, those)],
            }
            features.append(
                {"type": "Feature", "properties": properties, "geometry": feature["geometry"]}
            )
    return {"type": "FeatureCollection", "features": features}


def schools(daycares: Sequence[Daycare]) -> dict[tuple[str, str], str]:
    """Where children of each language and postal area will go to school.

    The school in the area nearest to its middle; where there is none, the nearest one.
    """
    found = {}
    for feature in postal_areas()["features"]:
        outline = shape(feature["geometry"])
        middle = outline.representative_point()
        for group in ("fi", "sv"):
            those = [each for each in daycares if each.school and group in each.groups]
            inside = [
                each for each in those if outline.covers(Point(each.longitude, each.latitude))
            ]
            if those:
                code = feature["properties"]["posno"]
                found[group, code] = _nearest_to(middle, inside or those)
    return found


def _groups(nth: int) -> tuple[str, ...]:
    """One unit in ten has groups in both languages, one in twenty only in Swedish."""
    if nth % 10 == 0:
        return ("fi", "sv")
    return ("sv",) if nth % 20 == 7 else ("fi",)


def _is_school(nth: int) -> bool:
    """One daycare in four, and half of the Swedish ones, are under one roof with a school."""
    return nth % 4 == 0 or nth % 40 == 7


def _spots(random: Random, count: int) -> list[Spot]:
    """Spots where children live, spread as the children are, on the nearest street."""
    places = cells()
    weights = np.array([cell.children for cell in places], dtype=float)
    keys = np.array([random.random() for _ in places]) ** (1 / np.maximum(weights, 0.01))
    chosen = [places[index] for index in np.argsort(-keys, kind="stable")]
    rounds = math.ceil(count / len(chosen))
    return _on_streets((chosen * rounds)[:count])


def _on_streets(places: Sequence[Cell]) -> list[Spot]:
    roads = streets()
    near = nearest(
        np.array([(place.latitude, place.longitude) for place in places]),
        np.array([(road.latitude, road.longitude) for road in roads]),
        1,
    )
    return [
        Spot(f"{place.postal_code} {roads[row[0]].name}", place.latitude, place.longitude)
        for place, row in zip(places, near, strict=True)
    ]


def _document(random: Random, pk: int, names: Mapping[str, str], spot: Spot) -> dict[str, Any]:
    postal_code, street = spot.name.split(" ", 1)
    address = f"{street} {random.randint(1, 40)}"
    sources = [
        {"source": source, "id": str(UUID(int=random.getrandbits(128), version=4))}
        for source in ("asti", "evaka")
    ]
    return {
        "id": pk,
        **names,
        "sources": sources,
        "latitude": round(spot.latitude, 6),
        "longitude": round(spot.longitude, 6),
        **{f"street_address_{language}": address for language in ("fi", "sv", "en")},
        "address_zip": postal_code,
        "phone": PHONE,
    }


def _nearest_to(point: Point, daycares: Sequence[Daycare]) -> str:
    there = min(
        daycares,
        key=lambda daycare: (
            (daycare.latitude - point.y) ** 2 + ((daycare.longitude - point.x) / 2) ** 2
        ),
    )
    return there.register_id


def _shares(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """``total`` in shares after the weights, each of at least SMALLEST_GROUP."""
    shares = dict.fromkeys(weights, SMALLEST_GROUP)
    rest = max(0, total - SMALLEST_GROUP * len(weights))
    sum_of_weights = sum(weights.values()) or 1
    exact = {name: rest * weight / sum_of_weights for name, weight in weights.items()}
    for name, share in exact.items():
        shares[name] += math.floor(share)
    left = max(0, total - sum(shares.values()))
    for name in sorted(exact, key=lambda name: math.floor(exact[name]) - exact[name])[:left]:
        shares[name] += 1
    return shares
