"""Measurement of a program and its children (CPU seconds, memory, time), and the database of a measured server."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from draftcast.cli.ffmpeg_threads import FfmpegThreads
from services.exporter_protocol.lines import Step
from services.store.database import Database

ROOT = Path(__file__).parent.parent
EVERY_SECONDS = 0.1
"""Interval between two samples of memory."""


def cpu_seconds(command: Sequence[str | Path]) -> float:
    """CPU seconds of a program and its children. Raises `CalledProcessError`."""
    before = _children()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True)
class Render:
    """The usage of one render. Exporting lasts from its first progress line to the first one of the next stage."""

    cpu_s: float
    peak_mb: float
    first_line_s: float
    """From the start of the process to its first line, which is a progress event."""
    export_s: float
    export_cpu_s: float
    preview_s: float | None
    """From the beginning of exporting to the first preview; None: there was none."""
    shares: Mapping[Step, float]
    """Of decoding, filters and encoding in the picture's CPU, where each encoder has one thread."""
    output: Path

    @property
    def busy(self) -> float:
        """The share of all cores used by exporting, 0..1."""
        return self.export_cpu_s / self.export_s / cores()


def cores() -> int:
    """The number of cores available to this process."""
    return len(os.sched_getaffinity(0))


RENDERER = ("-m", "services.render")


def rendered(
    draft_folder: Path, work: Path, ffmpeg: str, *, program: Sequence[str] = RENDERER, **options: Any
) -> Render:
    """Render a draft by the renderer's own process; `work` is made. Raises `RuntimeError` with what it said.

    `program` is what Python is to run instead.
    """
    before, started_at = _children(), time.perf_counter()
    with (
        _renderer(draft_folder, work, ffmpeg, program, options) as process,
        Memory(process.pid) as memory,
        FfmpegThreads(work / "1") as threads,
    ):
        told = _told(process)
    if process.returncode != 0:
        raise RuntimeError(f"the render failed: {told.last}")
    return Render(
        cpu_s=_children() - before,
        peak_mb=memory.peak_mb,
        first_line_s=told.first_at - started_at,
        export_s=told.ended[0] - told.began[0],
        export_cpu_s=told.ended[1] - told.began[1],
        preview_s=told.preview_at - told.began[0] if told.preview_at else None,
        shares=threads.shares(),
        output=work / "1" / "video.mp4",
    )


def first_fragment_s(draft_folder: Path, work: Path, ffmpeg: str) -> float:
    """Seconds from the beginning of exporting to the first fragment of the stream; the render is ended then. Raises
    `RuntimeError` when it ends before.
    """
    began = 0.0
    with _renderer(draft_folder, work, ffmpeg, RENDERER, {"stream": True}) as process:
        assert process.stdout
        for line in map(json.loads, process.stdout):
            if line.get("stage") == "EXPORTING" and not began:
                began = time.perf_counter()
            if "fragment" in line:
                process.terminate()
                return time.perf_counter() - began
    raise RuntimeError("the render has no stream")


@contextmanager
def _renderer(
    draft_folder: Path, work: Path, ffmpeg: str, program: Sequence[str], options: Mapping[str, Any]
) -> Generator["subprocess.Popen[str]"]:
    """The renderer's process, with its request; waited for at the end."""
    request = {
        "task_id": "bench",
        "attempt": 1,
        "folder": str(work / "1"),
        "output": str(work / "1" / "video.mp4"),
        "draft_folder": str(draft_folder),
        "ffmpeg": ffmpeg,
        **options,
    }
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
        yield process


@dataclass(slots=True)
class Told:
    """What the lines of a render said, and the clock and CPU seconds when they came."""

    began: tuple[float, float] = (0.0, 0.0)
    ended: tuple[float, float] = (0.0, 0.0)
    preview_at: float = 0.0
    first_at: float = 0.0
    last: str = ""


def _told(process: "subprocess.Popen[str]") -> Told:
    told, stage = Told(), ""
    assert process.stdout
    for told.last in process.stdout:
        told.first_at = told.first_at or time.perf_counter()
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
    """Peak memory of a process and its children in MB; shared memory counts once (PSS)."""

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
                self.peak_mb = max(self.peak_mb, sum(held_bytes(each) for each in tree) / 1e6)


def held_bytes(process: psutil.Process) -> int:
    """The memory of a process, with its share of what it shares (PSS); 0 when it has ended."""
    with suppress(psutil.Error, OSError):
        return int(process.memory_full_info().pss)
    return 0


@asynccontextmanager
async def open_database(url: str) -> AsyncGenerator[Database]:
    """A server's database, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
