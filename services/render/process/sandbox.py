"""The sandbox of a render: what strangers' files could reach, if one of them took over a decoder.

Files: the system and our own parts to read, the task's folder to write, nothing else of this machine (Landlock).
System calls: those of a render (seccomp). Network: none once everything is fetched, and before anything is decoded.
Signals: to the render's own processes (Landlock). Memory, file sizes and processor time: bounded (rlimits).
What a kernel lacks is left out, unless the operator requires all; the server's log and `draftcast doctor` tell.
"""

import os
import resource
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.assets import ASSETS_DIR
from services.errors import ErrorCode, failed
from services.exporter_protocol import Limits, RenderRequest
from services.render.text.fonts import SYSTEM_DIRS
from services.sandbox import landlock_seccomp

SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives", "/etc/fonts"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/sys/devices/system"),
    *("/dev/urandom", "/dev/random"),
)
"""What programs, resolvers and certificates need; of /proc nothing of other processes: environments hold secrets."""
PARTS_OF_PYTHON = ("bin", "lib", "lib64", "share", "ssl", "pyvenv.cfg")
"""Of the folder that Python, or a virtual environment, lies in; an operator may keep data beside them."""
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
    """And all other system calls."""
    signals: bool

    @property
    def complete(self) -> bool:
        """Whether a decoder that is taken over reads and changes nothing of others, and talks to nobody."""
        return self.files and self.network

    def __str__(self) -> str:
        files = "files by Landlock" if self.files else "files are not (Linux 5.19 with Landlock is needed)"
        network = "system calls and network by seccomp"
        if not self.network:
            network = "system calls and network are not (seccomp on x86-64 or ARM64 is needed)"
        signals = "signals by Landlock" if self.signals else "signals are not (Linux 6.12 is needed)"
        return f"{files}, {network}, {signals}, memory and time by rlimits"


def sandbox_here() -> Sandbox:
    """What this kernel offers."""
    version = landlock_seccomp.landlock_version()
    return Sandbox(
        version >= landlock_seccomp.LEAST_LANDLOCK,
        landlock_seccomp.seccomp_here(),
        version >= landlock_seccomp.SCOPED_SINCE,
    )


def shut_in(request: RenderRequest) -> None:
    """Take from this process what a render does not need; call it before there are threads. Raises `Failed` when the
    operator requires all of the sandbox, and `NotConfined` when the kernel refuses what it offers.
    """
    here = sandbox_here()
    if request.require_sandbox and not here.complete:
        raise failed(
            ErrorCode.INTERNAL,
            f"Nothing is rendered here without a sandbox (DRAFTCAST_REQUIRE_SANDBOX): {here}.",
            "本机无法提供完整的沙箱，而 DRAFTCAST_REQUIRE_SANDBOX 要求必须有沙箱，因此不予渲染。",
        )
    _bound(request.limits)
    ancestors = landlock_seccomp.protected()
    if here.files:
        _shut_files(request)
    if here.network:
        landlock_seccomp.allow_calls(ancestors)


def _shut_files(request: RenderRequest) -> None:
    task = (request.folder, request.materials_dir, request.output.parent)
    with suppress(OSError):  # the render says itself why it cannot write there
        for folder in task:
            folder.mkdir(parents=True, exist_ok=True)
    draft = () if request.draft_folder is None else (request.draft_folder.resolve(),)
    readable = readable_trees(request.font_dirs, request.ffmpeg)
    landlock_seccomp.confine_files(
        read=(*readable, *draft, *request.draft_files.values()), write=(*task, *map(Path, SINKS))
    )


def shut_network() -> None:
    """Everything is fetched: no socket from now on."""
    if landlock_seccomp.seccomp_here():
        landlock_seccomp.refuse_network()


def readable_trees(font_dirs: Iterable[Path], ffmpeg: str) -> tuple[Path, ...]:
    """The folders and files that every render may read: nothing secret may lie below one of them."""
    return tuple(_readable(font_dirs, ffmpeg))


def _readable(font_dirs: Iterable[Path], ffmpeg: str) -> Iterator[Path]:
    yield from map(Path, SYSTEM)
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        yield from (Path(prefix) / part for part in PARTS_OF_PYTHON)
    yield from (Path(__file__).parents[2], ASSETS_DIR, *SYSTEM_DIRS, *font_dirs)
    yield from (Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder)
    found = shutil.which(ffmpeg or "ffmpeg")
    if found is not None:
        yield from _around(Path(found))


def _around(program: Path) -> Iterator[Path]:
    """A program, and the libraries that lie beside it."""
    real = program.resolve()
    yield from (program, real)
    if real.parent.name == "bin":
        yield real.parent.parent / "lib"


def _bound(limits: Limits) -> None:
    """Limits of each process: they end a decoder that runs wild before the machine suffers."""
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
