"""The renderer as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.worker.child import supervised
from tests.support.drafts import DraftBuilder
from tests.support.forked import run_renderer
from tests.support.video import Video

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60
COMMAND = (sys.executable, "-m", "services.render")


@dataclass(frozen=True)
class Rendered:
    """What the renderer said, line by line, and what it left."""

    exit_code: int
    lines: list[dict[str, Any]]
    log: str
    folder: Path

    @property
    def result(self) -> dict[str, Any]:
        """The result line's object."""
        assert self.exit_code == 0, (self.lines[-1], self.log)
        return dict(self.lines[-1]["result"])

    @property
    def error(self) -> dict[str, Any]:
        """The error line's object."""
        assert self.exit_code == 1, self.lines[-1]
        return dict(self.lines[-1]["error"])

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """All warnings, in order."""
        return [line["warning"] for line in self.lines if "warning" in line]

    @property
    def stages(self) -> list[dict[str, Any]]:
        """All progress lines, in order."""
        return [line for line in self.lines if "stage" in line]

    @property
    def video(self) -> Video:
        """The finished file, decoded."""
        return Video(Path(self.result["output"]))


def request(folder: Path, attempt: int = 1, **changes: Any) -> dict[str, Any]:
    """A request for an attempt in `folder`; DRAFTCAST_FFMPEG chooses the ffmpeg, as it does for the server."""
    return {
        "task_id": "test",
        "attempt": attempt,
        "folder": str(folder / "task" / str(attempt)),
        "output": str(folder / "task" / str(attempt) / "video.mp4"),
        "ffmpeg": os.environ.get("DRAFTCAST_FFMPEG", ""),
        **changes,
    }


def start(asked: dict[str, Any], *, more: bool = False) -> "subprocess.Popen[str]":
    """Start the renderer under its supervisor and give it its request; `more` is to be said to it."""
    process = subprocess.Popen(
        supervised(COMMAND),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asked))
    if more:
        process.stdin.write("\n")
        process.stdin.flush()
        return process
    process.stdin.close()
    process.stdin = None
    return process


def run(asked: dict[str, Any]) -> Rendered:
    """Render to the end, by the renderer's own `main` in a forked process: its start would take most of the time."""
    return _rendered(asked, *run_renderer(json.dumps(asked), ROOT, SECONDS))


def run_program(asked: dict[str, Any]) -> Rendered:
    """Render to the end, by a program that is started as the worker starts it."""
    with start(asked) as process:
        said, log = process.communicate(timeout=SECONDS)
    return _rendered(asked, process.returncode, said, log)


def _rendered(asked: dict[str, Any], exit_code: int, said: str, log: str) -> Rendered:
    return Rendered(exit_code, [json.loads(line) for line in said.splitlines()], log, Path(asked["folder"]))


def render(
    folder: Path, draft: DraftBuilder, how: Callable[[dict[str, Any]], Rendered] = run, **changes: Any
) -> Rendered:
    """Render a draft whose media lie in `folder`."""
    (folder / "draft_content.json").write_bytes(draft.bytes())
    return how(request(folder, draft_folder=str(folder), **changes))
