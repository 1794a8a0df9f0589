"""Units, seats and admission areas as other systems deliver them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from citizens.register.errors import BadRows, ErrorFile, RegisterError, UnusableFile
from citizens.register.formats import RowWriter
from offers.catalogue.areas import AreaChanges, import_areas
from offers.catalogue.load import load_catalogue
from offers.catalogue.seats import SeatChanges, SeatRow, import_seats
from offers.catalogue.units import UnitChanges, import_units
from offers.models import AdmissionArea, Capacity, Unit
from tests.citizens.delivery import AS_OF

pytestmark = pytest.mark.django_db

KANNEL: dict[str, Any] = {
    "id": 3,
    "name_fi": "Päiväkoti Kannel",
    "name_en": "Daycare Kannel",
    "sources": [{"source": "asti", "id": "204b2f52"}, {"source": "evaka", "id": "9b1c"}],
    "latitude": 60.239895,
    "longitude": 24.879782,
    "street_address_fi": "Kannelpolku 5",
    "street_address_sv": "Kantelestigen 5",
    "address_zip": "00420",
    "extra_searchwords_fi": "eskari",
}
SEATS = SeatRow("3", "preschool", "2026", "fi", "", "21", "7")
SQUARE = [[[24.8, 60.2], [25.0, 60.2], [25.0, 60.3], [24.8, 60.3], [24.8, 60.2]]]
AREA: dict[str, Any] = {
    "type": "Feature",
    "properties": {"code": "00420", "name_fi": "Kannelmäki", "name_sv": "Gamlas"},
    "geometry": {"type": "Polygon", "coordinates": SQUARE},
}


def units(folder: Path, document: Any, **options: Any) -> UnitChanges:
    path = folder / "units.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return import_units(path=path, errors=ErrorFile(folder / "errors.csv"), **options)


def seats(folder: Path, *rows: SeatRow, **options: Any) -> SeatChanges:
    path = folder / "seats.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        RowWriter(file, SeatRow._fields, as_of=AS_OF).add(rows)
    return import_seats(path=path, errors=ErrorFile(folder / "errors.csv"), **options)


def areas(folder: Path, *features: Any, **options: Any) -> AreaChanges:
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return import_areas(path=path, errors=ErrorFile(folder / "errors.csv"), **options)


def problem(folder: Path) -> str:
    _, line = (folder / "errors.csv").read_text().splitlines()
    return line


def test_a_unit_of_the_service_map_comes_in_with_its_identifiers(tmp_path: Path) -> None:
    assert units(tmp_path, [KANNEL]) == UnitChanges(1, 0, 0, 0, 0)

    unit = Unit.objects.get(register_id="3")
    assert unit.name == {
        "fi": "Päiväkoti Kannel", "sv": "Päiväkoti Kannel", "en": "Daycare Kannel",
    }  # fmt: skip
    assert unit.address["sv"] == "Kantelestigen 5"
    assert unit.identifiers == {"asti": "204b2f52", "evaka": "9b1c"}
    assert (unit.latitude, unit.longitude) == (60.239895, 24.879782)


def test_the_same_units_again_change_nothing(tmp_path: Path) -> None:
    units(tmp_path, [KANNEL])

    assert units(tmp_path, {"results": [KANNEL]}) == UnitChanges(0, 0, 1, 0, 0)


def test_a_changed_unit_keeps_identifiers_that_only_another_system_gave_it(tmp_path: Path) -> None:
    units(tmp_path, [KANNEL])
    moved = {**KANNEL, "street_address_fi": "Kannelpolku 7", "sources": []}

    assert units(tmp_path, [moved]) == UnitChanges(0, 1, 0, 0, 0)

    unit = Unit.objects.get()
    assert unit.address["fi"] == "Kannelpolku 7"
    assert unit.identifiers == {"asti": "204b2f52", "evaka": "9b1c"}


def test_a_unit_without_coordinates_is_taken_and_counted(tmp_path: Path) -> None:
    without = {key: KANNEL[key] for key in KANNEL if key not in ("latitude", "longitude")}

    assert units(tmp_path, [without]).unlocated == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, "id,unit 2: missing"),
        ({"name_fi": ""}, "name_fi,unit 2: missing"),
        ({"latitude": -33.86, "longitude": 151.2}, "latitude,unit 2: not in Finland"),
        ({"latitude": 6680014, "longitude": 382610}, "not in Finland"),
        ({"latitude": "60.2"}, "not a number"),
        ({"longitude": None}, "both latitude and longitude"),
        ({"sources": "asti"}, "not a list of source and id"),
        ({"address_zip": "FI-00420"}, "at most 5 characters"),
        ({"id": 3}, "this unit comes twice"),
        ({"name_fi": ["a"]}, "not a text"),
    ],
)
def test_a_wrong_unit_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    wrong = {**KANNEL, "id": 4, **change}

    with pytest.raises(BadRows, match="1 units cannot be used"):
        units(tmp_path, [KANNEL, wrong])
    assert not Unit.objects.exists()
    assert said in problem(tmp_path)

    assert units(tmp_path, [KANNEL, wrong], skip_bad=True).new == 1


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[", b"{}", b"[]", b"[1, 2", b"\xff\xfe[\x00", b"\x00", b"null", b"3",
        b'{"results": 3}', b"[" * 100_000,
        b'[{"id": 1, "name_fi": "A", "latitude": NaN, "longitude": 24.9}]',
        b"[" + b"9" * 9999 + b"]",
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_of_units(tmp_path: Path, document: bytes) -> None:
    with pytest.raises(UnusableFile):
        units(tmp_path, document)


def test_units_that_are_no_objects(tmp_path: Path) -> None:
    with pytest.raises(BadRows):
        units(tmp_path, [3, None, "unit", []])


def test_seats_come_in_and_change(tmp_path: Path) -> None:
    load_catalogue()
    units(tmp_path, [KANNEL])
    slot = SeatRow("3", "cervical_screening", "2026", "", "2026-03-02T08:30", "4", "")

    assert seats(tmp_path, SEATS, slot) == SeatChanges(2, 0, 0, 0)

    capacity = Capacity.objects.get(group="fi")
    assert (capacity.seats, capacity.minimum, capacity.period) == (21, 7, "2026")
    assert Capacity.objects.get(group="").starts_at == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    assert seats(tmp_path, SEATS._replace(seats="22"), slot) == SeatChanges(0, 1, 1, 0)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unit", "99", "not a unit in the register"),
        ("service", "shoes", "not a service in the catalogue"),
        ("period", "", "missing"),
        ("seats", "0", "not between 1 and"),
        ("seats", "-3", "not between 1 and"),
        ("seats", "many", "not a whole number"),
        ("seats", "9" * 30, "not a whole number"),
        ("minimum", "22", "more than there are seats"),
        ("starts_at", "in the morning", "not a time"),
    ],
)
def test_wrong_seats_are_named(tmp_path: Path, field: str, value: str, said: str) -> None:
    load_catalogue()
    units(tmp_path, [KANNEL])
    wrong = SEATS._replace(group="sv", **{field: value})

    with pytest.raises(BadRows):
        seats(tmp_path, SEATS, wrong)
    assert not Capacity.objects.exists()
    assert said in problem(tmp_path)
    assert seats(tmp_path, SEATS, wrong, skip_bad=True).new == 1


def test_seats_that_come_twice_are_named(tmp_path: Path) -> None:
    load_catalogue()
    units(tmp_path, [KANNEL])

    with pytest.raises(BadRows):
        seats(tmp_path, SEATS, SEATS._replace(seats="3", minimum="0"))


def test_an_area_is_served_by_the_units_in_it(tmp_path: Path) -> None:
    units(tmp_path, [KANNEL, {**KANNEL, "id": 4, "latitude": 60.15}])

    assert areas(tmp_path, AREA, group="fi") == AreaChanges(1, 0, 0, 0, 0)

    area = AdmissionArea.objects.get()
    assert (area.code, area.group, area.period) == ("00420", "fi", "")
    assert area.name == {"fi": "Kannelmäki", "sv": "Gamlas", "en": "Kannelmäki"}
    assert [unit.register_id for unit in area.units.all()] == ["3"]
    assert areas(tmp_path, AREA, group="fi") == AreaChanges(0, 0, 1, 0, 0)


def test_an_area_may_name_its_units(tmp_path: Path) -> None:
    units(tmp_path, [KANNEL, {**KANNEL, "id": 4, "latitude": 60.15}])
    areas(tmp_path, AREA)
    named = {**AREA, "properties": {**AREA["properties"], "units": [4]}}

    assert areas(tmp_path, named) == AreaChanges(0, 1, 0, 0, 0)

    assert [unit.register_id for unit in AdmissionArea.objects.get().units.all()] == ["4"]


def test_an_area_without_units_is_counted(tmp_path: Path) -> None:
    assert areas(tmp_path, AREA).without_units == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"properties": {}}, "needs one of the properties"),
        ({"properties": None}, "missing"),
        ({"geometry": None}, "not a Polygon"),
        ({"geometry": {"type": "Point", "coordinates": [24.9, 60.2]}}, "not a Polygon"),
        ({"geometry": {"type": "Polygon", "coordinates": "here"}}, "cannot be read"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[24.9]]]}}, "cannot be read"),
        ({"geometry": {"type": "Polygon"}}, "cannot be read"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "empty"),
        (
            {"geometry": {"type": "Polygon", "coordinates": [
                [[25496000, 6672000], [25497000, 6672000], [25497000, 6673000],
                 [25496000, 6672000]]]}},
            "not in Finland",
        ),
        (
            {"geometry": {"type": "Polygon", "coordinates": [
                [[24.8, 60.2], [25.0, 60.3], [25.0, 60.2], [24.8, 60.3], [24.8, 60.2]]]}},
            "crosses itself",
        ),
        ({"properties": {"code": "1", "units": [77]}}, "not in the register: 77"),
        ({"properties": {"code": "1", "units": "all"}}, "not a list of unit ids"),
        ({"properties": {"code": "00420"}}, "comes twice"),
    ],
)  # fmt: skip
def test_a_wrong_area_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRows):
        areas(tmp_path, AREA, {**AREA, **change})
    assert not AdmissionArea.objects.exists()
    assert said in problem(tmp_path)


def test_a_file_that_is_no_collection_of_areas(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="no GeoJSON"):
        areas(tmp_path)
