"""`./run check [NAME ...]`: every check, going on after a failure; the names choose some."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from helsinki_proactive import translations
from helsinki_proactive.embedded.keys import Keys
from tests.checks import locks, repository, stand_ins

LOCAL = {"HP_ENV": "test"}


def production() -> dict[str, str]:
    """What a deployment would set; nobody is called at these addresses."""
    keys = Keys.generate()
    return {
        "HP_ENV": "production",
        "HP_PUBLIC_URL": "https://palvelut.example.fi",
        "SECRET_KEY": keys.secret_key,
        "HP_KEYS": keys.encryption_keys,
        "SEAL_DIR": "/seals",
        "DATABASE_URL": "postgres://hp_app:password@db.example.fi/hp",
        "REDIS_URL": "redis://redis.example.fi/0",
        "TWILIO_ACCOUNT_SID": keys.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": keys.twilio_auth_token,
        "TWILIO_FROM": "+358400000000",
        "EMAIL_HOST": "smtp.example.fi",
        "DEFAULT_FROM_EMAIL": "palvelut@example.fi",
    }


def program(
    *command: str, environment: dict[str, str] = LOCAL, told_from: str = ""
) -> Callable[[], list[str]]:
    """A check by a program: what it says, from ``told_from`` on, if it is not content."""

    def check() -> list[str]:
        done = subprocess.run(
            [sys.executable, *command],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return []
        return done.stdout[max(done.stdout.find(told_from), 0) :].splitlines() or ["failed"]

    return check


CHECKS: dict[str, Callable[[], list[str]]] = {
    "style": program("-m", "ruff", "check", "--output-format=concise", "."),
    "format": program("-m", "ruff", "format", "--check", "--output-format=concise", "."),
    "types": program("-m", "mypy", "."),
    "imports": program(
        *("-c", "from importlinter.cli import lint_imports_command as c; c()"),
        told_from="Broken contracts",
    ),
    "migrations": program("manage.py", "makemigrations", "--check", "--dry-run"),
    "deployment": program(
        *("manage.py", "check", "--deploy", "--fail-level=WARNING"), environment=production()
    ),
    "translations": translations.problems,
    "locks": locks.problems,
    "stand-ins": stand_ins.problems,
    "repository": repository.problems,
}


def main(names: list[str]) -> int:
    """Run the named checks, or all. 1 if any found something."""
    unknown = set(names) - set(CHECKS)
    if unknown:
        print(f"there is no check {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
        return 2
    failed = []
    for name in names or CHECKS:
        began = time.monotonic()
        problems = CHECKS[name]()
        state = "failed" if problems else "ok"
        print(f"{name:<14}{state:<8}{time.monotonic() - began:5.1f} s", flush=True)
        for problem in problems:
            print(f"    {problem}")
        failed += [name] if problems else []
    print(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else "\nall in order")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
