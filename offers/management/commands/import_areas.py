"""Import admission areas."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from citizens.management.importing import ImportCommand
from offers.catalogue.areas import AreaChanges, import_areas


class Command(ImportCommand):
    help = (
        "Import admission areas from a GeoJSON FeatureCollection in WGS 84. docs/formats.md "
        "describes the properties."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("areas", type=Path, metavar="areas.geojson")
        parser.add_argument("--group", default="", help="the language of the group, such as sv")
        parser.add_argument("--period", default="", help="the period, such as 2027; all if empty")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.errors(options["areas"], options["errors"]) as errors:
            import_areas(
                path=options["areas"],
                errors=errors,
                group=options["group"],
                period=options["period"],
                skip_bad=options["skip_bad"],
                dry_run=options["dry_run"],
                review=self._review,
            )
        self.end(dry_run=options["dry_run"])

    def _review(self, changes: AreaChanges) -> None:
        row = ("areas", changes.new, changes.changed, changes.unchanged)
        self.show("Admission areas", ("", "new", "changed", "unchanged"), [row])
        if changes.without_units:
            self.stdout.write(f"{changes.without_units} areas have no unit in them.")
