"""Kept chunks in S3: what one machine has rendered, another one uses, within one owner."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from services.background import background
from services.exporter_protocol.request import ExportRequest
from services.files import store
from services.files.store import FileStore, S3Options
from services.settings import Settings, load
from services.store import kept
from services.store.database import Database
from services.worker import kept_store
from services.worker.exporter_process import OWN_EXPORTER, export
from services.worker.kept import owner_digest, owner_folder
from services.worker.kept_store import KeptStore
from tests.services.tasks.conftest import Scenario, Tasks, open_tasks
from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.programs import S3, S3_KEYS
from tests.support.proxy import Proxy, Trouble
from tests.support.render import render
from tests.support.video import Video

S = 1_000_000
SECONDS = 4
ANN, BOB = owner_digest("ann"), owner_digest("bob")


@dataclass(frozen=True)
class Machine:
    """A worker's disk, and its access to what all workers have."""

    settings: Settings
    store: KeptStore

    def kept(self, owner: str = "ann") -> set[str]:
        """The names of the kept files on its disk."""
        folder = owner_folder(self.settings.data_dir, owner)
        return {path.name for path in folder.iterdir()} if folder.exists() else set()

    async def keep(self, content: bytes) -> str:
        """Keep a file of ann's, and return its key; it is in the storage then, unless that is down."""
        digest = hashlib.sha256(content).hexdigest()
        folder = owner_folder(self.settings.data_dir, "ann")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{digest}-{digest[:32]}").write_bytes(content)
        self.store.report(ANN, f"{digest}-{digest[:32]}")
        await self.store.uploaded()
        return digest


@dataclass(frozen=True)
class Machines:
    """Machines with one database and one bucket."""

    folder: Path
    files: FileStore

    @asynccontextmanager
    async def machine(self, name: str, database: Database, keep_parts_bytes: int = 10**9) -> AsyncGenerator[Machine]:
        """Another machine."""
        settings = load(data_dir=self.folder / name, files_url="s3://any", keep_parts_bytes=keep_parts_bytes)
        store = KeptStore(database, self.files, settings)
        async with background("kept parts", store.run()):
            yield Machine(settings, store)


@pytest.fixture
def machines(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """Machines with a folder of the bucket."""
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    options = S3Options(s3.endpoint, "us-east-1")
    return Machines(tmp_path, FileStore(f"s3://{s3.bucket}/{tmp_path.name}", "http://a.example", options))


def draft(caption: str) -> DraftBuilder:
    return DraftBuilder(160, 90, 10).video("clip.mp4", 0, SECONDS * S).text(caption, 3 * S, S // 2)


def test_a_variant_on_another_machine_is_drawn_from_the_chunks_of_the_first_one(
    machines: Machines, tmp_path: Path, migrated: Path
) -> None:
    media.counting_video(tmp_path / "clip.mp4", seconds=SECONDS, size="160x90", fps="10", hertz=440)

    async def made(machine: Machine, caption: str) -> Path:
        (tmp_path / "draft_content.json").write_bytes(draft(caption).bytes())
        folder, keep_dir = machine.settings.work_dir / "1", owner_folder(machine.settings.data_dir, "ann")
        asked = ExportRequest(
            draft_url="",
            draft_folder=tmp_path,
            folder=folder,
            output=folder / "video.mp4",
            keep_dir=keep_dir,
            copy_video=False,
        )
        folder.mkdir(parents=True)
        await export(OWN_EXPORTER, asked, lambda _: None, kept=machine.store.of("ann"))
        await machine.store.uploaded()
        return asked.output

    async def scenario() -> tuple[set[str], set[str], Video]:
        async with (
            open_tasks(tmp_path, database_url=f"sqlite:///{shutil.copy(migrated, tmp_path)}") as tasks,
            machines.machine("first", tasks.database) as first,
            machines.machine("next", tasks.database) as after,
        ):
            await made(first, "For Ann")
            variant = await made(after, "For Bob")
            return first.kept(), after.kept(), Video(variant)

    before, used, variant = asyncio.run(scenario())
    assert len(before) == len(used) == 3
    assert len(before & used) == 2, "drawn again instead of fetched"
    whole = render(tmp_path, draft("For Bob"), copy_video=False).video
    assert all(np.array_equal(variant.rgb(number), whole.rgb(number)) for number in range(SECONDS * 10))
    assert np.array_equal(variant.sound, whole.sound)


def test_a_kept_file_is_fetched_by_its_owner_alone_and_only_as_it_was_stored(
    run: Callable[[Scenario], None], machines: Machines
) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with (
            machines.machine("first", tasks.database) as first,
            machines.machine("next", tasks.database) as after,
        ):
            key, damaged = await first.keep(b"a chunk"), await first.keep(b"another chunk")
            await after.store.fetch(BOB, key)
            assert not after.kept("bob")
            await machines.files.put(f"kept/{ANN}/{damaged}-{damaged[:32]}", b"another chink")
            for each in (key, damaged):
                await after.store.fetch(ANN, each)
            assert after.kept() == {f"{key}-{key[:32]}"}
            await first.keep(b"another chunk")
            await after.store.fetch(ANN, damaged)
            assert len(after.kept()) == 2, "a damaged file is replaced"

    run(scenario)


def test_files_not_used_for_the_longest_time_leave_the_storage(
    run: Callable[[Scenario], None], machines: Machines, tmp_path: Path
) -> None:
    async def scenario(tasks: Tasks) -> None:
        async with machines.machine("first", tasks.database, keep_parts_bytes=250) as first:
            keys = [await first.keep(letter * 100) for letter in (b"a", b"b", b"c")]
            for hours, key in ((3, keys[0]), (5, keys[1]), (4, keys[2])):
                async with tasks.database.write() as connection:
                    found = await kept.find(connection, ANN, key)
                    assert found is not None
                    await kept.used(connection, found, found.used_at_ms - hours * kept_store.USE_MS)
            await first.keep(b"a" * 100)  # used again
            await first.store.evict()
            async with tasks.database.read() as connection:
                assert [each.key for each in await kept.least_used(connection, 9)] == [keys[2], keys[0]]
            with pytest.raises(FileNotFoundError):
                await machines.files.get(f"kept/{ANN}/{keys[1]}-{keys[1][:32]}", tmp_path / "gone")

    run(scenario)


def test_a_storage_that_is_down_is_told_of_once_and_raises_nothing(
    run: Callable[[Scenario], None],
    s3: S3,
    tmp_path: Path,
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(kept_store, "UPLOAD_SECONDS", 0.3)
    monkeypatch.setattr(kept_store, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(store, "CANCELLED_SECONDS", 0.1)
    with Proxy(urlsplit(s3.endpoint).port or 0) as storage:
        options = S3Options(storage.url, "us-east-1")
        files = FileStore(f"s3://{s3.bucket}/{tmp_path.name}", "http://a.example", options)

        async def scenario(tasks: Tasks) -> None:
            async with Machines(machines.folder, files).machine("first", tasks.database) as first:
                with storage.trouble(Trouble(refusing=True)):
                    for content in (b"one", b"two"):
                        await first.keep(content)
                async with tasks.database.read() as connection:
                    assert not await kept.least_used(connection, 9), "listed without a file"
                await first.keep(b"one")
                async with tasks.database.read() as connection:
                    assert len(await kept.least_used(connection, 9)) == 1

        run(scenario)
    warned = [each for each in caplog.records if "out of reach" in each.message]
    assert len(warned) == 1


def test_a_local_storage_has_no_kept_files_of_its_own(run: Callable[[Scenario], None], tmp_path: Path) -> None:
    async def scenario(tasks: Tasks) -> None:
        files = FileStore((tmp_path / "files").as_uri(), "http://a.example")
        assert KeptStore(tasks.database, files, tasks.settings).of("ann") is None

    run(scenario)
