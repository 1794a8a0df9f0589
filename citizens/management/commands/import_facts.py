"""Import what another register knows about people."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from citizens.management.importing import ImportCommand, day
from citizens.register.facts import FactChanges, import_facts


class Command(ImportCommand):
    help = (
        "Import registered facts: person, attribute, value. The file is the whole truth about "
        "each attribute it names. docs/formats.md describes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("facts", type=Path, metavar="facts.csv")
        parser.add_argument(
            "--as-of", type=day, help="the day the facts are of, if the file does not say it"
        )
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with self.errors(options["facts"], options["errors"]) as errors:
            import_facts(
                path=options["facts"],
                errors=errors,
                as_of=options["as_of"],
                skip_bad=options["skip_bad"],
                dry_run=options["dry_run"],
                review=self._review,
            )
        self.end(dry_run=options["dry_run"])

    def _review(self, changes: FactChanges) -> None:
        row = ("facts", changes.new, changes.changed, changes.gone)
        self.show("What changes", ("", "new", "changed", "gone"), [row])
        self.stdout.write(f"Wrong rows left out: {changes.skipped}")
