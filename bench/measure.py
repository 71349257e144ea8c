"""What a program and all its children use: CPU seconds, memory, time."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

ROOT = Path(__file__).parent.parent
EVERY_SECONDS = 0.1
"""How often memory is looked at."""


def cpu_seconds(command: Sequence[str | Path]) -> float:
    """What a program and its children use. Raises `CalledProcessError`."""
    before = _children()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True)
class Render:
    """What one render used. Exporting is from its first progress line to the first of the stage after it."""

    cpu_s: float
    peak_mb: float
    export_s: float
    export_cpu_s: float
    preview_s: float | None
    """From the beginning of exporting to the first preview; None: there was none."""
    output: Path

    @property
    def busy(self) -> float:
        """How much of all cores exporting used, 0..1."""
        return self.export_cpu_s / self.export_s / cores()


def cores() -> int:
    """How many cores there are for us."""
    return len(os.sched_getaffinity(0))


RENDERER = ("-m", "services.render")


def rendered(
    draft_folder: Path, work: Path, ffmpeg: str, *, program: Sequence[str] = RENDERER, **options: Any
) -> Render:
    """Render a draft by the renderer's own process; `work` is made. Raises `RuntimeError` with what it said.

    `program` is what Python is to run instead.
    """
    output = work / "1" / "video.mp4"
    request = {
        "task_id": "bench",
        "attempt": 1,
        "folder": str(work / "1"),
        "output": str(output),
        "draft_folder": str(draft_folder),
        "ffmpeg": ffmpeg,
        **options,
    }
    before = _children()
    with (
        (work.parent / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, *program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdin
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        with Memory(process.pid) as memory:
            told = _told(process)
    if process.returncode != 0:
        raise RuntimeError(f"the render failed: {told.last}")
    return Render(
        cpu_s=_children() - before,
        peak_mb=memory.peak_mb,
        export_s=told.ended[0] - told.began[0],
        export_cpu_s=told.ended[1] - told.began[1],
        preview_s=told.preview_at - told.began[0] if told.preview_at else None,
        output=output,
    )


@dataclass(slots=True)
class Told:
    """What the lines of a render said, and the clock and CPU seconds when they came."""

    began: tuple[float, float] = (0.0, 0.0)
    ended: tuple[float, float] = (0.0, 0.0)
    preview_at: float = 0.0
    last: str = ""


def _told(process: "subprocess.Popen[str]") -> Told:
    told, stage = Told(), ""
    assert process.stdout
    for told.last in process.stdout:
        line: dict[str, Any] = json.loads(told.last)
        if line.get("stage", stage) != stage:
            stage = line["stage"]
            if stage == "EXPORTING":
                told.began = time.perf_counter(), _used(process.pid)
            elif stage == "WRITING_FILE":
                told.ended = time.perf_counter(), _used(process.pid)
        if "preview" in line and not told.preview_at:
            told.preview_at = time.perf_counter()
    return told


def _used(pid: int) -> float:
    """CPU seconds of a process, and of its children that ended."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


class Memory:
    """The most that a process and all its children hold at once, in MB; what they share counts once (PSS)."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            with suppress(psutil.Error):
                process = psutil.Process(self._pid)
                tree = [process, *process.children(recursive=True)]
                self.peak_mb = max(self.peak_mb, sum(_held(each) for each in tree) / 1e6)


def _held(process: psutil.Process) -> int:
    with suppress(psutil.Error, OSError):
        return int(process.memory_full_info().pss)
    return 0
