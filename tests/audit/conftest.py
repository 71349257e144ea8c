import os
from collections.abc import Generator
from importlib import import_module

import pytest

from tests.audit.target import Target


@pytest.fixture(scope="package")
def target(tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """The server under audit: that of `AUDIT_TARGET`, a module with an `open_target`."""
    adapter = import_module(os.environ.get("AUDIT_TARGET", "tests.audit.draftcast_target"))
    with adapter.open_target(tmp_path_factory.mktemp("audit")) as found:
        yield found
