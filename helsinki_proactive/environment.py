"""Typed reading of environment variables that says everything that is wrong at once."""

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

PLACES = ("production", "staging", "development", "test")


class Environment:
    """The variables of one process.

    Reading never raises: a missing or misspelt variable is noted, and ``complain`` raises
    ImproperlyConfigured with one line for each. Values are never repeated, they may be secret.
    """

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self._env = environ.Env()
        self._env.ENVIRON = dict(values)  # type: ignore[assignment]  # any mapping will do
        self._problems: list[str] = []
        self.place = self.text("HP_ENV", default="development")
        if self.place not in PLACES:
            self._problems.append(f"HP_ENV must be one of: {', '.join(PLACES)}")

    @property
    def deployed(self) -> bool:
        """Whether real people may be behind the data; everything but a developer's machine."""
        return self.place not in ("development", "test")

    def text(self, name: str, *, default: str) -> str:
        """The variable, or ``default``."""
        return self._read(self._env.str, name, default)

    def needed(self, name: str, *, hint: str, local: str = "") -> str:
        """The variable; where people are served it must be set, elsewhere ``local`` will do."""
        value = self._read(self._env.str, name, "")
        if not value and self.deployed:
            self._problems.append(f"{name} is not set: {hint}")
        return value or local

    def integer(self, name: str, *, default: int) -> int:
        """The variable as a whole number."""
        return self._read(self._env.int, name, default)

    def boolean(self, name: str, *, default: bool) -> bool:
        """The variable as true or false."""
        return self._read(self._env.bool, name, default)

    def several(self, name: str) -> list[str]:
        """The variable as a list, separated by commas; empty when it is not set."""
        return [item.strip() for item in self.text(name, default="").split(",") if item.strip()]

    def parsed(self, name: str, *, default: str, parse: Callable[[str], T], hint: str) -> T:
        """The variable through ``parse``, which raises ValueError for what it cannot read."""
        try:
            return parse(self.text(name, default=default))
        except ValueError:
            self._problems.append(f"{name} cannot be read: {hint}")
            return parse(default)

    def require(self, fine: object, problem: str) -> None:
        """Note the problem unless all is fine."""
        if not fine:
            self._problems.append(problem)

    def complain(self) -> None:
        """Raise ImproperlyConfigured if anything read so far was missing or wrong."""
        if self._problems:
            lines = "\n".join(f"  - {problem}" for problem in self._problems)
            raise ImproperlyConfigured(
                f"The environment is not complete ({self.place}):\n{lines}\n"
                "See .env.example for every variable."
            )

    def _read(self, read: Callable[..., Any], name: str, default: T) -> T:
        try:
            return read(name, default=default)  # type: ignore[no-any-return]
        except (ValueError, ImproperlyConfigured):
            self._problems.append(f"{name} must be of the kind {type(default).__name__}")
            return default
