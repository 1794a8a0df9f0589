"""Large outlines in small pieces."""

from collections.abc import Iterator

import shapely
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

MOST_POINTS = 64
"""A piece has no more points than this, so that lines are cut by what is near to them alone."""


def pieces_of(water: BaseGeometry) -> Iterator[Polygon]:
    """Halves of halves until each is small, as PostGIS's ST_Subdivide does it."""
    if isinstance(water, Polygon) and shapely.get_num_coordinates(water) <= MOST_POINTS:
        if water.area > 0:
            yield water
    elif isinstance(water, Polygon):
        west, south, east, north = water.bounds
        middle = (west + east) / 2, (south + north) / 2
        wide = east - west > north - south
        for half in (
            box(west, south, middle[0] if wide else east, north if wide else middle[1]),
            box(middle[0] if wide else west, south if wide else middle[1], east, north),
        ):
            yield from pieces_of(water.intersection(half))
    else:
        for part in getattr(water, "geoms", ()):
            yield from pieces_of(part)
