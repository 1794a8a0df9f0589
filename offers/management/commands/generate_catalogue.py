"""``generate_catalogue``: hundreds of services with conditions of their own, to measure with."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from offers.eligibility.generated import TooFewConditionsError, generate_catalogue


class Command(BaseCommand):
    """Make them, and say which shares of the people they match; never where people are served."""

    help = "Makes a catalogue of services with distinct conditions, for measuring only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--services", type=int, default=835, help="how many")

    def handle(self, *args: Any, services: int, **options: Any) -> None:
        if settings.DEPLOYED:
            raise CommandError("These services are for measuring and must not meet real people.")
        if services < 1:
            raise CommandError("--services: at least 1.")
        try:
            made = generate_catalogue(services=services, day=timezone.localdate())
        except TooFewConditionsError as error:
            raise CommandError(str(error)) from None
        shares = [one.share for one in made]
        self.stdout.write(
            f"{len(made)} services; each matches between {min(shares, default=0):.1%} "
            f"and {max(shares, default=0):.1%} of the people"
        )
