"""Import a delivery of the population register."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from citizens.management.importing import ImportCommand, day
from citizens.register.comparing import RegisterChanges
from citizens.register.importing import RegisterFiles, import_register


class Command(ImportCommand):
    help = (
        "Import people, guardianships and contacts from the population register's files: all of "
        "them or nothing. docs/formats.md describes the files."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("people", "guardianships", "contacts"):
            parser.add_argument(name, type=Path, metavar=f"{name}.csv")
        parser.add_argument(
            "--as-of", type=day, help="the day the files speak of, if they do not say it themselves"
        )
        parser.add_argument(
            "--allow-shrink",
            action="store_true",
            help="import even if more than 2 %% of the people vanish",
        )
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        files = RegisterFiles(
            people=options["people"],
            guardianships=options["guardianships"],
            contacts=options["contacts"],
            as_of=options["as_of"],
        )
        with self.errors(files.people, options["errors"]) as errors:
            import_register(
                files=files,
                errors=errors,
                skip_bad=options["skip_bad"],
                allow_shrink=options["allow_shrink"],
                dry_run=options["dry_run"],
                review=self._review,
            )
        self.end(dry_run=options["dry_run"])

    def _review(self, changes: RegisterChanges) -> None:
        rows = [
            (name, part.before, part.new, part.changed, part.gone)
            for name, part in (
                ("people", changes.people),
                ("guardianships", changes.guardianships),
                ("contacts", changes.contacts),
            )
        ]
        self.show("What changes", ("", "before", "new", "changed", "gone"), rows)
        self.stdout.write(f"Newly protected people: {changes.newly_protected}")
        self.stdout.write(f"Wrong rows left out: {changes.skipped}")
