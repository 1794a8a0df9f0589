"""Uses the embedded servers of a folder until its standard input ends."""

import json
import signal
import sys
from pathlib import Path

from helsinki_proactive.embedded import EmbeddedError, servers
from helsinki_proactive.embedded.folder import Folder

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    folder = Folder(Path(sys.argv[1]))
    folder.create()
    try:
        with servers(folder) as running:
            print(json.dumps(running.environment()), flush=True)  # noqa: T201  the answer
            sys.stdin.read()
    except EmbeddedError as error:
        sys.exit(str(error))
