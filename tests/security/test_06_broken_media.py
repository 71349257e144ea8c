"""Rows 6 and 9: broken and disguised media end in a video or in an error that has a name, within the limit."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import fuzz
from tests.support.drafts import DraftBuilder
from tests.support.media import counting_video
from tests.support.render import Rendered, render

S = 1_000_000
AT_ONCE = 8
FILES = int(os.environ.get("DRAFTCAST_FUZZ_MEDIA", "16"))
"""`make fuzz-media` asks for ten thousand."""
FIRST = int(os.environ.get("DRAFTCAST_FUZZ_FIRST", "0"))
LIMIT_SECONDS = 20
NAMED = {"MATERIAL_UNREADABLE", "MATERIAL_TOO_LARGE", "RENDER_FAILED", "RENDER_TIMEOUT", "OUT_OF_MEMORY"}
"""How a file may end a render; INTERNAL is nothing that a file may cause."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> fuzz.Seeds:
    return fuzz.seeds(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    """Listens; nobody may come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("start", range(FIRST, FIRST + FILES, AT_ONCE))
def test_broken_files_end_in_a_video_or_a_named_error(
    tmp_path: Path, whole: fuzz.Seeds, canary: socket.socket, start: int
) -> None:
    secret = _unread(counting_video(tmp_path / "secret.mp4", seconds=0.2, size="64x36"))
    url = f"http://127.0.0.1:{canary.getsockname()[1]}/x.ts"
    for number in range(start, start + AT_ONCE):
        name, content = fuzz.broken(whole, number, secret, url)
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(content)
        began = time.monotonic()
        ended = render(folder, _draft(name), limits={"seconds": LIMIT_SECONDS})
        assert time.monotonic() - began < 2 * LIMIT_SECONDS, number
        _check(ended, number, leads_away=name.startswith("list"))
        shutil.rmtree(folder)
    with pytest.raises(BlockingIOError):
        canary.accept()
    assert not _was_read(secret)


def test_a_read_would_be_seen(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    _unread(secret).read_text()
    assert _was_read(secret), "this file system does not note when files are read; mount it with relatime"


def _unread(path: Path) -> Path:
    """A file that looks as if it was written after it was last read: the next read is noted, as relatime has it."""
    os.utime(path, (1, 2))
    return path


def _was_read(path: Path) -> bool:
    return path.stat().st_atime != 1


def _draft(name: str) -> DraftBuilder:
    draft = DraftBuilder(64, 36)
    if name.endswith(("mp3", "wav")):
        return draft.text("x", 0, S // 2).audio(name, 0, S // 5)
    return draft.photo(name, 0, S // 5) if name.endswith(("png", "jpg")) else draft.video(name, 0, S // 5)


def _check(rendered: Rendered, number: int, *, leads_away: bool) -> None:
    last = rendered.lines[-1]
    if leads_away:
        assert rendered.error["code"] == "MATERIAL_UNREADABLE", (number, last)
    elif rendered.exit_code == 0:
        assert rendered.result["frames"] > 0
    else:
        assert rendered.error["code"] in NAMED, (number, last, rendered.log)
