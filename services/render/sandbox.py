"""The sandbox of a render: what strangers' files could reach, if one of them took over a decoder.

Files: the system and our own parts to read, the task's folder to write, nothing else of this machine (Landlock).
Network: none once everything is fetched, and before anything fetched is decoded (seccomp).
Memory, file sizes and processor time: bounded (rlimits). What a kernel lacks is left out; `draftcast doctor` tells.
"""

import os
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.assets import ASSETS_DIR
from services.render import confine
from services.render.fonts import SYSTEM_DIRS
from services.render.protocol import RenderRequest

SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives", "/etc/fonts"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/sys/devices/system"),
    *("/dev/urandom", "/dev/random"),
)
"""What programs, resolvers and certificates need; of /proc nothing of other processes: environments hold secrets."""
SINKS = ("/dev/null", "/dev/zero", "/dev/full")
LARGEST_FILE_BYTES = 256 << 30
"""Of a lossless piece of the longest video; the disk is full before."""
OPEN_FILES = 4096
MEMORY_PART = 0.9
"""Of the machine's memory that one process of a render may have to itself."""
EXPENDABLE = "800"
"""Of 1000: when memory runs out, the kernel ends a render before the server."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What of the sandbox there is on this machine."""

    files: bool
    network: bool

    def __str__(self) -> str:
        files = "files by Landlock" if self.files else "files are not (Linux 5.19 with Landlock is needed)"
        network = "network by seccomp" if self.network else "network is not (seccomp on x86-64 or ARM64 is needed)"
        return f"{files}, {network}, memory and time by rlimits"


def sandbox_here() -> Sandbox:
    """What this kernel offers."""
    return Sandbox(confine.landlock_version() >= confine.LEAST_LANDLOCK, confine.seccomp_here())


def shut_files(request: RenderRequest) -> None:
    """Take from this process what a render does not need; call it before there are threads."""
    _bound(request.limits.seconds)
    if not sandbox_here().files:
        return
    task = (request.folder, request.materials_dir, request.output.parent)
    with suppress(OSError):  # the render says itself why it cannot write there
        for folder in task:
            folder.mkdir(parents=True, exist_ok=True)
    confine.confine_files(read=_readable(request), write=(*task, *map(Path, SINKS)))


def shut_network() -> None:
    """Everything is fetched: no socket from now on."""
    if sandbox_here().network:
        confine.refuse_network()


def _readable(request: RenderRequest) -> Iterator[Path]:
    yield from map(Path, SYSTEM)
    yield from map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix})
    yield from (Path(__file__).parent.parent, ASSETS_DIR, *SYSTEM_DIRS, *request.font_dirs)
    yield from (Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder)
    if request.draft_folder is not None:
        yield request.draft_folder.resolve()
    yield from request.draft_files.values()
    found = shutil.which(request.ffmpeg or "ffmpeg")
    if found is not None:
        yield from _around(Path(found))


def _around(program: Path) -> Iterator[Path]:
    """A program, and the libraries that lie beside it."""
    real = program.resolve()
    yield from (program, real)
    if real.parent.name == "bin":
        yield real.parent.parent / "lib"


def _bound(seconds: int) -> None:
    """Limits of each process: they end a decoder that runs wild before the machine suffers."""
    memory = int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * MEMORY_PART)
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
