"""The renderer as a process: start, end, and cleanup."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import RED
from tests.support.render import COMMAND, ROOT, render, request, run, start

S = 1_000_000
SECONDS = 20


@pytest.fixture
def long(tmp_path: Path) -> dict[str, Any]:
    """A request that takes minutes."""
    media.plain(tmp_path / "red.png", RED)
    draft = DraftBuilder(1280, 720).photo("red.png", 0, 1800 * S, clip={"scale": {"x": 0.9}})
    (tmp_path / "draft_content.json").write_bytes(draft.bytes())
    return request(tmp_path, draft_folder=str(tmp_path))


@contextmanager
def exporting(asked: dict[str, Any]) -> Generator[tuple["subprocess.Popen[str]", list[psutil.Process]]]:
    """The renderer's supervisor once frames come out, and the processes it has started: the renderer first."""
    with start(asked) as process:
        assert process.stdout is not None
        lines = (json.loads(line) for line in process.stdout)
        assert any(line.get("stage") == "EXPORTING" and line["done"] > 0 for line in lines)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2, "the renderer and ffmpeg"
        yield process, children


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them end soon; a zombie counts as ended."""
    _, alive = psutil.wait_procs([process for process in processes if not ended(process)], timeout=SECONDS)
    return all(ended(process) for process in alive)


def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_first_line_comes_before_anything_large_is_imported() -> None:
    large = ("av", "PIL", "aiohttp", "pydantic", "asyncio")
    code = f"import sys, services.render.__main__; print([name for name in {large} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_sigterm_stops_at_once_and_leaves_nothing(long: dict[str, Any]) -> None:
    with exporting(long) as (process, children):
        assert any((Path(long["folder"]) / "pieces").iterdir())
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 128 + signal.SIGTERM
        assert all_gone(children)
    assert list(Path(long["folder"]).iterdir()) == []


def test_ffmpeg_dies_with_a_killed_renderer(long: dict[str, Any]) -> None:
    with exporting(long) as (process, children):
        children[0].kill()
        assert process.wait(SECONDS) == -signal.SIGKILL
        assert all_gone(children)


def test_the_renderer_dies_with_its_killed_parent(long: dict[str, Any]) -> None:
    """A worker between the test and the renderer is killed; the renderer and its ffmpeg must not stay."""
    worker = (
        "import subprocess, sys\n"
        "from services.worker.child import supervised\n"
        f"child = subprocess.Popen(supervised({COMMAND!r}), stdin=subprocess.PIPE, stdout=sys.stdout, text=True,"
        " start_new_session=True)\n"
        f"child.stdin.write({json.dumps(long)!r}); child.stdin.close(); child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", worker], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        lines = (json.loads(line) for line in parent.stdout)
        assert any(line.get("stage") == "EXPORTING" and line["done"] > 0 for line in lines)
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) >= 3, "the supervisor, the renderer and ffmpeg"
        parent.kill()
        parent.wait(SECONDS)
        assert all_gone(family)


def test_stages_move_forward_and_done_never_falls(tmp_path: Path) -> None:
    media.counting_video(tmp_path / "count.mp4", hertz=440)
    draft = DraftBuilder(320, 180).video("count.mp4", 0, 2 * S).text("Hello", 0, S)
    lines = render(tmp_path, draft).stages
    stages = list(dict.fromkeys(line["stage"] for line in lines))
    assert stages == ["PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE"]
    for stage in stages:
        within = [line for line in lines if line["stage"] == stage]
        assert [line["done"] for line in within] == sorted(line["done"] for line in within)
        assert within[0]["done"] == 0
        assert within[-1]["done"] == within[-1]["total"]
    assert [line for line in lines if line["stage"] == "EXPORTING"][-1]["total"] == 60


def test_a_draft_within_the_draft_is_counted_as_it_is_made(tmp_path: Path) -> None:
    media.counting_video(tmp_path / "count.mp4")
    inner = DraftBuilder(1080, 1920).video("count.mp4", 0, 2 * S)
    draft = DraftBuilder(1080, 1920).video("", 0, 2 * S, clip={"alpha": 0.9})  # else it is taken apart
    draft.using("drafts", type="combination", draft=inner.content())
    counts = [line for line in render(tmp_path, draft).stages if line["stage"] == "PROCESSING_MATERIALS"]
    assert (counts[-1]["done"], counts[-1]["total"]) == (2, 2)
    assert any(1 < line["done"] < 2 for line in counts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "one JSON object"),
        ("[]", "one JSON object"),
        ('{"folder": "/x", "output": "/x/y"}', "neither draft_url nor draft_folder"),
        ('{"draft_url": "http://x", "folder": "x", "output": "/x"}', "folder must be an absolute path"),
        ('{"draft_url": "http://x", "folder": "/x", "output": "/x", "limits": {"pixels": -1}}', "limits"),
    ],
)
def test_an_invalid_request_is_reported(text: str, says: str) -> None:
    said = subprocess.run(COMMAND, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    error = json.loads(said.stdout)["error"]
    assert error["code"] == "INTERNAL"
    assert says in error["message"]["en"]


def test_an_unexpected_error_is_reported_without_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "task").write_text("a file where the folder should be")
    rendered = run(request(tmp_path, draft_folder=str(tmp_path)))
    assert rendered.error["code"] == "INTERNAL"
    assert "Traceback" not in str(rendered.lines)
    assert "Traceback" in rendered.log


def test_a_full_disk_is_out_of_disk(tmp_path: Path) -> None:
    """/dev/full accepts no data: files written there cannot be finished."""
    draft = DraftBuilder(64, 36).text("x", 0, S)
    (tmp_path / "draft_content.json").write_bytes(draft.bytes())
    pieces = tmp_path / "task" / "1" / "pieces"
    pieces.mkdir(parents=True)
    (pieces / "caption-1.png").symlink_to("/dev/full")
    error = run(request(tmp_path, draft_folder=str(tmp_path))).error
    assert (error["code"], error["retryable"]) == ("OUT_OF_DISK", True)


def test_an_ffmpeg_that_is_too_old_is_reported(tmp_path: Path) -> None:
    old = tmp_path / "ffmpeg"
    old.write_text("#!/bin/sh\necho ffmpeg version 4.4.2 Copyright --enable-libx264\n")
    old.chmod(0o755)
    error = render(tmp_path, DraftBuilder(64, 36).text("x", 0, S), ffmpeg=str(old)).error
    assert error["code"] == "INTERNAL"
    assert "4.4.2; 5.1 or newer is needed" in error["message"]["en"]


def test_an_ffmpeg_that_fails_ends_the_render_with_its_last_words_in_the_log(tmp_path: Path) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(
        "#!/bin/sh\nif [ $1 = -version ]; then echo ffmpeg version 9.0 Copyright --enable-libx264; exit 0; fi\n"
        "echo it cannot go on >&2; exit 3\n"
    )
    fake.chmod(0o755)
    rendered = render(tmp_path, DraftBuilder(64, 36).text("x", 0, S), ffmpeg=str(fake))
    assert (rendered.error["code"], rendered.error["retryable"]) == ("RENDER_FAILED", True)
    assert "it cannot go on" in rendered.log
    assert "it cannot go on" not in str(rendered.lines)
