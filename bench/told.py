"""An exporter that writes into a folder when it has begun and when it is told to end: `python told.py FOLDER`."""

import json
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    """Wait for the end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    note = Path(sys.argv[1], json.load(sys.stdin)["task_id"])
    write(note.with_suffix(".began"))
    signal.sigwait([signal.SIGTERM])
    write(note.with_suffix(".told"))
    sys.exit(1)


def write(note: Path) -> None:
    """Write the time, in seconds since 1970, at once."""
    draft = note.with_suffix(".draft")
    draft.write_text(str(time.time()))
    draft.rename(note)


if __name__ == "__main__":
    main()
