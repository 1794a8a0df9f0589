"""The secrets of one checkout, generated on first use into a file only its owner can read."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """Everything secret that a developer's machine needs.

    ``instance`` names the data these keys open: without them it cannot be read, so new keys begin
    with new data.
    """

    instance: str
    secret_key: str
    encryption_keys: str
    twilio_account_sid: str
    twilio_auth_token: str
    superuser_password: str
    owner_password: str
    app_password: str
    valkey_password: str

    @classmethod
    def generate(cls) -> "Keys":
        """New random keys."""
        keyring = {"current": 1, "keys": {"1": _key()}, "index": _key()}
        return cls(
            instance=secrets.token_hex(4),
            secret_key=secrets.token_urlsafe(50),
            encryption_keys=json.dumps(keyring),
            twilio_account_sid="AC" + secrets.token_hex(16),
            twilio_auth_token=secrets.token_hex(16),
            superuser_password=secrets.token_hex(16),
            owner_password=secrets.token_hex(16),
            app_password=secrets.token_hex(16),
            valkey_password=secrets.token_hex(16),
        )

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """The keys in ``path``, generated if there is none. Hold a lock meanwhile."""
        if not path.exists():
            _write_privately(path, json.dumps(asdict(cls.generate()), indent=1))
        path.chmod(0o600)
        return cls(**json.loads(path.read_text()))


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _write_privately(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
