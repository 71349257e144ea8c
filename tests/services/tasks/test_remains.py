from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.files.store import FileStore, S3Options
from services.tasks import remains
from services.tasks.publish import preview_key
from services.tasks.remains import Remains
from services.tasks.store import changes
from tests.services.tasks.conftest import Scenario, Tasks
from tests.support.programs import S3, S3_KEYS
from tests.support.proxy import Proxy, Trouble


def test_what_could_not_be_removed_is_removed_when_the_storage_is_back(
    run: Callable[[Scenario], None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remains, "DISCARD_SECONDS", 0.5)
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    preview = tmp_path / "preview.jpg"
    preview.write_bytes(b"x")
    with Proxy(urlsplit(s3.endpoint).port or 0) as storage:
        files = FileStore(f"s3://{s3.bucket}/{tmp_path.name}", "http://a.example", S3Options(storage.url, "us-east-1"))

        async def scenario(tasks: Tasks) -> None:
            task = await tasks.write(changes.cancel, await tasks.claimed())
            key = preview_key(task.id, task.attempt)
            await files.put(key, preview)
            left = Remains(tasks.database, files)
            with storage.trouble(Trouble(refusing=True)):
                await left.after(task.id, task.attempt, task)
                await left.again()
            await files.get(key, tmp_path / "still")
            await left.again()
            with pytest.raises(FileNotFoundError):
                await files.get(key, tmp_path / "gone")

        run(scenario)
