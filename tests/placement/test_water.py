"""Straight lines over water, in a sketch of Helsinki's shore."""

from itertools import pairwise

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from offers.placement import POLICIES, WATER_M, WaterMap, compare_policies, explain, place
from offers.placement.geography import metres_between, unit_vectors
from offers.placement.inputs import Floats
from tests.placement.by_hand import seats, subjects

KRUUNUVUORENSELKA = box(24.978, 60.150, 25.004, 60.178)
"""The bay between Katajanokka and Laajasalo: a kilometre and a half wide, bridged far north."""
SEURASAARENSELKA = Polygon(
    [(24.862, 60.164), (24.906, 60.166), (24.896, 60.185), (24.866, 60.184), (24.862, 60.164)]
)
"""The bay north of Lauttasaari: to Munkkiniemi it is two kilometres as the crow flies."""
VANTAANJOKI = box(24.9700, 60.215, 24.9709, 60.235)
"""The river: fifty metres wide."""
HELSINKI = WaterMap([KRUUNUVUORENSELKA, SEURASAARENSELKA, VANTAANJOKI])

KATAJANOKKA = (60.1670, 24.9700)
LAAJASALO = (60.1660, 25.0150)
LAUTTASAARI = (60.1620, 24.8780)
MUNKKINIEMI = (60.1910, 24.8790)
DREVS = (60.1600, 24.8650)
VIIKKI = (60.2250, 24.9800)
OULUNKYLA = (60.2250, 24.9620)


def homes(*points: tuple[float, float], **columns: object) -> dict[str, object]:
    return {
        "latitude": [point[0] for point in points],
        "longitude": [point[1] for point in points],
        **columns,
    }


def over_water(
    home: tuple[float, float], unit: tuple[float, float], **options: object
) -> tuple[int, str]:
    """Whether a child who lives here and goes there is warned of, and what the family is told."""
    assignment = place(
        subjects(1, **homes(home)),
        seats(1, **homes(unit)),
        criteria=["distance"],
        seed=1,
        water=HELSINKI,
        **options,  # type: ignore[arg-type]
    )
    assert assignment.warnings.over_water == tuple(np.flatnonzero(assignment.over_water))
    return assignment.figures.over_water, explain(assignment, 0, "en")


@pytest.mark.parametrize(
    ("home", "unit"),
    [(LAAJASALO, KATAJANOKKA), (KATAJANOKKA, LAAJASALO), (LAUTTASAARI, MUNKKINIEMI)],
)
def test_near_as_the_crow_flies_and_far_by_road_is_warned_of(
    home: tuple[float, float], unit: tuple[float, float]
) -> None:
    warned, said = over_water(home, unit)
    assert warned == 1
    assert "crosses water" in said


@pytest.mark.parametrize(
    ("home", "unit"),
    [(LAUTTASAARI, DREVS), (VIIKKI, OULUNKYLA), (LAAJASALO, LAAJASALO)],
)
def test_on_the_same_shore_or_over_a_river_nobody_is_warned(
    home: tuple[float, float], unit: tuple[float, float]
) -> None:
    warned, said = over_water(home, unit)
    assert warned == 0
    assert "water" not in said


def test_a_way_that_the_city_measured_is_not_doubted_and_one_it_did_not_is() -> None:
    assert over_water(LAAJASALO, KATAJANOKKA, distances=np.array([[9_800.0]]))[0] == 0
    straight = metres_of(np.array([LAAJASALO]), np.array([KATAJANOKKA]))
    assert over_water(LAAJASALO, KATAJANOKKA, distances=straight[:, None])[0] == 1


def test_without_water_without_an_address_and_without_a_seat_nothing_is_said() -> None:
    children = subjects(2, **homes((float("nan"), 24.9), LAAJASALO))
    units = seats(1, **homes(KATAJANOKKA))
    with_water = place(children, units, criteria=["distance"], seed=1, water=HELSINKI)
    without = place(children, units, criteria=["distance"], seed=1)
    assert without.figures.over_water == 0
    assert with_water.seat_of.tolist() == without.seat_of.tolist() == [-1, 0]
    only_lost = subjects(1, **homes((float("nan"), 24.9)))
    assert place(only_lost, units, criteria=[], seed=1, water=HELSINKI).figures.over_water == 0


def test_both_policies_are_counted_and_water_changes_nobodys_seat() -> None:
    children = subjects(2, **homes(LAAJASALO, KATAJANOKKA))
    units = seats(2, **homes(KATAJANOKKA, LAAJASALO), group=["fi", "fi"])
    compared = compare_policies(children, units, criteria=["distance"], seed=1, water=HELSINKI)
    assert {policy: figures.over_water for policy, figures in compared.items()} == dict.fromkeys(
        POLICIES, 0
    )
    one_shore = seats(2, **homes(KATAJANOKKA, KATAJANOKKA))
    compared = compare_policies(children, one_shore, criteria=["distance"], seed=1, water=HELSINKI)
    assert {policy: figures.over_water for policy, figures in compared.items()} == dict.fromkeys(
        POLICIES, 1
    )


def test_the_length_over_water_is_that_of_the_line_step_by_step() -> None:
    """Against points along each line, ten metres from one to the next, each in the water or not."""
    chance = np.random.default_rng(7)
    here, there = (chance.random((60, 2)) * (0.09, 0.18) + (60.145, 24.84) for _ in range(2))
    found = HELSINKI.metres_under(here, there)
    lengths = metres_of(here, there)
    for home, unit, length, metres in zip(here, there, lengths, found, strict=True):
        steps = max(int(length / 10), 1)
        along = home + (unit - home) * ((np.arange(steps) + 0.5) / steps)[:, None]
        wet = sum(_in_water(point) for point in along)
        assert metres == pytest.approx(wet * length / steps, abs=60)
    assert (found > WATER_M).any()
    assert (found == 0).any()


def metres_of(here: Floats, there: Floats) -> Floats:
    return metres_between(unit_vectors(*here.T), unit_vectors(*there.T)).astype(float)


def _in_water(point: Floats) -> bool:
    latitude, longitude = point
    boxes = (KRUUNUVUORENSELKA.bounds, VANTAANJOKI.bounds)
    inside = any(
        west <= longitude <= east and south <= latitude <= north
        for west, south, east, north in boxes
    )
    return inside or _in_polygon(longitude, latitude)


def _in_polygon(x: float, y: float) -> bool:
    """By counting how often a ray to the east meets the border."""
    corners = list(SEURASAARENSELKA.exterior.coords)
    meets = 0
    for (x1, y1), (x2, y2) in pairwise(corners):
        meets += (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    return meets % 2 == 1
