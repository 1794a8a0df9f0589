"""Which admission area an address lies in, and which areas a unit serves."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from django.db.models import Q
from shapely import STRtree, points
from shapely.geometry import shape

from offers.models import AdmissionArea, Round


class Areas:
    """The admission areas in force for a round's period, by their ids."""

    def __init__(self, round: Round) -> None:
        in_force = Q(period="") | Q(period=round.period)
        areas = list(AdmissionArea.objects.filter(in_force).order_by("pk"))
        self._ids = [area.pk for area in areas]
        self._groups = [area.group for area in areas]
        self._tree = STRtree([shape(area.boundary) for area in areas])
        self._serving: dict[int, list[int]] = defaultdict(list)
        units = AdmissionArea.units.through.objects.filter(admissionarea__in=self._ids)
        for area, unit in units.values_list("admissionarea", "unit"):
            self._serving[unit].append(area)
        self._group_of = dict(zip(self._ids, self._groups, strict=True))

    def containing(
        self,
        latitude: Sequence[float],
        longitude: Sequence[float],
        group: Sequence[str],
    ) -> list[int | None]:
        """For each address the area of its group that it lies in; an area for all groups else."""
        found: list[int | None] = [None] * len(group)
        places = points(np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float))
        known = np.flatnonzero(~np.isnan(np.asarray(latitude, dtype=float)))
        rows, areas = self._tree.query(places[known], predicate="intersects")
        for row, area in zip(known[rows].tolist(), areas.tolist(), strict=True):
            own = self._groups[area] == group[row]
            if own or (self._groups[area] == "" and found[row] is None):
                found[row] = self._ids[area]
        return found

    def served_by(self, unit_id: int, group: str) -> list[int]:
        """The areas whose children the unit admits first to this group."""
        return [area for area in self._serving[unit_id] if self._group_of[area] in ("", group)]
