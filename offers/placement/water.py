"""Where a straight line lies about the way: over water."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon

from offers.placement.geography import metres_between, unit_vectors
from offers.placement.inputs import Floats

WATER_M = 200
"""A line over more water than this is warned of: rivers and canals, which have bridges, are less.

Helsinki's Vantaanjoki is some 50 m wide, the strait before Lauttasaari 300 m, the bay between
Laajasalo and the centre over a kilometre.
"""


class WaterMap:
    """Pieces of water that do not overlap; longitude and latitude in WGS 84."""

    def __init__(self, pieces: Sequence[Polygon]) -> None:
        self._pieces = np.asarray(pieces, dtype=object)
        self._tree = shapely.STRtree(self._pieces)

    def metres_under(self, here: Floats, there: Floats) -> Floats:
        """How much of each straight line is over water; points are (latitude, longitude), known.

        Lines are straight in degrees, which at the length of a city's ways is the great circle;
        the share of a line that is over water is then the same in degrees and in metres.
        """
        lines = shapely.linestrings(np.stack((here[:, ::-1], there[:, ::-1]), axis=1))
        line, piece = self._tree.query(lines, predicate="intersects")
        parts = shapely.length(shapely.intersection(lines[line], self._pieces[piece]))
        degrees = np.bincount(line, weights=parts, minlength=len(lines))
        whole = np.maximum(shapely.length(lines), np.finfo(float).tiny)
        metres = metres_between(unit_vectors(*here.T), unit_vectors(*there.T))
        return np.asarray(metres * (degrees / whole))
