"""Catalogues to break: copies of the shipped preschool service."""

import shutil
from pathlib import Path

from offers.catalogue.load import CATALOGUE


def a_catalogue(folder: Path, code: str = "preschool") -> Path:
    """A catalogue with one service in it; answers the service's folder."""
    shutil.copytree(CATALOGUE / "preschool", folder / code)
    return folder / code


def edited(path: Path, old: str, new: str) -> int:
    """Replace a part of the file that is there exactly once; answers the line it is on."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
