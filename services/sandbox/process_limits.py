"""What a render asks of the system for as long as it lives: to end with its parent, no core, little memory."""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1
_M_ARENA_MAX = -8
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int | None = None) -> None:
    """Ask to be killed when the parent dies (Linux; elsewhere nothing happens).

    Give `parent` where it is known: it may have died before the kernel was asked. The kernel looks at
    the thread that started the process, so start it from one that stays.
    """
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def write_no_core() -> None:
    """A crash leaves no memory image on the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def keep_one_heap() -> None:
    """Threads share one heap of the C library (glibc; elsewhere nothing happens): else each keeps what it has freed,
    some 30 MB together.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
