"""Row 25: what a render's child puts into its own folder leads nowhere else, stops nothing and is read once."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from services.errors import Failed
from services.exporter_protocol.lines import Result
from services.files.store import FileStore
from services.worker import attempt_cleanup
from services.worker.publish import publish, put_preview
from tests.support.tasks import running_task

MP4 = b"\0\0\0\x20ftypisom"
SECRET = MP4 + b"the key that signs everything"
ASKED = 300
"""How often a name is asked for that changes all the time."""
RESULT = Result(output="video.mp4", width=2, height=2, duration_us=1, frames=1, frame_rate=30.0, has_sound=False)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore((tmp_path / "files").as_uri(), "http://localhost")


@pytest.fixture
def attempt(tmp_path: Path) -> Path:
    """The attempt's folder, beside which a secret lies."""
    folder = tmp_path / "work" / "1" / "1"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(SECRET)
    return folder


@contextmanager
def exchanged(folder: Path, one: str, other: str) -> Generator[None]:
    """The two names change places without pause."""
    code = (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nparent = os.getppid()\n"
        f"while os.getppid() == parent:\n    libc.renameat2(-100, {one!r}.encode(), -100, {other!r}.encode(), 2)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def stored(files: FileStore) -> list[bytes]:
    """All that could be served."""
    folder = files.local_path("videos/1/1/video.mp4"), files.local_path("videos/1/1/preview.jpg")
    return [path.read_bytes() for path in folder if path is not None]


@pytest.mark.parametrize("kind", ["link", "hard link", "folder link"])
def test_a_name_that_is_now_a_file_and_now_a_link_gives_nothing_of_others(
    files: FileStore, attempt: Path, tmp_path: Path, kind: str
) -> None:
    name = "name"
    if kind == "folder link":
        (attempt / "good").mkdir()
        (attempt / "bad").symlink_to(tmp_path)
        (attempt / "good" / "secret").write_bytes(MP4)
        name = "good/secret"
    else:
        (attempt / "name").write_bytes(MP4 + b"." * (len(SECRET) - len(MP4)))
        make = os.symlink if kind == "link" else os.link
        make(tmp_path / "secret", attempt / "other")
    names = ("good", "bad") if kind == "folder link" else ("name", "other")

    async def ask() -> None:
        for _ in range(ASKED):
            try:
                await put_preview(files, running_task(), attempt, name)
            except (Failed, FileNotFoundError):
                continue
            assert SECRET not in stored(files)
        for _ in range(ASKED // 10):
            try:
                await publish(files, running_task(), attempt, replace(RESULT, output=name))
            except Failed:
                continue
            assert SECRET not in stored(files)

    with exchanged(attempt, *names):
        asyncio.run(ask())


@pytest.mark.parametrize("what", ["preview", "video", "thumbnail"])
def test_a_pipe_in_place_of_a_file_stops_nothing(files: FileStore, attempt: Path, what: str) -> None:
    os.mkfifo(attempt / "pipe")
    (attempt / "video.mp4").write_bytes(MP4)
    freed = threading.Event()

    def free() -> None:
        freed.set()
        os.close(os.open(attempt / "pipe", os.O_RDWR))

    async def ask() -> None:
        if what == "preview":
            await put_preview(files, running_task(), attempt, "pipe")
        result = replace(RESULT, output="pipe") if what == "video" else replace(RESULT, thumbnail="pipe")
        await publish(files, running_task(), attempt, result)

    waiting = threading.Timer(5, free)
    waiting.start()
    with nullcontext() if what == "thumbnail" else pytest.raises(Failed):
        asyncio.run(ask())
    waiting.cancel()
    assert not freed.is_set()


def test_a_thumbnail_as_large_as_a_disk_is_left_out(files: FileStore, attempt: Path) -> None:
    (attempt / "video.mp4").write_bytes(MP4)
    with (attempt / "thumbnail.jpg").open("wb") as file:
        file.truncate(1 << 36)
    video = asyncio.run(publish(files, running_task(), attempt, replace(RESULT, thumbnail="thumbnail.jpg")))
    assert video.thumbnail_key is None


@pytest.mark.parametrize(
    "note", ["[0, null]", "[{}, null]", "[1, null]", '[-1, "1"]', "[true, null]", "[]", "{", '"x"']
)
def test_a_note_of_a_child_that_is_none_stops_nobody(attempt: Path, note: str) -> None:
    """In a process of its own, whose group is killed where this fails."""
    attempt_cleanup.note_child(attempt, os.getpid())
    (place,) = (attempt.parents[2] / "children").iterdir()
    place.write_text(note)
    (attempt / "exporter.pid").write_text(note)
    code = "import sys\nfrom pathlib import Path\nfrom services.worker import attempt_cleanup\n"
    code += "attempt_cleanup.empty_attempt(Path(sys.argv[1]))"
    ended = subprocess.run(
        [sys.executable, "-c", code, attempt], start_new_session=True, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not list(attempt.iterdir())
    assert not place.exists()


def test_the_note_of_a_child_lies_where_the_child_does_not_write(attempt: Path) -> None:
    attempt_cleanup.note_child(attempt, os.getpid())
    assert not list(attempt.rglob("*"))


def test_a_child_that_is_noted_is_stopped(attempt: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        attempt_cleanup.note_child(attempt, child.pid)
        attempt_cleanup.clear_attempt(attempt)
        assert child.wait(10) == -signal.SIGKILL


def test_a_folder_is_removed_however_deep_it_is_and_no_link_is_followed(attempt: Path, tmp_path: Path) -> None:
    (attempt / "link").symlink_to(tmp_path)
    (attempt / "locked").mkdir()
    (attempt / "locked" / "file").touch()
    (attempt / "locked").chmod(0)
    here = os.open(attempt, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d" * 50, dir_fd=here)
        inner = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    attempt_cleanup.clear_attempt(attempt)
    assert not attempt.exists()
    assert (tmp_path / "secret").read_bytes() == SECRET


def test_nothing_is_left_of_a_file_whose_storing_was_killed(files: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "video.mp4"
    with source.open("wb") as file:
        file.truncate(500_000_000)
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom services.files.store import FileStore\n"
        f"files = FileStore({(tmp_path / 'files').as_uri()!r}, '')\n"
        f"asyncio.run(files.put('videos/1/1/video.mp4', Path({str(source)!r})))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as storing:
        while not any(path.is_file() for path in (tmp_path / "files").rglob("*")):
            assert storing.poll() is None
        storing.kill()
    asyncio.run(files.delete("videos/1/1"))
    assert not (tmp_path / "files" / "videos" / "1" / "1").exists()


def test_a_file_whose_storing_is_cancelled_is_not_there_afterwards(files: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "video.mp4"
    with source.open("wb") as file:
        file.truncate(500_000_000)

    async def scenario() -> None:
        storing = asyncio.create_task(files.put("videos/1/1/video.mp4", source))
        async with asyncio.timeout(10):
            while not list((tmp_path / "files").rglob(".video.mp4*")):  # noqa: ASYNC110 - a file tells no event
                await asyncio.sleep(0.001)
        storing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await storing

    asyncio.run(scenario())
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
