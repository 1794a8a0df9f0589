"""The import of water, over which straight lines lie, from GeoJSON."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from citizens.register.errors import BadRows, ErrorFile, Problem
from offers.catalogue.geojson import BadFeature, outline_of, read_features
from offers.catalogue.pieces import pieces_of
from offers.models import Water


@dataclass(frozen=True)
class WaterChanges:
    """How many waters came, in how many pieces they are kept, and how many there were before."""

    waters: int
    pieces: int
    before: int
    skipped: int


def import_water(
    *,
    path: Path,
    errors: ErrorFile,
    skip_bad: bool = False,
    dry_run: bool = False,
    review: Callable[[WaterChanges], None] = lambda changes: None,
) -> WaterChanges:
    """Replace all water by the polygons of a GeoJSON FeatureCollection in WGS 84.

    Waters may overlap; properties are not read. Raises RegisterError, and then nothing has
    changed.
    """
    outlines = list(_outlines(path, errors))
    if errors.count and not skip_bad:
        raise BadRows(
            f"{errors.rows} waters cannot be used; nothing was imported. "
            f"{errors.path} says why. With --skip-bad the others are imported."
        )
    pieces = list(pieces_of(shapely.union_all(outlines)))
    with transaction.atomic():
        before, _by_model = Water.objects.all().delete()
        Water.objects.bulk_create(
            [Water(outline=shapely.to_wkb(piece)) for piece in pieces], batch_size=5_000
        )
        changes = WaterChanges(len(outlines), len(pieces), before, skipped=errors.rows)
        review(changes)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _outlines(path: Path, errors: ErrorFile) -> Iterator[BaseGeometry]:
    for nth, feature in enumerate(read_features(path), start=1):
        geometry: Any = feature.get("geometry") if isinstance(feature, dict) else None
        try:
            yield outline_of(geometry)
        except BadFeature as error:
            errors.add(Problem(path.name, nth, error.field, f"feature {nth}: {error}"))
