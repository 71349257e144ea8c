"""Which ffmpeg draws, as `draftcast doctor` tells it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from services.render.process.ffmpeg import find_ffmpeg
from tests.support.drafts import DraftBuilder
from tests.support.media import FFMPEG
from tests.support.process import DRAFTCAST, environment
from tests.support.server import ROOT
from tests.support.video import Video


def run(folder: Path, *arguments: str, **variables: str) -> str:
    """What a command prints with some variables of its environment set."""
    env = {**environment(folder), **variables}
    command = [*DRAFTCAST, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False).stdout


def found(folder: Path, **variables: str) -> str:
    """What the doctor says of ffmpeg."""
    findings = map(json.loads, run(folder, "doctor", "--json", **variables).splitlines())
    return str(next(finding["detail"] for finding in findings if finding["name"] == "ffmpeg"))


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def on_path(folder: Path, script: str) -> str:
    """A PATH on which a program called ffmpeg comes first."""
    return f"{program(folder / 'bin' / 'ffmpeg', script).parent}:{os.environ['PATH']}"


def test_the_bundled_ffmpeg_draws_although_another_is_on_path(tmp_path: Path) -> None:
    broken = on_path(tmp_path, 'test "$1" = -version && echo ffmpeg version 9.9 --enable-libx264')
    said = found(tmp_path, PATH=broken, IMAGEIO_FFMPEG_EXE=str(tmp_path / "bin" / "ffmpeg"))
    assert said == f"{find_ffmpeg().version}, bundled ({FFMPEG})"
    (tmp_path / "draft_content.json").write_text(DraftBuilder(64, 36).text("Hello", 0, 200_000).json())
    run(tmp_path, "render", str(tmp_path), "-o", str(tmp_path / "a.mp4"), PATH=broken)
    assert len(Video(tmp_path / "a.mp4")) == 6


@pytest.mark.long
def test_the_ffmpeg_that_a_setting_names_draws(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine", f'exec "{FFMPEG}" "$@"')
    version = find_ffmpeg().version
    assert found(tmp_path, DRAFTCAST_FFMPEG=str(mine)) == f"{version}, named by DRAFTCAST_FFMPEG ({mine})"


@pytest.mark.long
def test_where_none_is_bundled_the_one_on_path_draws_and_the_doctor_says_why(tmp_path: Path) -> None:
    """The package that is installed from its source, as on a platform without a wheel, holds no program."""
    package = tmp_path / "packages" / "imageio_ffmpeg"
    (package / "binaries").mkdir(parents=True)
    for folder in (package, package / "binaries"):
        (folder / "__init__.py").touch()
    bare = {"PYTHONPATH": str(package.parent)}
    said = found(tmp_path, PATH=on_path(tmp_path, f'exec "{FFMPEG}" "$@"'), **bare)
    assert said.endswith(f"the one on PATH, for none is bundled for this platform ({tmp_path / 'bin' / 'ffmpeg'})")
    (tmp_path / "bin" / "ffmpeg").unlink()
    (tmp_path / "empty").mkdir()
    assert found(tmp_path, PATH=str(tmp_path / "empty"), **bare).startswith("no ffmpeg is bundled for this platform")
