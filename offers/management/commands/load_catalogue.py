"""``load_catalogue``: check the services' files and make the database follow them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from offers.catalogue.load import CATALOGUE, load_catalogue
from offers.catalogue.problems import CatalogueError


class Command(BaseCommand):
    """Print what changes; with anything wrong, say file, line and reason, and change nothing."""

    help = "Checks the whole catalogue of services and loads it, showing what changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=CATALOGUE, help="another catalogue")
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        """Load, or raise CommandError with every problem."""
        try:
            changes = load_catalogue(folder=folder, dry_run=dry_run)
        except CatalogueError as error:
            raise CommandError(str(error)) from None
        for line in changes.changes:
            self.stdout.write(line)
        for rule in changes.kept:
            self.stdout.write(f"! the rule in force is not the file's: {rule}")
        changed = f"{len(changes.changes)} changes"
        self.stdout.write(
            f"{len(changes.services)} services, {changed}{' (nothing written)' if dry_run else ''}"
        )
