"""Water: taken whole or refused, and what a round's preview makes of it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from django.core.management import CommandError, call_command
from shapely.geometry import Polygon, mapping, shape

from citizens.register.errors import BadRows, ErrorFile, UnusableFile
from offers.catalogue.pieces import MOST_POINTS
from offers.catalogue.water import WaterChanges, import_water
from offers.models import Subject, Water
from offers.placement import WATER_M
from offers.rounds.arrays import known_water
from offers.rounds.warnings import REMARKS, remark_text
from tests.rounds.city import a_family, seats
from tests.rounds.journeys import prepared

pytestmark = pytest.mark.django_db

TOOLO = (60.1785, 24.9250)
"""West of the bay Töölönlahti; the railway station is south-east of it."""
BAY: dict[str, Any] = {
    "type": "Feature",
    "properties": {"name": "Töölönlahti"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [
            [[24.93, 60.17], [24.938, 60.17], [24.938, 60.184], [24.93, 60.184], [24.93, 60.17]]
        ],
    },
}  # fmt: skip


def written(folder: Path, *features: Any) -> Path:
    path = folder / "water.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def imported(path: Path, **options: Any) -> WaterChanges:
    return import_water(path=path, errors=ErrorFile(path.with_suffix(".errors")), **options)


def feature(geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": geometry}


def test_who_lives_across_the_bay_is_shown_to_the_caseworker(tmp_path: Path) -> None:
    imported(written(tmp_path, BAY))
    [across] = a_family(latitude=TOOLO[0], longitude=TOOLO[1])
    [beside] = a_family()
    seats(5)
    round = prepared()

    subjects = {one.person_id: one for one in Subject.objects.filter(round=round)}
    assert subjects[across.pk].placement["over_water"] is True
    assert subjects[beside.pk].placement["over_water"] is False
    [remark] = [one for one in round.preview["warnings"] if one["code"] == "over_water"]
    assert remark["count"] == 1
    assert f"{WATER_M} m" in remark_text(remark)
    figures = round.preview["placement"]["compared"]
    assert {policy: column["over_water"] for policy, column in figures.items()} == {
        "stable": 1,
        "shortest": 1,
    }


def test_without_water_nobody_is_warned(tmp_path: Path) -> None:
    a_family(latitude=TOOLO[0], longitude=TOOLO[1])
    seats(5)
    assert known_water() is None
    assert "over_water" not in [one["code"] for one in prepared().preview["warnings"]]


def test_the_file_is_the_whole_truth_and_overlapping_waters_count_once(tmp_path: Path) -> None:
    before = imported(written(tmp_path, BAY))
    assert before == WaterChanges(waters=1, pieces=1, before=0, skipped=0)
    changes = imported(written(tmp_path, BAY, BAY))
    assert (changes.waters, changes.before, changes.pieces) == (2, 1, 1)
    water = known_water()
    assert water is not None
    metres = water.metres_under(np.array([TOOLO]), np.array([(60.1785, 24.945)]))
    assert metres[0] == pytest.approx(0.008 / 0.02 * 1105, abs=5)


def test_a_long_shore_is_kept_in_small_pieces_that_are_the_same_water(tmp_path: Path) -> None:
    """A bay with 4,000 points, an island in it, beside a lake: as a city's base map has them."""
    turn = np.linspace(0, 2 * np.pi, 4_000, endpoint=False)
    wave = 0.02 + 0.002 * np.sin(60 * turn)
    shore = np.stack((24.95 + 2 * wave * np.cos(turn), 60.15 + wave * np.sin(turn)), axis=1)
    island = np.stack((24.95 + 0.004 * np.cos(turn), 60.15 + 0.002 * np.sin(turn)), axis=1)
    sea = Polygon(shore, [island[::-1]])
    imported(written(tmp_path, feature(mapping(sea)), BAY))

    pieces = shapely.from_wkb([bytes(one.outline) for one in Water.objects.all()])
    assert max(shapely.get_num_coordinates(piece) for piece in pieces) <= MOST_POINTS
    whole = shapely.union_all([sea, shape(BAY["geometry"])])
    assert sum(piece.area for piece in pieces) == pytest.approx(whole.area, rel=1e-9)
    assert shapely.union_all(pieces).symmetric_difference(whole).area < 1e-9 * whole.area


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (3, "not a Polygon"),
        ({"type": "Feature", "properties": {}}, "not a Polygon"),
        (feature({"type": "Point", "coordinates": [24.9, 60.1]}), "not a Polygon"),
        (feature({"type": "Polygon", "coordinates": "the sea"}), "cannot be read"),
        (feature({"type": "Polygon", "coordinates": [[[24.9]]]}), "cannot be read"),
        (feature({"type": "Polygon", "coordinates": []}), "empty"),
        (
            feature({"type": "Polygon", "coordinates": [
                [[60.1, 24.9], [60.2, 24.9], [60.2, 25.0], [60.1, 24.9]]]}),
            "not in Finland: coordinates are longitude, latitude",
        ),
        (
            feature({"type": "Polygon", "coordinates": [
                [[24.8, 60.2], [25.0, 60.3], [25.0, 60.2], [24.8, 60.3], [24.8, 60.2]]]}),
            "crosses itself",
        ),
    ],
)  # fmt: skip
def test_a_wrong_water_is_named_and_nothing_is_taken_over(
    tmp_path: Path, wrong: Any, said: str
) -> None:
    imported(written(tmp_path, BAY))
    path = written(tmp_path, BAY, BAY, wrong)
    with pytest.raises(BadRows, match="1 waters cannot be used; nothing was imported"):
        imported(path)
    assert "feature 3: " in path.with_suffix(".errors").read_text()
    assert said in path.with_suffix(".errors").read_text()
    assert Water.objects.count() == 1
    assert imported(path, skip_bad=True).skipped == 1


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"[]", b'{"features": []}', b"[" * 100_000, b"NaN"]
)
def test_a_file_that_is_no_collection_of_water(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "water.geojson"
    path.write_bytes(document)
    with pytest.raises(UnusableFile):
        imported(path)


def test_the_command_says_what_it_did_and_a_dry_run_keeps_nothing(tmp_path: Path) -> None:
    shown = StringIO()
    call_command("import_water", written(tmp_path, BAY), dry_run=True, stdout=shown)
    assert "Nothing was changed" in shown.getvalue()
    assert not Water.objects.exists()
    call_command("import_water", written(tmp_path, BAY), stdout=shown)
    assert Water.objects.count() == 1
    with pytest.raises(CommandError, match=r"nowhere.geojson cannot be opened"):
        call_command("import_water", tmp_path / "nowhere.geojson")


def test_the_length_that_is_warned_of_is_the_one_in_words() -> None:
    assert f"over {WATER_M} m of water" in str(REMARKS["over_water"])
