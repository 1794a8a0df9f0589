"""What the tests of the ground share."""

import shutil
from collections.abc import Iterator

import pytest

from helsinki_proactive.embedded.folder import Folder
from tests.servers import reachable_folder


@pytest.fixture
def folder() -> Iterator[Folder]:
    """An empty folder, outside pytest's own, which the servers' account may not enter."""
    made = reachable_folder("hp-embedded-")
    yield made
    shutil.rmtree(made.path)
