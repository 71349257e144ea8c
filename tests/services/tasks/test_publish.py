"""What goes from an attempt's folder to the file storage, and what does not."""

import asyncio
import hashlib
import logging
from pathlib import Path

import pytest

from services.errors import ErrorCode, Failed
from services.exporter_protocol.lines import Result
from services.files.store import FileStore
from services.worker.publish import LARGEST_PREVIEW_BYTES, publish, put_preview
from tests.support.tasks import running_task

VIDEO_KEY = "videos/1/1/video.mp4"
RESULT = Result(output="video.mp4", width=2, height=2, duration_us=1, frames=1, frame_rate=30.0, has_sound=False)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore((tmp_path / "files").as_uri(), "http://localhost")


@pytest.fixture
def attempt(tmp_path: Path) -> Path:
    """The attempt's folder."""
    folder = tmp_path / "1"
    folder.mkdir()
    return folder


def put(files: FileStore, attempt: Path, name: str) -> bytes:
    """Store a preview; gives what is served then."""
    key = asyncio.run(put_preview(files, running_task(), attempt, name))
    stored = files.local_path(key)
    assert stored is not None
    return stored.read_bytes()


def test_the_newest_preview_takes_the_place_of_the_one_before(files: FileStore, attempt: Path) -> None:
    for content in (b"one", b"x" * LARGEST_PREVIEW_BYTES):
        (attempt / "preview.jpg").write_bytes(content)
        assert put(files, attempt, str(attempt / "preview.jpg")) == content


def test_previews_that_are_large_or_lie_elsewhere_are_refused(files: FileStore, attempt: Path) -> None:
    (attempt / "large.jpg").write_bytes(b"x" * (LARGEST_PREVIEW_BYTES + 1))
    (attempt.parent / "secret").write_bytes(b"secret")
    (attempt / "link.jpg").symlink_to(attempt.parent / "secret")
    for name in ("large.jpg", "../secret", "link.jpg", str(attempt.parent / "secret")):
        with pytest.raises(Failed, match="20,000 bytes"):
            put(files, attempt, name)


def test_a_video_is_told_of_when_it_is_one_and_lies_in_the_storage(files: FileStore, attempt: Path) -> None:
    task, output = running_task(), attempt / "video.mp4"
    output.write_bytes(b"no video")
    with pytest.raises(Failed) as refused:
        asyncio.run(publish(files, task, attempt, RESULT))
    assert refused.value.failure.code is ErrorCode.RENDER_FAILED
    assert files.local_path(VIDEO_KEY) is None
    output.write_bytes(b"\0\0\0\x20ftypisom")
    video = asyncio.run(publish(files, task, attempt, RESULT))
    stored = files.local_path(video.key)
    assert stored is not None
    assert (video.key, video.sha256) == (VIDEO_KEY, hashlib.sha256(stored.read_bytes()).hexdigest())


def test_a_storage_that_refuses_a_video_is_asked_again(
    files: FileStore, attempt: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (attempt / "video.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    obstacle = tmp_path / "files" / "videos"
    obstacle.write_text("a file where a folder is wanted")

    class MakesWay(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            obstacle.unlink()
            return "retrying" in record.getMessage()

    with caplog.filtering(MakesWay()):
        asyncio.run(publish(files, running_task(), attempt, RESULT))
    assert files.local_path(VIDEO_KEY) is not None
    assert caplog.records


def test_a_video_that_cannot_be_stored_is_an_error(
    files: FileStore, attempt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.worker.publish.RETRY_PAUSES_SECONDS", (0.0,))
    (attempt / "video.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (tmp_path / "files" / "videos").write_text("a file where a folder is wanted")
    with pytest.raises(Failed) as refused:
        asyncio.run(publish(files, running_task(), attempt, RESULT))
    assert refused.value.failure.code is ErrorCode.PUBLISH_FAILED


def test_a_preview_that_is_gone_again_is_told_apart(files: FileStore, attempt: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put(files, attempt, "gone.jpg")


def test_a_removed_file_is_not_served_any_more(files: FileStore, attempt: Path) -> None:
    (attempt / "preview.jpg").write_bytes(b"one")
    put(files, attempt, "preview.jpg")
    for _ in range(2):
        asyncio.run(files.remove("videos/1/1/preview.jpg"))
        assert files.local_path("videos/1/1/preview.jpg") is None
