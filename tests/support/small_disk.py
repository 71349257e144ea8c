"""A small disk for one test: a tmpfs in a mount namespace, which needs no privileges.

Only programs that are started with the disk's `prefix` see it. It is gone with the test.
"""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import cannot_run

SECONDS = 30
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
_HOLD = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo there && exec sleep 3600'


class SmallDisk:
    """A disk that is mounted at `folder` for those who are started with `prefix`."""

    def __init__(self, folder: Path, holder: int) -> None:
        self.folder = folder
        self._holder = holder
        self.prefix = (
            *("nsenter", "--target", str(holder), "--user", "--mount", "--preserve-credentials"),
            f"--wdns={Path.cwd()}",
        )

    def run(self, program: str, *arguments: str) -> str:
        """What a piece of Python says that is run where the disk can be seen."""
        command = [*self.prefix, sys.executable, "-c", program, *arguments]
        return subprocess.run(command, check=True, timeout=SECONDS, stdout=subprocess.PIPE, text=True).stdout

    def outside(self, path: Path) -> Path:
        """Where a path of the disk can be read by those who do not see the disk."""
        return Path(f"/proc/{self._holder}/root{path}")

    def fill(self) -> None:
        """Fill the disk."""
        self.run(
            "import os, sys\n"
            "with open(sys.argv[1], 'wb', buffering=0) as filling:\n"
            "    for size in (1 << 20, 4096):\n"
            "        try:\n"
            "            while True: filling.write(bytes(size))\n"
            "        except OSError: pass",
            str(self.folder / "filling"),
        )

    def free(self) -> None:
        """Free the disk's space."""
        self.run("import os, sys; os.unlink(sys.argv[1])", str(self.folder / "filling"))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Generator[SmallDisk]:
    """A disk of that size at `folder`. Says NOT RUN where the kernel gives no namespaces."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [*NAMESPACE, "sh", "-c", _HOLD, "sh", f"{megabytes}m", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        try:
            if holder.stdout.readline() != "there\n":
                cannot_run(f"no disk can be mounted in a namespace: {holder.stderr.read().strip()}")
            yield SmallDisk(folder, holder.pid)
        finally:
            holder.kill()
