"""GeoJSON from elsewhere: the features of a file, and outlines that can be used."""

from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape

from citizens.register.errors import UnusableFile
from offers.catalogue.documents import read_json

BOUNDS = (19.0, 59.0, 32.0, 71.0)
"""Finland: west, south, east, north, degrees in WGS 84."""


class BadFeature(ValueError):  # noqa: N818 - read as "raise BadFeature"
    """A feature that cannot be used: property and reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read_features(path: Path) -> list[Any]:
    """The features of a GeoJSON FeatureCollection (RFC 7946). Raises UnusableFile."""
    document = read_json(path)
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise UnusableFile(f"{path.name} is no GeoJSON FeatureCollection with features.")
    return features


def outline_of(geometry: object) -> Polygon | MultiPolygon:
    """The polygon of a feature, valid and in Finland. Raises BadFeature."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadFeature("geometry", "not a Polygon or MultiPolygon")
    try:
        outline = shape(geometry)
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        shapely.errors.ShapelyError,
    ):
        raise BadFeature("geometry", "the coordinates cannot be read") from None
    if outline.is_empty:
        raise BadFeature("geometry", "empty")
    west, south, east, north = outline.bounds
    if not (BOUNDS[0] <= west and BOUNDS[1] <= south and east <= BOUNDS[2] and north <= BOUNDS[3]):
        raise BadFeature(
            "geometry", "not in Finland: coordinates are longitude, latitude in WGS 84"
        )
    if not outline.is_valid:
        raise BadFeature(
            "geometry", f"the border crosses itself ({shapely.is_valid_reason(outline)})"
        )
    return outline
