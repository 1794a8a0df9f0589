"""The simulator's own record of what happened, in memory and as JSON lines in a file."""

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO


def iso(timestamp: float) -> str:
    """Return a POSIX time as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")


class Journal:
    """Append-only. Entries are numbered from 1 and are written and flushed one by one."""

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
        # Kept as text: a tenth of the memory of dictionaries, and served without encoding.
        self._lines: list[str] = []
        self._kinds: list[str] = []
        self._counts: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[str]]] = []

    def write(self, kind: str, **facts: object) -> int:
        """Append an entry and return its number."""
        number = len(self._lines) + 1
        entry = {"seq": number, "at": iso(time.time()), "kind": kind, **facts}
        line = json.dumps(entry, ensure_ascii=False)
        self._lines.append(line)
        self._kinds.append(kind)
        self._counts[kind] += 1
        if self._file is not None:
            self._file.write(line + "\n")
            self._file.flush()
        for awaited, coming in self._waiting:
            if awaited == kind and not coming.done():
                coming.set_result(line)
        return number

    def counts(self) -> dict[str, int]:
        """Return how many entries there are of each kind."""
        return dict(self._counts)

    def as_json(self, *, since: int = 0, kind: str | None = None) -> str:
        """Return the entries numbered above `since`, oldest first, as a JSON array."""
        if kind is None:
            return f"[{','.join(self._lines[since:])}]"
        return f"[{','.join(self._lines[i] for i in self._indexes(since, kind))}]"

    async def wait_for(self, kind: str, *, after: int, seconds: float) -> str | None:
        """Return the first entry of `kind` numbered above `after`, or None if none comes.

        This is the sign on which a fault harness strikes: it is given the moment the entry
        is written, before the response to the request that caused it.
        """
        for index in self._indexes(after, kind):
            return self._lines[index]
        coming: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((kind, coming))
        try:
            return await asyncio.wait_for(coming, seconds)
        except TimeoutError:
            return None
        finally:
            self._waiting.remove((kind, coming))

    def close(self) -> None:
        """Close the file; the entries in memory stay readable."""
        if self._file is not None:
            self._file.close()

    def _indexes(self, since: int, kind: str) -> list[int]:
        return [i for i in range(since, len(self._lines)) if self._kinds[i] == kind]
