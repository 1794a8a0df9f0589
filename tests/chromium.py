"""Where a Chromium for the browser tests is, and how to get one."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOADED = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
HOW_TO_GET_ONE = (
    "No Chromium was found, so the tests in a browser did not run. Get one with\n"
    "    apt-get install chromium        (Debian; with root's rights)\n"
    "    .venv/bin/playwright install chromium\n"
    "or say where it is: CHROMIUM=/path/to/chromium ./run test"
)


def find_chromium() -> str | None:
    """The program: $CHROMIUM, else one on the PATH, else one that Playwright downloaded."""
    if "CHROMIUM" in os.environ:
        return os.environ["CHROMIUM"] or None
    installed = [path for name in NAMES if (path := shutil.which(name))]
    placed = [path for path in PLACES if Path(path).exists()]
    downloaded = [str(path) for pattern in DOWNLOADED for path in Path.home().glob(pattern)]
    return next(iter(installed + placed + downloaded), None)
