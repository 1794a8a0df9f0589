"""``keep_standing``: who is entitled to what, now rather than tonight."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from offers.eligibility.standing import keep_standing


class Command(BaseCommand):
    """Print what was written; with another run under way, say so and change nothing."""

    help = "Keeps who is entitled to what, for the whole catalogue; what did not change stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="ask every rule of everybody")

    def handle(self, *args: Any, full: bool, **options: Any) -> None:
        night = keep_standing(day=timezone.localdate(), in_full=full or None)
        if night is None:
            raise CommandError("Another run is under way.")
        self.stdout.write(
            f"{night.rules} rules as of {night.day}, {night.in_full} of them asked of everybody; "
            f"{night.examined} people looked at; {night.came} rows came, {night.went} went"
        )
