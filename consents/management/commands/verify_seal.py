"""Whether what was sealed is unchanged, and if not, where it was bent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consents.services.heads import publish_heads
from consents.services.verify_seal import verify_seal


class Command(BaseCommand):
    help = "Look for changed, deleted, added or cut-off rows under the seal. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--publish-again",
            action="store_true",
            help="First write down the missing heads, where they were lost and there is no copy.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["publish_again"]:
            publish_heads(again=True)
        verdict = verify_seal()
        for finding in verdict.findings:
            self.stdout.write(f"{finding.table} {finding.number}: {finding.fault}")
        looked_at = f"{verdict.rows:,} rows and {verdict.blocks:,} blocks of the seal looked at"
        if verdict.begins > 1:
            looked_at += f", from block {verdict.begins:,} on (those before were pruned)"
        if not verdict:
            raise CommandError(f"{verdict.broken:,} findings; {looked_at}.")
        self.stdout.write(f"The seal is whole: {looked_at}; {verdict.waiting:,} rows wait for it.")
