"""The heads of the seal, signed and kept outside the database: what they say cannot be cut off.

``SEAL_DIR/heads.jsonl`` has a line for each block, appended after the block was committed. Copies
of it may go anywhere; it holds no personal data. Whoever has the public key can check a line.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db.models import Max, Min

from citizens.encryption import derived_key
from consents.models import SealBlock

ONE_RUN = timedelta(minutes=10)
"""A run of the sealer takes less, and what it has sealed is published with it."""

LINE_AT_MOST = 1000
"""Bytes from the end within which the last line begins."""


class SealError(Exception):
    """The seal cannot go on; a person must look."""


class CutOffError(SealError):
    """SEAL_DIR knows a later block than the database has: its end was cut off, or it is another
    installation's database."""


class HeadsLostError(SealError):
    """Heads that were published are missing from SEAL_DIR: put a copy back; if there is none,
    verify_seal --publish-again takes the database's word for them."""


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """One line of the published heads."""

    number: int
    head: bytes
    signature: bytes


def sign(head: bytes) -> bytes:
    """The installation's Ed25519 signature of a head."""
    return _key(derived_key("seal")).sign(head)


def is_signed(head: bytes | memoryview, signature: bytes | memoryview) -> bool:
    """Whether this installation signed the head."""
    try:
        _key(derived_key("seal")).public_key().verify(bytes(signature), bytes(head))
    except InvalidSignature:
        return False
    return True


@cache
def _key(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


def public_key() -> bytes:
    """The 32 bytes with which anybody can check the published heads."""
    return _key(derived_key("seal")).public_key().public_bytes_raw()


def published_heads() -> Iterator[PublishedHead]:
    """All published heads, in the order of their publication."""
    if _path().exists():
        with _path().open() as file:
            yield from (_read(line) for line in file if line.endswith("\n"))


def last_published() -> int:
    """The number of the last published block; 0 if there is none."""
    if not _path().exists():
        return 0
    with _path().open("rb") as file:
        return _last_in(file)


def newest_heads(count: int) -> list[PublishedHead]:
    """The last ``count`` published heads, newest first; only the end of the file is read."""
    if not _path().exists():
        return []
    with _path().open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        start = file.seek(max(end - (count + 1) * LINE_AT_MOST, 0))
        lines = file.read().split(b"\n")[:-1]  # the last one is empty, or being written
    whole = lines[1:] if start else lines
    return [_read(line.decode()) for line in reversed(whole[-count:])]


def publish_heads(*, again: bool = False) -> None:
    """Append the heads of the blocks that are not published yet. Blocks must be committed.

    Raises HeadsLostError when those are of more than one run of the sealer, and so were published
    already; ``again`` publishes them all the same.
    """
    with _opened_for_one() as file:
        known = _last_in(file)
        blocks = SealBlock.objects.filter(number__gt=known).order_by("number")
        times = blocks.aggregate(first=Min("at"), last=Max("at"))
        if times["first"] and times["last"] - times["first"] > ONE_RUN and not again:
            raise HeadsLostError("heads that were published are missing from the published heads")
        fields = blocks.values_list("number", "at", "table_name", "rows", "head", "signature")
        for number, at, table, rows, head, signature in fields.iterator():
            line = {
                "number": number,
                "at": at.isoformat(),
                "table": table,
                "rows": rows,
                "head": bytes(head).hex(),
                "signature": bytes(signature).hex(),
            }
            file.write(json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def forget_heads() -> None:
    """A new database begins a new seal, and the heads of the old one make room."""
    _path().unlink(missing_ok=True)


@contextmanager
def _opened_for_one() -> Iterator[IO[bytes]]:
    """The file, held until we are done; a line that was cut off by a crash is dropped."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    with _path().open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(_whole_lines(file))
        yield file


def _whole_lines(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(end - LINE_AT_MOST, 0))
    return start + file.read().rfind(b"\n") + 1


def _last_in(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 2 * LINE_AT_MOST, 0))
    whole = file.read().split(b"\n")[:-1]
    return _read(whole[-1].decode()).number if whole else 0


def _read(line: str) -> PublishedHead:
    try:
        content = json.loads(line)
        return PublishedHead(
            int(content["number"]),
            bytes.fromhex(content["head"]),
            bytes.fromhex(content["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        raise SealError("a line of the published heads cannot be read") from None


def _path() -> Path:
    return Path(settings.SEAL_DIR) / "heads.jsonl"
