"""What is wrong with a file of the catalogue: file, line, reason, suggestion."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class FileProblem:
    """One thing to put right, in words for whoever edits the file."""

    file: str
    line: int
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason} {self.suggestion}".rstrip()


class CatalogueError(Exception):
    """The catalogue can't be loaded; nothing of it was."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def line_of(source: str, path: Path) -> int:
    """The line of a TOML file on which the value at ``path`` is written, or the nearest found.

    A number in the path counts the tables of an array, or the braces of an inline one.
    """
    lines = source.splitlines()
    line, rest = _header(lines, path)
    for step in rest:
        found = _brace(lines, line, step) if isinstance(step, int) else _key(lines, line, step)
        if found is None:
            break
        line = found
    return line + 1


def _header(lines: list[str], path: Path) -> tuple[int, Path]:
    """The line of the most exact table header for ``path``, and the path from there."""
    if not path:
        return 0, ()
    table = str(path[0])
    if len(path) > 1 and isinstance(path[1], int):
        headers = [n for n, line in enumerate(lines) if line.strip().startswith(f"[[{table}]]")]
        return (headers[path[1]], path[2:]) if path[1] < len(headers) else (0, ())
    names = [".".join(map(str, path[:depth])) for depth in range(len(path), 0, -1)]
    for depth, name in zip(range(len(path), 0, -1), names, strict=True):
        for number, line in enumerate(lines):
            if line.strip().startswith(f"[{name}]"):
                return number, path[depth:]
    return 0, ()


def _key(lines: list[str], start: int, key: str) -> int | None:
    """The line of the key in the table that begins at ``start``, or in its inline table."""
    written = re.compile(rf'(^|[{{,\s])"?{re.escape(key)}"?\s*[.=]')
    for number in range(start, len(lines)):
        if number > start and lines[number].startswith("["):
            return None
        if written.search(lines[number]) and not lines[number].lstrip().startswith("#"):
            return number
    return None


def _brace(lines: list[str], start: int, position: int) -> int | None:
    """The line of the opening brace number ``position`` from ``start`` on."""
    seen = 0
    for number in range(start, len(lines)):
        seen += lines[number].count("{")
        if seen > position:
            return number
    return None
