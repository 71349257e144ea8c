"""Settings of a render's process: kill with its parent, no core file, one heap."""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1
_M_ARENA_MAX = -8
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int | None = None) -> None:
    """Have this process killed when its parent dies (Linux; no effect elsewhere).

    Pass `parent` where it is known: it may have died before the call. The kernel watches the thread that started the
    process, so start it from a long-lived one.
    """
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def write_no_core() -> None:
    """Disable core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def keep_one_heap() -> None:
    """Use one malloc arena for all threads (glibc; no effect elsewhere): each arena keeps its freed memory, some 30 MB
    together.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
