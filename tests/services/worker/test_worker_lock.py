"""A second worker is refused where two would be in each other's way."""

import asyncio
from pathlib import Path

import pytest

from services.compose import open_services
from services.errors import SettingsError
from services.settings import load


@pytest.mark.parametrize(("second", "named"), [("one", "DRAFTCAST_DATA_DIR"), ("two", "DRAFTCAST_DATABASE_URL")])
def test_a_second_worker_on_one_folder_or_sqlite_file_does_not_start(tmp_path: Path, second: str, named: str) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"

    async def scenario() -> None:
        async with open_services(load(data_dir=tmp_path / "one", database_url=url)):
            other = load(data_dir=tmp_path / second, database_url=url)
            async with open_services(other, work=False):
                pass
            with pytest.raises(SettingsError, match=f"{named}: another worker runs"):
                async with open_services(other):
                    pass

    asyncio.run(scenario())
