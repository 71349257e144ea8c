from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.files.store import FileStore, S3Options
from services.store import writes
from services.store.records import Status
from services.stream import Fragment, Stream, stream_key
from services.worker import artifact_cleanup, attempt_cleanup
from services.worker.artifact_cleanup import ArtifactCleanup
from services.worker.publish import preview_key
from tests.services.tasks.conftest import Scenario, Tasks
from tests.support.programs import S3, S3_KEYS
from tests.support.proxy import Proxy, Trouble


def test_what_could_not_be_removed_is_removed_when_the_storage_is_back(
    run: Callable[[Scenario], None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact_cleanup, "DISCARD_SECONDS", 0.5)
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    preview = tmp_path / "preview.jpg"
    preview.write_bytes(b"x")
    with Proxy(urlsplit(s3.endpoint).port or 0) as storage:
        files = FileStore(f"s3://{s3.bucket}/{tmp_path.name}", "http://a.example", S3Options(storage.url, "us-east-1"))

        async def scenario(tasks: Tasks) -> None:
            task = await tasks.write(writes.cancel, await tasks.claimed())
            key = preview_key(task.id, task.attempt)
            await files.put(key, preview)
            left = ArtifactCleanup(tasks.database, files, tmp_path / "work")
            folder = tmp_path / "work" / task.id / str(task.attempt)
            folder.mkdir(parents=True)
            with storage.trouble(Trouble(refusing=True)):
                assert not await left.clean_attempt(task.id, task.attempt, task)
                await left.retry()
            await files.get(key, tmp_path / "still")
            assert folder.exists(), "it tells a later process that something is left"
            await left.retry()
            with pytest.raises(FileNotFoundError):
                await files.get(key, tmp_path / "gone")
            assert not folder.parent.exists()

        run(scenario)


def test_an_attempt_whose_task_could_not_be_read_at_its_end_is_looked_for_again(
    run: Callable[[Scenario], None], tmp_path: Path
) -> None:
    preview = tmp_path / "preview.jpg"
    preview.write_bytes(b"x")
    files = FileStore((tmp_path / "files").as_uri(), "http://a.example")

    async def scenario(tasks: Tasks) -> None:
        left = ArtifactCleanup(tasks.database, files, tmp_path / "work")
        task = await tasks.claimed()
        key = preview_key(task.id, task.attempt)
        await files.put(key, preview)
        left.schedule(task.id, task.attempt)
        await left.retry()
        assert files.local_path(key), "the task is at that attempt still"
        await tasks.write(writes.cancel, task)
        await left.retry()
        assert files.local_path(key) is None

    run(scenario)


def test_attempts_of_a_killed_process_are_known_by_their_folders(
    run: Callable[[Scenario], None], tmp_path: Path
) -> None:
    preview, work = tmp_path / "preview.jpg", tmp_path / "work"
    preview.write_bytes(b"x")
    files = FileStore((tmp_path / "files").as_uri(), "http://a.example")

    async def scenario(tasks: Tasks) -> None:
        ended = await tasks.write(writes.cancel, await tasks.claimed())
        running = await tasks.claimed()
        for task in (ended, running):
            (work / task.id / str(task.attempt)).mkdir(parents=True)
            await files.put(preview_key(task.id, task.attempt), preview)
        attempt_cleanup.clear_all(work, set())
        await ArtifactCleanup(tasks.database, files, work).clean_dead(attempt_cleanup.attempts_in(work))
        assert files.local_path(preview_key(ended.id, 1)) is None
        assert files.local_path(preview_key(running.id, 1)), "another worker may be at it"
        assert not list(work.iterdir())

    run(scenario)


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_fragments_that_were_never_announced_go_when_the_task_is_completed(
    run: Callable[[Scenario], None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    url = (tmp_path / "files").as_uri() if kind == "local" else f"s3://{s3.bucket}/{tmp_path.name}"
    files = FileStore(url, "http://a.example", S3Options(s3.endpoint, "us-east-1"))
    stream = Stream(1, Fraction(30), 60, (Fragment(30, "lost"), Fragment(30, "other")))
    unannounced = {"init-other.mp4", "1-lost.m4s"}

    async def scenario(tasks: Tasks) -> None:
        task = replace(await tasks.claimed(), status=Status.COMPLETED, stream=stream.text())
        for name in stream.files | unannounced:
            await files.put(stream_key(task.id, 1, name), b"x")
        assert await ArtifactCleanup(tasks.database, files, tmp_path / "work").clean_attempt(task.id, 1, task)
        for name in stream.files:
            await files.get(stream_key(task.id, 1, name), tmp_path / "kept")
        for name in unannounced:
            with pytest.raises(FileNotFoundError):
                await files.get(stream_key(task.id, 1, name), tmp_path / "gone")

    run(scenario)
