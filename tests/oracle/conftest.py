from pathlib import Path

import pytest

from tests.oracle.scenery import media_in


@pytest.fixture(scope="session")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the files of the features' drafts."""
    folder = tmp_path_factory.mktemp("scenery")
    media_in(folder)
    return folder
