from collections.abc import Generator

import pytest

from tests.support.server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A running server with the test exporter and two render slots, shared by all tests that leave it as it was."""
    with serving(tmp_path_factory.mktemp("server"), render_slots="2") as running:
        yield running
