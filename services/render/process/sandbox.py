"""The sandbox of a render: what a hostile file could reach after it took over a decoder.

Files: system and program files to read, the task's folder to write (Landlock). System calls: those of a render
(seccomp). Network: none after fetching, and before decoding. Signals: to the render's own processes (Landlock). Memory,
file sizes and CPU time: bounded (rlimits). Features that the kernel lacks are left out unless the operator requires
all; the server's log and `draftcast doctor` list them.
"""

import os
import resource
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from services.environment import ASSETS_DIR
from services.errors import ErrorCode, failed
from services.exporter_protocol.request import ExportLimits, ExportRequest
from services.render.text.fonts import SYSTEM_DIRS
from services.sandbox import seccomp
from services.sandbox.process_sandbox import confine_process, program_trees, sandbox_here

SINKS = ("/dev/null", "/dev/zero", "/dev/full")
LARGEST_FILE_BYTES = 256 << 30
"""Larger than a lossless chunk of the longest video; the disk is full before."""
OPEN_FILES = 4096
MEMORY_PART = 0.9
"""Maximum share of the machine's memory for one process of a render."""
EXPENDABLE = "800"
"""oom_score_adj, of 1000: out of memory, the kernel kills a render before the server."""


def confine_render(request: ExportRequest) -> None:
    """Restrict this process to the needs of a render; call it before threads are started. Raises `Failed` if the
    operator requires a complete sandbox, and `NotConfined` if the kernel rejects a feature that it announces.
    """
    here = sandbox_here()
    if request.require_sandbox and not here.complete:
        raise failed(
            ErrorCode.INTERNAL,
            f"DRAFTCAST_REQUIRE_SANDBOX is set, and the sandbox is incomplete on this machine: {here}.",
            "本机无法提供完整的沙箱，而 DRAFTCAST_REQUIRE_SANDBOX 要求必须有沙箱，因此不予渲染。",
        )
    _bound(request.limits)
    kept = () if request.keep_dir is None else (request.keep_dir,)
    task = (request.folder, request.materials_dir, request.output.parent, *kept)
    with suppress(OSError):  # the render reports that it cannot write there
        for folder in task:
            folder.mkdir(parents=True, exist_ok=True)
    draft = () if request.draft_folder is None else (request.draft_folder.resolve(),)
    readable = readable_trees((*request.font_dirs, *request.looks), request.ffmpeg)
    confine_process(
        read=(*readable, *draft, *request.draft_files.values()), write=(*task, *map(Path, SINKS)), network=True
    )


def close_network() -> None:
    """Refuse sockets from now on; called after fetching."""
    if seccomp.available():
        seccomp.allow_calls(network=False)


def readable_trees(folders: Iterable[Path], ffmpeg: str) -> tuple[Path, ...]:
    """The folders and files readable by every render: no secrets may lie below them. `folders` are the operator's."""
    return tuple(_readable(folders, ffmpeg))


def _readable(folders: Iterable[Path], ffmpeg: str) -> Iterator[Path]:
    yield from program_trees()
    yield from (ASSETS_DIR, *SYSTEM_DIRS, *folders)
    found = shutil.which(ffmpeg or "ffmpeg")
    if found is not None:
        yield from _around(Path(found))


def _around(program: Path) -> Iterator[Path]:
    """A program and the libraries beside it."""
    real = program.resolve()
    yield from (program, real)
    if real.parent.name == "bin":
        yield real.parent.parent / "lib"


def _bound(limits: ExportLimits) -> None:
    """Set the rlimits of this process and its children, so that a runaway decoder ends before the machine suffers."""
    memory = int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * MEMORY_PART)
    seconds = limits.seconds
    cores = len(os.sched_getaffinity(0))
    for what, limit in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, LARGEST_FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CPU, seconds * cores + 60),
    ):
        _, hard = resource.getrlimit(what)
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (least, least))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EXPENDABLE, encoding="ascii")
