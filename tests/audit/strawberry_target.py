"""strawberry, which gives events no ids."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.audit.peer_target import serving
from tests.audit.target import Feature, Target

COMMAND = [sys.executable, "-m", "tests.audit.peers.plain_strawberry"]


@contextmanager
def open_target(folder: Path) -> Generator[Target]:
    """A server of its own."""
    with serving(COMMAND, folder, Feature.EVENT_IDS, Feature.KEYS) as target:
        yield target
