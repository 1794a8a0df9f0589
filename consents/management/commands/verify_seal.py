"""Whether what was sealed is unchanged, and if not, where it was bent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consents.services.verify_seal import verify_seal


class Command(BaseCommand):
    help = "Look for changed, deleted, added or cut-off rows under the seal. Changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify_seal()
        for finding in verdict.findings:
            self.stdout.write(f"{finding.table} {finding.number}: {finding.fault}")
        looked_at = f"{verdict.rows:,} rows and {verdict.blocks:,} blocks of the seal looked at"
        if verdict.begins > 1:
            looked_at += f", from block {verdict.begins:,} on (those before were pruned)"
        if not verdict:
            raise CommandError(f"{verdict.broken:,} findings; {looked_at}.")
        self.stdout.write(f"The seal is whole: {looked_at}; {verdict.waiting:,} rows wait for it.")
