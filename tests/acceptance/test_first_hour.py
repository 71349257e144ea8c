"""The README's commands, as they stand there, in a fresh clone and without a network but the machine's own."""

import json
import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.programs import cannot_run
from tests.support.server import ROOT
from tests.support.video import Video
from tests.test_docs import blocks

SECONDS = 240
NAMESPACE = ("unshare", "--user", "--map-root-user", "--net")
HOLD = "ip link set lo up && echo there && exec sleep 3600"
ANSWERS = (
    "curl --silent --retry 120 --retry-delay 1 --retry-connrefused --output /dev/null http://127.0.0.1:8000/healthz"
)
SMALL = "short_side=90 frame_rate=5"
"""The commands are those of the README; what they render is small."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of the repository in a folder of their own, with what set-up has fetched."""
    subprocess.run(["make", "--no-print-directory", "setup"], cwd=ROOT, check=True, timeout=SECONDS)
    subprocess.run(f"git ls-files -z | xargs -0 cp --parents -t {tmp_path}", cwd=ROOT, shell=True, check=True)
    for fetched in (".venv", ".tools", "assets"):
        (tmp_path / fetched).symlink_to(ROOT / fetched)
    return tmp_path


@contextmanager
def own_network() -> Generator[tuple[str, ...]]:
    """What starts a program where port 8000 is free, and no other machine is reached."""
    with subprocess.Popen([*NAMESPACE, "sh", "-c", HOLD], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != "there\n":
                cannot_run("the kernel gives no network namespace, or there is no program ip")
            yield ("nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials")
        finally:
            holder.kill()


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str]) -> Generator[None]:
    """A program that runs while the block lasts, and ends by Ctrl+C."""
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as program:
        try:
            yield
        finally:
            os.killpg(program.pid, signal.SIGINT)
            program.wait(SECONDS)


@pytest.mark.slow
@pytest.mark.long
def test_the_commands_of_the_readme_do_what_it_says_in_a_fresh_clone(clone: Path) -> None:
    start, docker, *others = blocks("README.md", "sh")
    assert (start.split()[:2], docker.split()[:2]) == (["make", "run"], ["docker", "build"])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DRAFTCAST_")}
    environment = {**inherited, "DRAFTCAST_DEFAULT_OUTPUT": SMALL}
    with own_network() as prefix, running([*prefix, "sh", "-c", start], clone, environment):

        def done(block: str) -> str:
            command = [*prefix, "sh", "-euc", block]
            return subprocess.check_output(command, cwd=clone, env=environment, timeout=SECONDS, text=True)

        done(ANSWERS)
        submit, _render, ask, poll, *_ = map(done, others)
        assert submit.startswith("http://127.0.0.1:8000/")
        assert submit.strip().endswith(".mp4")
        assert len(Video(clone / "sample.mp4")) > 100
        assert json.loads(ask)["data"]["videoTasks"]["nodes"][0]["status"] == "COMPLETED"
        submitted, told = json.loads(f"[{poll.replace('}{', '},{')}]")
        assert list(submitted) == ["message"]
        assert told["status"] in ("pending", "processing", "completed")
