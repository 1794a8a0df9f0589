"""manage.py on a machine whose clock says something else: ``-m bench.at 2027-10-31T03:00+02:00``.

``+3600`` instead of a time is a clock that many seconds ahead. Only this process is fooled: the
database and its leases keep the right time.
"""

import os
import sys
from datetime import UTC, datetime, timedelta

import time_machine
from django.core.management import execute_from_command_line


def moment(told: str) -> datetime:
    """The time to begin at."""
    if told.startswith("+"):
        real = datetime.now(UTC)  # noqa: TID251  the machine's own clock, to be wrong by so much
        return real + timedelta(seconds=int(told))
    return datetime.fromisoformat(told)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helsinki_proactive.settings")
    with time_machine.travel(moment(sys.argv[1]), tick=True):
        execute_from_command_line(["manage.py", *sys.argv[2:]])
