"""Cleanup of work folders: child processes and folders of attempts whose worker was killed.

The folder of an attempt is writable for its child process; the record of the child lies outside of it.
"""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.files.beneath import empty_tree, remove_tree

CHILDREN = "children"
"""Folder beside the work folder with one record of each child process."""
KEEP_SECONDS = 24 * 3600
"""Time that the materials of a failed task are kept for a retry."""


def note_child(folder: Path, pid: int) -> None:
    """Record the child process of an attempt, so that a later process can stop it."""
    note = _note(folder)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps([pid, _started(pid)]))


def clear_attempts(task_folder: Path) -> None:
    """Stop the children of earlier attempts of a task and remove their folders; materials stay."""
    for folder in sorted(task_folder.iterdir()) if task_folder.is_dir() else ():
        if folder.name.isdecimal():
            clear_attempt(folder)
    with suppress(OSError):
        task_folder.rmdir()  # only when nothing is left in it


def clear_attempt(folder: Path) -> None:
    """Stop the child of an attempt and remove its folder."""
    _stop_child(folder)
    remove_tree(folder)
    with suppress(OSError):
        folder.parent.rmdir()  # only when nothing is left in it


def empty_attempt(folder: Path) -> None:
    """Stop the child of an attempt and remove its files. The empty folder stays as its record."""
    _stop_child(folder)
    with suppress(OSError):
        empty_tree(folder)


def attempts_in(work_dir: Path) -> list[tuple[str, int]]:
    """The attempts with a folder: task ids and numbers."""
    return sorted((path.parent.name, int(path.name)) for path in work_dir.glob("*/*") if path.name.isdecimal())


def clear_all(work_dir: Path, active: set[str]) -> None:
    """At the start of a worker: stop all children of earlier processes and remove their files and old materials. Empty
    folders stay for `attempts_in`.
    """
    for task_id, number in attempts_in(work_dir):
        empty_attempt(work_dir / task_id / str(number))
    remove_tree(work_dir.parent / CHILDREN)
    clear_old(work_dir, active, time.time())


def clear_old(work_dir: Path, active: set[str], now_seconds: float) -> None:
    """Remove materials of inactive tasks that are older than `KEEP_SECONDS`."""
    for folder in sorted(work_dir.iterdir()) if work_dir.is_dir() else ():
        if folder.name not in active and now_seconds - folder.stat().st_mtime > KEEP_SECONDS:
            remove_tree(folder)


def fresh_folder(folder: Path) -> None:
    """Create the empty folder of an attempt; those of earlier attempts are removed. Raises `OSError`."""
    clear_attempts(folder.parent)
    folder.mkdir(parents=True)


def _note(folder: Path) -> Path:
    work_dir = folder.parent.parent
    return work_dir.parent / CHILDREN / f"{folder.parent.name}.{folder.name}"


def _stop_child(folder: Path) -> None:
    """Kill the process group of the recorded child. The record is removed first: a wrong one is not killed twice."""
    note = _note(folder)
    try:
        noted = json.loads(note.read_text())
    except (OSError, ValueError):
        noted = None
    note.unlink(missing_ok=True)
    child = _noted(noted)
    if child is None:
        return
    pid, started = child
    with suppress(OSError):
        handle = os.pidfd_open(pid)  # from here on the number is not given to another process
        try:
            if _started(pid) == started:
                os.killpg(pid, signal.SIGKILL)
        finally:
            os.close(handle)


def _noted(noted: Any) -> tuple[int, str] | None:
    """The process id and start time of a record, if it is valid."""
    match noted:
        case [int(pid), str(started)] if type(pid) is int and pid > 1:
            return pid, started
        case _:
            return None


def _started(pid: int) -> str | None:
    """The start time of the process in clock ticks since boot; None when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
