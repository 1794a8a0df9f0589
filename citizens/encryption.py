"""Encryption of single values: AES-256-GCM with the row's identity, and a keyed index to search by.

A stored value is ``key id (1 byte) + nonce (12) + ciphertext and tag``. The place where it is
stored, ``table.column:primary key``, is authenticated with it (GCM's additional data), so a value
copied to another row or column does not decrypt. The blind index is HMAC-SHA-256 of the normalised
value under a key of its own and can only answer "is it this one".

Keys come from ``HP_KEYS``: JSON ``{"current": 1, "keys": {"1": base64 of 32 bytes}, "index":
base64 of 32 bytes}``; embedded, that is read from a file only its owner can read.
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
    index_key: bytes

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read HP_KEYS' JSON. Raises KeyringError, which never repeats the text."""
        try:
            document = json.loads(text)
            ciphers = {int(k): AESGCM(_key(v)) for k, v in document["keys"].items()}
            ring = cls(int(document["current"]), ciphers, _key(document["index"]))
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise KeyringError(
                "HP_KEYS must be JSON: current (number), keys (number: base64 of 32 bytes), "
                "index (base64 of 32 bytes)"
            ) from None
        if ring.current not in ciphers or not all(0 < k < 256 for k in ciphers):
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


def blind_index(value: str, *, kind: str) -> bytes:
    """16 bytes that are the same for the same value of the same kind, and tell nothing else.

    ``value`` must already be in its normal form (E.164, lower-case e-mail, upper-case code).
    """
    message = f"{kind}:{value}".encode()
    return hmac.digest(keyring().index_key, message, "sha256")[:16]


def derived_key(purpose: str) -> bytes:
    """32 secret bytes for one purpose, from the key that stays; they tell nothing of any other."""
    return HKDFExpand(SHA256(), KEY_BYTES, purpose.encode()).derive(keyring().index_key)
