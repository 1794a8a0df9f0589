"""Import units from the service map, and the seats they have."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction

from citizens.management.importing import ImportCommand
from offers.catalogue.seats import SeatChanges, import_seats
from offers.catalogue.units import UnitChanges, import_units


class Command(ImportCommand):
    help = (
        "Import units in the format of the City's service map (v4) and, with --seats, a CSV file "
        "of their seats. docs/formats.md describes both."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("units", type=Path, metavar="units.json")
        parser.add_argument("--seats", type=Path, metavar="seats.csv")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.errors(options["units"], options["errors"]) as errors, transaction.atomic():
            import_units(
                path=options["units"],
                errors=errors,
                skip_bad=options["skip_bad"],
                review=self._review_units,
            )
            if options["seats"]:
                import_seats(
                    path=options["seats"],
                    errors=errors,
                    skip_bad=options["skip_bad"],
                    review=self._review_seats,
                )
            transaction.set_rollback(options["dry_run"])
        self.end(dry_run=options["dry_run"])

    def _review_units(self, changes: UnitChanges) -> None:
        row = ("units", changes.new, changes.changed, changes.unchanged)
        self.show("Units", ("", "new", "changed", "unchanged"), [row])
        if changes.unlocated:
            self.stdout.write(
                f"{changes.unlocated} units have no coordinates: no distance is known to them."
            )

    def _review_seats(self, changes: SeatChanges) -> None:
        row = ("groups and appointments", changes.new, changes.changed, changes.unchanged)
        self.show("Seats", ("", "new", "changed", "unchanged"), [row])
