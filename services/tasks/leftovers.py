"""What a worker that was killed leaves behind: child processes and folders."""

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

PID_FILE = "exporter.pid"
KEEP_SECONDS = 24 * 3600
"""How long a failed task's materials wait for a retry."""


def note_child(folder: Path, pid: int) -> None:
    """Remember an attempt's child, so that a later process can stop it."""
    (folder / PID_FILE).write_text(json.dumps([pid, _started(pid)]))


def clear_attempts(task_folder: Path) -> None:
    """Stop what earlier attempts of a task left running and remove their folders; materials stay."""
    for folder in sorted(task_folder.iterdir()) if task_folder.is_dir() else ():
        if folder.name.isdecimal():
            clear_attempt(folder)
    with suppress(OSError):
        task_folder.rmdir()  # only when nothing is left in it


def clear_attempt(folder: Path) -> None:
    """Stop what an attempt left running, and remove its folder."""
    _stop_child(folder)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # only when nothing is left in it


def empty_attempt(folder: Path) -> None:
    """Stop what an attempt left running, and remove its files. The empty folder says that it has been here."""
    _stop_child(folder)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def attempts_in(work_dir: Path) -> list[tuple[str, int]]:
    """Attempts that have left a folder: task ids and numbers."""
    return sorted((path.parent.name, int(path.name)) for path in work_dir.glob("*/*") if path.name.isdecimal())


def clear_all(work_dir: Path, active: set[str]) -> None:
    """Before anything runs: no attempt of an earlier process goes on, and old materials go away. Empty folders stay,
    by which `attempts_in` knows the attempts.
    """
    for task_id, number in attempts_in(work_dir):
        empty_attempt(work_dir / task_id / str(number))
    clear_old(work_dir, active)


def clear_old(work_dir: Path, active: set[str]) -> None:
    """Materials that nobody has wanted for a day go away."""
    for folder in sorted(work_dir.iterdir()) if work_dir.is_dir() else ():
        if folder.name not in active and time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _stop_child(folder: Path) -> None:
    with suppress(OSError, ValueError):
        pid, started = json.loads((folder / PID_FILE).read_text())
        # The number may belong to another process by now; its start time tells.
        if _started(pid) == started:
            os.killpg(pid, signal.SIGKILL)


def _started(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def fresh_folder(folder: Path) -> None:
    """An attempt's folder, empty and alone: those of earlier attempts are removed. Raises `OSError`."""
    clear_attempts(folder.parent)
    folder.mkdir(parents=True)
