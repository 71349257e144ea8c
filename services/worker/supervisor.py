"""The supervisor of a child process, a program: `python -I -S supervisor.py PARENT COMMAND`, of JSON in hex.

It runs the command and ends as that ends, when all that came of it is gone: processes that left their group or their
parent are its own children by then (PR_SET_CHILD_SUBREAPER of prctl(2)). SIGTERM is passed on, and a second later
everything is killed; so it is at once when PARENT, a process id, dies. It imports nothing of ours, to start fast.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from typing import NoReturn

PATIENCE_SECONDS = 1.0
"""How long the command may take to stop after SIGTERM, and all that it leaves may take to be gone after SIGKILL."""
CANNOT_RUN = 127
"""The exit code of shells for a command that cannot be started."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ORPHANED = signal.SIGHUP
_HEARD = (signal.SIGCHLD, signal.SIGTERM, _ORPHANED)
_prctl = ctypes.CDLL(None).prctl


def main() -> NoReturn:
    """Run the command of the arguments to its end."""
    parent, command = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, _ORPHANED)
    if os.getppid() != int(parent):
        sys.exit(1)
    child = os.fork()
    if child == 0:
        _become(json.loads(bytes.fromhex(command)))
    _let_go()
    status = _waited(child)
    _end_all()
    _end_as(status)


def _become(command: list[str]) -> NoReturn:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    try:
        os.execvp(command[0], command)  # noqa: S606 - without a shell, as it should be
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be run: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(CANNOT_RUN)


def _let_go() -> None:
    """The other end of each is to see when the command closes it. Nor do we stay in its folder."""
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


def _waited(child: int) -> int:
    """The command's wait status, once it has ended; None of its signals' deadlines is missed."""
    give_up_at = float("inf")
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid:
            continue
        left_seconds = give_up_at - time.monotonic()
        if left_seconds <= 0:
            _kill(_children())
        heard = signal.sigtimedwait(_HEARD, min(max(left_seconds, 0.01), 60.0))
        if heard is None or heard.si_signo == signal.SIGCHLD:
            continue
        if heard.si_signo == _ORPHANED:
            give_up_at = 0.0
        elif give_up_at == float("inf"):
            give_up_at = time.monotonic() + PATIENCE_SECONDS
            os.killpg(0, signal.SIGTERM)


def _end_all() -> None:
    """Kill what is left until nothing is; those whose parents die come to us. Whoever multiplies too fast for that is
    killed with our whole group, and so are we.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            _kill(_children())
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.001)
        os.killpg(0, signal.SIGKILL)


def _kill(processes: list[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _children() -> list[int]:
    """Our children, by the parent that their /proc/PID/stat tells."""
    ours = str(os.getpid())
    with os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdecimal() and _parent_of(entry.name) == ours]


def _parent_of(pid: str) -> str | None:
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    with os.fdopen(descriptor, errors="replace") as file, suppress(OSError):
        return file.read().rpartition(")")[2].split()[1]
    return None


def _end_as(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
