"""Keys of a server under test, made by `draftcast keys`."""

import subprocess
from pathlib import Path

from tests.support.forked import run_command
from tests.support.process import environment
from tests.support.server import ROOT


def keys(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`draftcast keys ...` on the data in `folder`."""
    return run_command(("keys", *arguments), ROOT, environment(folder), 60)


def new_key(folder: Path, name: str, *options: str) -> str:
    """A key, as it is printed."""
    made = keys(folder, "create", name, *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def bearing(key: str) -> dict[str, str]:
    """The headers of a request with this key."""
    return {"authorization": f"Bearer {key}"}
