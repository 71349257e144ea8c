import socket
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.canary import Canary
from tests.support.keys import bearing, new_key
from tests.support.server import Server, serving


@dataclass(frozen=True)
class Guarded:
    """A server with keys: two owners, and one key for each scope alone."""

    server: Server
    anna: str
    bert: str
    reader: str
    submitter: str

    @property
    def folder(self) -> Path:
        return self.server.folder

    def graphql(self, key: str, query: str, **variables: object) -> dict[str, object]:
        """The whole result."""
        found: dict[str, object] = self.server.post(
            "/graphql", {"query": query, "variables": variables}, bearing(key)
        ).json
        return found


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    found = [new_key(folder, "anna"), new_key(folder, "bert", "--scopes", "submit,read")]
    found += [new_key(folder, scope, "--scopes", scope) for scope in ("read", "submit")]
    with serving(folder) as server:
        yield Guarded(server, *found)


@pytest.fixture
def canary() -> Iterator[Canary]:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        listener.setblocking(False)
        yield Canary(listener)
