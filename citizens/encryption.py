"""Encryption of single values: AES-256-GCM with the row's identity, and a keyed index to search by.

A stored value is ``key id (1 byte) + nonce (12) + ciphertext and tag``. The place where it is
stored, ``table.column:primary key``, is authenticated with it (GCM's additional data), so a value
copied to another row or column does not decrypt. What is searched by has a blind index beside it:
HMAC-SHA-256 of the normalised value under a key that is derived from the encryption key, so that
both change over together (``citizens/rotation.py``); it can only answer "is it this one".

Keys come from ``HP_KEYS``: JSON ``{"current": 1, "keys": {"1": base64 of 32 bytes}, "index":
base64 of 32 bytes}``, where ``index`` makes the digests that nobody could make again (proofs,
codes on paper, the seal's signature) and stays; embedded, that is read from a file only its owner
can read.
"""

import base64
import binascii
import hmac
import json
import os
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

NONCE_BYTES = 12
KEY_BYTES = 32


class EncryptionError(Exception):
    """The value cannot be decrypted here: another key, another row, or damaged."""


class KeyringError(EncryptionError):
    """HP_KEYS is missing or not of the documented form."""


@dataclass(frozen=True)
class Keyring:
    """The keys of one installation; ``current`` encrypts, all of them decrypt."""

    current: int
    ciphers: dict[int, AESGCM]
    search_keys: dict[int, bytes]
    index_key: bytes

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read HP_KEYS' JSON. Raises KeyringError, which never repeats the text."""
        try:
            document = json.loads(text)
            keys = {int(number): _key(key) for number, key in document["keys"].items()}
            ring = cls(
                current=int(document["current"]),
                ciphers={number: AESGCM(key) for number, key in keys.items()},
                search_keys={number: _derived(key, "search") for number, key in keys.items()},
                index_key=_key(document["index"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise KeyringError(
                "HP_KEYS must be JSON: current (number), keys (number: base64 of 32 bytes), "
                "index (base64 of 32 bytes)"
            ) from None
        if ring.current not in keys or not all(0 < k < 256 for k in keys):
            raise KeyringError("HP_KEYS: current must name one of keys; key ids are 1 to 255")
        return ring


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a key is 32 bytes")
    return key


@cache
def keyring() -> Keyring:
    """The installation's keyring, read once. ``keyring.cache_clear()`` reads it again."""
    text = os.environ.get("HP_KEYS", "")
    if not text:
        raise KeyringError("HP_KEYS is not set; docs/operating.md tells how to make it")
    return Keyring.parse(text)


def context(table: str, column: str, pk: object) -> str:
    """The name of the place a value is stored in, authenticated together with it."""
    return f"{table}.{column}:{pk}"


def encrypt(value: str, *, where: str) -> bytes:
    """Encrypt ``value`` for the place ``where`` (see ``context``) under the current key."""
    ring = keyring()
    nonce = os.urandom(NONCE_BYTES)
    sealed = ring.ciphers[ring.current].encrypt(nonce, value.encode(), where.encode())
    return bytes([ring.current]) + nonce + sealed


def decrypt(blob: bytes | memoryview, *, where: str) -> str:
    """The value stored at ``where``. Raises EncryptionError, which tells nothing of the value."""
    data = bytes(blob)
    cipher = keyring().ciphers.get(data[0]) if data else None
    if cipher is None:
        raise EncryptionError(f"no key for {where}")
    try:
        nonce, sealed = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
        return cipher.decrypt(nonce, sealed, where.encode()).decode()
    except (InvalidTag, ValueError):
        raise EncryptionError(f"cannot decrypt {where}") from None


def is_current(blob: bytes | memoryview) -> bool:
    """Whether the value is encrypted under the current key."""
    return bytes(blob[:1]) == bytes([keyring().current])


def search_index(value: str, *, kind: str) -> bytes:
    """16 bytes beside an encrypted value to find it by, under the current key.

    ``value`` must already be in its normal form (E.164, lower-case e-mail, upper-case code).
    """
    ring = keyring()
    return _digest(ring.search_keys[ring.current], value, kind)


def search_indexes(value: str, *, kind: str) -> list[bytes]:
    """What ``search_index`` gives, under every key: what was not changed over is found as well."""
    return [_digest(key, value, kind) for key in keyring().search_keys.values()]


def blind_index(value: str, *, kind: str) -> bytes:
    """16 bytes that are always the same for the same value of the same kind, and tell nothing else.

    Under the key that stays: for what is kept as a digest alone.
    """
    return _digest(keyring().index_key, value, kind)


def _digest(key: bytes, value: str, kind: str) -> bytes:
    return hmac.digest(key, f"{kind}:{value}".encode(), "sha256")[:16]


def derived_key(purpose: str) -> bytes:
    """32 secret bytes for one purpose, from the key that stays; they tell nothing of any other."""
    return _derived(keyring().index_key, purpose)


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, purpose.encode()).derive(key)
