"""The sandbox of a process that opens strangers' files: what of it this machine has, and how a process is shut in."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

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


def confine_process(*, read: Iterable[Path], write: Iterable[Path], network: bool) -> None:
    """Leave to this process, of what the kernel can refuse, the files of `read`, those of `write` to change, and, with
    `network`, sockets. Call it before there are threads. Raises `NotConfined`.
    """
    here = sandbox_here()
    ancestors = landlock_seccomp.protected()
    if here.files:
        landlock_seccomp.confine_files(read=read, write=write)
    if here.network:
        landlock_seccomp.allow_calls(ancestors, network=network)


def program_trees() -> Iterator[Path]:
    """The folders and files that any program of ours needs to run."""
    yield from map(Path, SYSTEM)
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        yield from (Path(prefix) / part for part in PARTS_OF_PYTHON)
    yield Path(__file__).parents[1]
    yield from (Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder)
