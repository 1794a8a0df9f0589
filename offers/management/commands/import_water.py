"""Import water, over which straight lines lie."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from citizens.management.importing import ImportCommand
from offers.catalogue.water import WaterChanges, import_water


class Command(ImportCommand):
    help = (
        "Import the city's water from a GeoJSON FeatureCollection of polygons in WGS 84: a "
        "placement warns of straight lines that cross it. docs/formats.md describes the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("water", type=Path, metavar="water.geojson")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.errors(options["water"], options["errors"]) as errors:
            import_water(
                path=options["water"],
                errors=errors,
                skip_bad=options["skip_bad"],
                dry_run=options["dry_run"],
                review=self._review,
            )
        self.end(dry_run=options["dry_run"])

    def _review(self, changes: WaterChanges) -> None:
        row = ("water", changes.waters, changes.pieces, changes.before)
        self.show("Water", ("", "polygons", "kept in pieces", "pieces before"), [row])
