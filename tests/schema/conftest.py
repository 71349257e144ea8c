from collections.abc import Generator

import pytest

from tests.support.server import Server, serving


@pytest.fixture(
    scope="session",
    params=[pytest.param("true", id="accelerated"), pytest.param("false", id="plain", marks=pytest.mark.slow)],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """A running server with the test exporter and two render slots, with the accelerator on and then off."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, render_slots="2", accelerator=request.param) as running:
        yield running
