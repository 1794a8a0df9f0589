"""``load_catalogue``: check the services' files and make the database follow them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from offers.catalogue.load import CATALOGUE, load_catalogue
from offers.catalogue.problems import CatalogueError
from offers.eligibility.reach import reach
from offers.models import EligibilityRule


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
        for text in changes.kept_texts:
            self.stdout.write(f"! the text was edited and is not the file's: {text}")
        if not dry_run:
            self._warn(changes.new_rules)
        changed = f"{len(changes.changes)} changes"
        self.stdout.write(
            f"{len(changes.services)} services, {changed}{' (nothing written)' if dry_run else ''}"
        )

    def _warn(self, services: list[str]) -> None:
        """Say which of the new rules mean nobody, or everybody, as the registers are today."""
        today = timezone.localdate()
        rules = EligibilityRule.objects.in_force().filter(service__code__in=services)
        for rule in rules.select_related("service").order_by("service__code"):
            meant = reach(rule.criteria, service=rule.service, as_of=today)
            if meant.residents and (meant.nobody or meant.everybody):
                whom = "nobody" if meant.nobody else "everybody who lives here"
                self.stdout.write(f"! the rule of {rule.service.code} selects {whom} today")
