"""JSON files from elsewhere."""

import json
from pathlib import Path
from typing import Any

from citizens.register.errors import UnusableFile


def read_json(path: Path) -> Any:
    """The document in ``path``. Raises UnusableFile, which says what is wrong with the file."""
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refuse)
    except OSError as error:
        raise UnusableFile(f"{path} cannot be opened: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnusableFile(f"{path.name} is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UnusableFile(
            f"{path.name} is not JSON, or has been cut: line {error.lineno}, {error.msg}."
        ) from None
    except ValueError:  # NaN and Infinity, which are not JSON, and numbers of thousands of digits
        raise UnusableFile(f"{path.name} has a number in it that is none.") from None
    except RecursionError:
        raise UnusableFile(f"{path.name} is nested too deeply.") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
