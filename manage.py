#!/usr/bin/env python
"""Django's command line, with the environment of this checkout."""

import os
import sys

from helsinki_proactive.embedded import EmbeddedError
from helsinki_proactive.embedded.commands import environment_for


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helsinki_proactive.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connection

    try:
        with environment_for(sys.argv[1] if len(sys.argv) > 1 else ""):
            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(f"manage.py: {error}")
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"manage.py: {error}")
    except OperationalError as error:
        if "--traceback" in sys.argv or connection.connection is not None:
            raise
        sys.exit(f"manage.py: the database cannot be reached; is DATABASE_URL right?\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
