"""manage.py on a machine whose clock is an hour ahead."""

import os
import sys
from datetime import UTC, datetime, timedelta

import time_machine
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helsinki_proactive.settings")
    ahead = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251  the machine's own, wrong clock
    with time_machine.travel(ahead, tick=True):
        execute_from_command_line(["manage.py", *sys.argv[1:]])
