"""The sandbox of a process that opens hostile files: the features of this machine, and their use."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.sandbox import landlock, seccomp

SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives", "/etc/fonts"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/sys/devices/system"),
    *("/dev/urandom", "/dev/random"),
)
"""Needed by programs, resolvers and certificates; nothing of other processes in /proc, whose environments hold secrets.
"""
PARTS_OF_PYTHON = ("bin", "lib", "lib64", "share", "ssl", "pyvenv.cfg")
"""Parts of the folder of a Python or virtual environment; operators may keep data beside them."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox features of this machine."""

    files: bool
    network: bool
    """And all other system calls."""
    signals: bool

    @property
    def complete(self) -> bool:
        """Whether a compromised decoder can neither read nor change other files, nor reach the network."""
        return self.files and self.network

    def __str__(self) -> str:
        files = "files by Landlock" if self.files else "files are not (Linux 5.19 with Landlock is needed)"
        network = "system calls and network by seccomp"
        if not self.network:
            network = "system calls and network are not (seccomp on x86-64 or ARM64 is needed)"
        signals = "signals by Landlock" if self.signals else "signals are not (Linux 6.12 is needed)"
        return f"{files}, {network}, {signals}, memory and time by rlimits"


def sandbox_here() -> Sandbox:
    """The sandbox features that this kernel has."""
    version = landlock.landlock_version()
    return Sandbox(
        version >= landlock.MIN_VERSION,
        seccomp.available(),
        version >= landlock.SIGNALS_VERSION,
    )


def confine_process(*, read: Iterable[Path], write: Iterable[Path], network: bool) -> None:
    """Restrict this process, as far as the kernel can, to reading the files of `read`, changing those of `write`, and,
    with `network`, sockets. Call it before threads are started. Raises `NotConfined`.
    """
    here = sandbox_here()
    ancestors = landlock.protected()
    if here.files:
        landlock.confine_files(read=read, write=write)
    if here.network:
        seccomp.allow_calls(network=network, protected=ancestors)


def program_trees() -> Iterator[Path]:
    """The folders and files that the project's programs need to run."""
    yield from map(Path, SYSTEM)
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        yield from (Path(prefix) / part for part in PARTS_OF_PYTHON)
    yield Path(__file__).parents[1]
    yield from (Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder)
