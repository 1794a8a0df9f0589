"""Everything encrypted under a former key gets the current one, with the service running."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from citizens.encryption import EncryptionError, keyring
from citizens.management.importing import console_of
from citizens.rotation import RotationError, count_stale, encrypted_models, rotate_keys


class Command(BaseCommand):
    help = (
        "Encrypt everything anew under HP_KEYS' current key, while the service runs. Stopped, it "
        "goes on where it was. docs/operating.md says in which order keys are changed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=console_of(self)) as progress:
            tables = {
                model._meta.db_table: progress.add_task(
                    str(model._meta.verbose_name_plural), total=count_stale(model)
                )
                for model in encrypted_models()
            }
            try:
                done = rotate_keys(
                    progress=lambda table, rows: progress.update(tables[table], advance=rows)
                )
            except (RotationError, EncryptionError) as error:
                raise CommandError(str(error)) from None
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{done.rows:,} rows have key {keyring().current}, in {seconds:.1f} s "
            f"({done.rows / max(seconds, 0.001):,.0f} rows/s)."
        )
        if done.left:
            raise CommandError(f"{done.left:,} rows were in use all the time: run this once more.")
        self.stdout.write("No row needs a former key any more: they may leave HP_KEYS.")
