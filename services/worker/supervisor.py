"""The supervisor of a child process, a program: `python -I -S supervisor.py PARENT COMMAND`, COMMAND being JSON in hex.

It runs the command and exits as it does, once all descendants have ended: processes that left their group or their
parent become its own children (PR_SET_CHILD_SUBREAPER of prctl(2)). SIGTERM is passed on, and everything is killed a
second later; it is killed at once when PARENT, a process id, dies. The standard library is its only import, so that it
starts fast.
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

GRACE_SECONDS = 1.0
"""Time the command may take to stop after SIGTERM, and its descendants after SIGKILL."""
CANNOT_RUN = 127
"""The exit code of shells for a command that cannot be started."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ORPHANED = signal.SIGHUP
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, _ORPHANED)
_prctl = ctypes.CDLL(None).prctl


def main() -> NoReturn:
    """Run the command of the arguments to its end."""
    parent, command = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, _ORPHANED)
    if os.getppid() != int(parent):
        sys.exit(1)
    child = os.fork()
    if child == 0:
        _exec(json.loads(bytes.fromhex(command)))
    _detach()
    status = _wait_for(child)
    _kill_descendants()
    _exit_as(status)


def _exec(command: list[str]) -> NoReturn:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    try:
        os.execvp(command[0], command)  # noqa: S606 - without a shell, as it should be
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be run: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(CANNOT_RUN)


def _detach() -> None:
    """Close the pipes, so that their other ends see the command close them, and leave the working folder."""
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


def _wait_for(child: int) -> int:
    """The wait status of the command, once it has ended."""
    give_up_at = float("inf")
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid:
            continue
        left_seconds = give_up_at - time.monotonic()
        if left_seconds <= 0:
            _kill(children())
        heard = signal.sigtimedwait(_SIGNALS, min(max(left_seconds, 0.01), 60.0))
        if heard is None or heard.si_signo == signal.SIGCHLD:
            continue
        if heard.si_signo == _ORPHANED:
            give_up_at = 0.0
        elif give_up_at == float("inf"):
            give_up_at = time.monotonic() + GRACE_SECONDS
            os.killpg(0, signal.SIGTERM)


def _kill_descendants() -> None:
    """Kill all remaining descendants; orphans become our children. Descendants that multiply too fast are killed with
    our whole process group.
    """
    until = time.monotonic() + GRACE_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            _kill(children())
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.001)
        os.killpg(0, signal.SIGKILL)


def _kill(processes: list[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def children() -> list[int]:
    """The child processes, by the parent in /proc/PID/stat."""
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


def _exit_as(status: int) -> NoReturn:
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
