"""Keys of a server under test, made by `draftcast keys`."""

import subprocess
import sys
from pathlib import Path

from tests.support.process import environment
from tests.support.server import ROOT


def keys(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`draftcast keys ...` on the data in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.draftcast", "keys", *arguments],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def new_key(folder: Path, name: str, *options: str) -> str:
    """A key, as it is printed."""
    made = keys(folder, "create", name, *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def bearing(key: str) -> dict[str, str]:
    """The headers of a request with this key."""
    return {"authorization": f"Bearer {key}"}
