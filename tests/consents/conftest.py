"""Published heads of each test's own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _no_quiet_hours(settings: Settings) -> None:
    settings.QUIET_HOURS = None  # whatever the time is when the tests run


@pytest.fixture(autouse=True)
def heads(settings: Settings, tmp_path: Path) -> Path:
    """The file of the published heads."""
    settings.SEAL_DIR = str(tmp_path)
    return tmp_path / "heads.jsonl"
