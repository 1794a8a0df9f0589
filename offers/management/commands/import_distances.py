"""Import distances that the city measured."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from citizens.management.importing import ImportCommand
from offers.catalogue.distances import DistanceChanges, import_distances


class Command(ImportCommand):
    help = (
        "Import how far it is from people's homes to units, as the city measured it. "
        "docs/formats.md describes the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("distances", type=Path, metavar="distances.csv")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.errors(options["distances"], options["errors"]) as errors:
            import_distances(
                path=options["distances"],
                errors=errors,
                skip_bad=options["skip_bad"],
                dry_run=options["dry_run"],
                review=self._review,
            )
        self.end(dry_run=options["dry_run"])

    def _review(self, changes: DistanceChanges) -> None:
        row = ("ways", changes.known, changes.before)
        self.show("Measured ways", ("", "known", "before"), [row])
