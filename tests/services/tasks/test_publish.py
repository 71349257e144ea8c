"""What goes from an attempt's folder to the file storage, and what does not."""

import asyncio
from pathlib import Path

import pytest

from services.errors import Failed
from services.files.store import FileStore
from services.tasks.publish import LARGEST_PREVIEW_BYTES, put_preview
from tests.support.tasks import running_task


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


def test_a_preview_that_is_gone_again_is_told_apart(files: FileStore, attempt: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put(files, attempt, "gone.jpg")


def test_a_removed_file_is_not_served_any_more(files: FileStore, attempt: Path) -> None:
    (attempt / "preview.jpg").write_bytes(b"one")
    put(files, attempt, "preview.jpg")
    for _ in range(2):
        asyncio.run(files.remove("videos/1/1/preview.jpg"))
        assert files.local_path("videos/1/1/preview.jpg") is None
