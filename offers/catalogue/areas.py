"""The import of admission areas from GeoJSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction
from shapely.geometry import Point, shape

from citizens.register.errors import BadRows, ErrorFile, Problem
from offers.catalogue.geojson import BadFeature, outline_of, read_features
from offers.models import AdmissionArea, Unit

CODES = ("code", "postal_code", "posno")
NAMES = {"fi": ("name_fi", "name", "nimi"), "sv": ("name_sv", "namn"), "en": ("name_en",)}


Key = tuple[str, str, str]
"""Code, group and period: what makes an area one and the same."""


@dataclass(frozen=True)
class AreaChanges:
    """How many areas came and changed; ``without_units`` admit nobody first."""

    new: int
    changed: int
    unchanged: int
    without_units: int
    skipped: int


@dataclass(frozen=True)
class _Area:
    """One feature of the file."""

    code: str
    name: dict[str, str]
    group: str
    period: str
    boundary: dict[str, Any]
    units: Sequence[str] | None


def import_areas(
    *,
    path: Path,
    errors: ErrorFile,
    group: str = "",
    period: str = "",
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[AreaChanges], None] = lambda changes: None,
) -> AreaChanges:
    """Add and change the admission areas of a GeoJSON FeatureCollection in WGS 84.

    A feature may name its ``units`` by their ids in the service map; otherwise they are those
    that lie in it. ``group`` and ``period`` are for features that do not say them. An area that
    is not in the file stays. Raises RegisterError, and then nothing has changed.
    """
    known = {unit.register_id: unit for unit in Unit.objects.all()}
    areas: dict[Key, _Area] = {}
    for nth, feature in enumerate(read_features(path), start=1):
        try:
            area = _area(feature, group, period, known)
            if _key(area) in areas:
                raise BadFeature("code", "this area comes twice")
            areas[_key(area)] = area
        except BadFeature as error:
            errors.add(Problem(path.name, nth, error.field, f"feature {nth}: {error}"))
    if errors.count and not skip_bad:
        raise BadRows(
            f"{errors.rows} areas cannot be used; nothing was imported. "
            f"{errors.path} says why. With --skip-bad the others are imported."
        )
    with transaction.atomic():
        changes = _store(areas, known, skipped=errors.rows)
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _area(feature: object, group: str, period: str, known: dict[str, Unit]) -> _Area:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise BadFeature("properties", "missing")
    said = feature["properties"]
    code = next((str(said[name]) for name in CODES if said.get(name)), "")
    if not code or len(code) > 64:
        raise BadFeature("code", f"needs one of the properties {', '.join(CODES)}")
    return _Area(
        code=code,
        name=_name(said, code),
        group=str(said.get("group") or group)[:20],
        period=str(said.get("period") or period)[:20],
        boundary=_boundary(feature.get("geometry")),
        units=_units(said.get("units"), known),
    )


def _name(said: dict[str, Any], code: str) -> dict[str, str]:
    found = {
        language: next((str(said[name]) for name in names if said.get(name)), "")
        for language, names in NAMES.items()
    }
    finnish = found["fi"] or code
    return {language: name or finnish for language, name in found.items()}


def _boundary(geometry: Any) -> dict[str, Any]:
    outline_of(geometry)
    return dict(geometry)


def _units(ids: object, known: dict[str, Unit]) -> list[str] | None:
    if ids is None:
        return None
    if not isinstance(ids, list):
        raise BadFeature("units", "not a list of unit ids")
    unknown = [str(key) for key in ids if str(key) not in known]
    if unknown:
        raise BadFeature("units", f"not in the register: {', '.join(unknown[:5])}")
    return [str(key) for key in ids]


def _store(areas: Mapping[Key, _Area], known: dict[str, Unit], *, skipped: int) -> AreaChanges:
    existing = {_key(row): row for row in AdmissionArea.objects.prefetch_related("units")}
    new = [_row(area) for key, area in areas.items() if key not in existing]
    rows = existing | {_key(row): row for row in AdmissionArea.objects.bulk_create(new)}
    changed = without_units = 0
    for key, area in areas.items():
        row = rows[key]
        units = {known[unit].pk for unit in _units_of(area, known)}
        without_units += not units
        if key not in existing:
            row.units.add(*units)
        elif _differs(row, area, units):
            AdmissionArea.objects.filter(pk=row.pk).update(name=area.name, boundary=area.boundary)
            row.units.set(units)
            changed += 1
    return AreaChanges(
        new=len(new),
        changed=changed,
        unchanged=len(areas) - len(new) - changed,
        without_units=without_units,
        skipped=skipped,
    )


def _key(area: _Area | AdmissionArea) -> Key:
    return area.code, area.group, area.period


def _row(area: _Area) -> AdmissionArea:
    return AdmissionArea(
        code=area.code,
        group=area.group,
        period=area.period,
        name=area.name,
        boundary=area.boundary,
    )


def _differs(row: AdmissionArea, area: _Area, units: set[int]) -> bool:
    before = {unit.pk for unit in row.units.all()}
    return (row.name, row.boundary, before) != (area.name, area.boundary, units)


def _units_of(area: _Area, known: dict[str, Unit]) -> Sequence[str]:
    if area.units is not None:
        return area.units
    outline = shape(area.boundary)
    shapely.prepare(outline)
    return [
        key
        for key, unit in known.items()
        if unit.latitude is not None
        and unit.longitude is not None
        and outline.covers(Point(unit.longitude, unit.latitude))
    ]
