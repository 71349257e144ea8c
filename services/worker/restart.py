"""The restart of a process that others have taken for dead."""

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from typing import NoReturn

from services.worker import supervisor

WAIT_SECONDS = 2 * supervisor.GRACE_SECONDS + 1
"""Time in which supervisors end themselves and all their descendants."""


def start_anew() -> NoReturn:
    """End the children of this process with all their descendants, and run its program from the beginning, with the
    same process id, arguments and environment. Blocks for up to 3 seconds.
    """
    _end_children()
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - without a shell, as it should be


def _end_children() -> None:
    """SIGHUP tells a supervisor that its parent is gone."""
    for child in supervisor.children():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGHUP)
    until = time.monotonic() + WAIT_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.01)
