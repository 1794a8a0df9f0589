"""Take the blocks off the seal whose time is over, with their rows."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from offers.rounds.pruning import prune


class Command(BaseCommand):
    help = "Take off the oldest blocks of the seal once every retention is over, as the owner."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.AS_OWNER:
            raise CommandError(
                "The application's role may take nothing off the seal. Run this where migrate "
                "runs, with DATABASE_OWNER_URL."
            )
        done = prune(now=timezone.now())
        if not done:
            self.stdout.write("Nothing of the seal is old enough.")
        for pruned in done:
            self.stdout.write(
                f"The seal begins after block {pruned.through:,}: {pruned.rows:,} rows went, "
                f"{pruned.carried:,} were carried forward."
            )
