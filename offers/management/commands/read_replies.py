"""Read a list of replies as the service would."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from offers.replies.reading.judging import ListError, load_list, score


class Command(BaseCommand):
    help = (
        "Read the replies of a tab-separated list (columns: text, and if known language, label, "
        "note) and write what each means and why. With labels, print how right that is."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("replies", type=Path, metavar="LIST.tsv")
        parser.add_argument("--out", type=Path, required=True, metavar="READINGS.tsv")
        parser.add_argument(
            "--offer-language",
            metavar="LANGUAGE",
            help="the language the offers went out in; by default each writer's own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            replies = load_list(options["replies"])
            read = [(reply, reply.read(options["offer_language"])) for reply in replies]
            rows = [(reply.text, found.reading.value, found.reason) for reply, found in read]
            lines = ["\t".join(row) for row in [("text", "reading", "reason"), *rows]]
            options["out"].write_bytes("".join(f"{line}\n" for line in lines).encode())
        except (ListError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(rows)} replies read.")
        if any(reply.label for reply in replies):
            for line in score((reply, found.reading) for reply, found in read).lines():
                self.stdout.write(line)
