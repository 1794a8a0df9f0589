"""Nothing in the repository names a package registry's host, or a folder of somebody's machine."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
BIGGEST = 5_000_000
"""Bytes; larger files are data."""

REFUSED = {
    "names a registry's host": re.compile(
        r"\b[\w-]*\.?(?:pypi|pythonhosted|npmjs|yarnpkg|jsdelivr|unpkg)\.(?:org|com|net)\b"
    ),
    "has an index's address": re.compile(
        r"(?:--|^|\s)(?:extra-)?(?:index-url|find-links)[ =]+\S|\"resolved\": *\"http", re.MULTILINE
    ),
    "names a folder of one machine": re.compile(r"(?<![\w./-])/(?:root|home/\w+|Users/\w+)/"),
}


def problems() -> list[str]:
    """Every offending line, by file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return [
        f"{name}:{line}: {what}"
        for name in listed.stdout.split("\0")
        if name and (CHECKOUT / name).is_file() and (CHECKOUT / name).stat().st_size < BIGGEST
        for line, what in refused((CHECKOUT / name).read_text(errors="ignore"))
    ]


def refused(text: str) -> Iterator[tuple[int, str]]:
    """(line, what) for each place."""
    for what, pattern in REFUSED.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, what
