"""JSON files from elsewhere."""

import json
from pathlib import Path
from typing import Any

from citizens.register.errors import UnusableFile


def read_json(path: Path) -> Any:
    """The document in ``path``. Raises UnusableFile, which says what is wrong with the file."""
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UnusableFile(f"{path} cannot be opened: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnusableFile(f"{path.name} is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UnusableFile(
            f"{path.name} is not JSON, or has been cut: line {error.lineno}, {error.msg}."
        ) from None
    except RecursionError:
        raise UnusableFile(f"{path.name} is nested too deeply.") from None
