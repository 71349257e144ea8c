"""The ffmpeg program: selection and execution."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

from services.errors import Bilingual, DraftcastError
from services.render.process.costs import COSTS

OLDEST = (5, 1)
"""The oldest supported release."""
FILTER_FILE_SINCE = (7, 0)
"""From this release on `-/filter_complex FILE` reads a graph; before, `-filter_complex_script FILE`."""
LONGEST_ARGUMENT = 100_000
"""Bytes; Linux accepts 128 KiB in one argument."""
KEPT_LINES = 20
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
"""One malloc arena for all threads: 15 MB less for each ffmpeg, and no slower (measured on 1080x1920)."""


class FfmpegMissing(DraftcastError):
    """No usable ffmpeg; the text says where it was searched."""


class FfmpegFailed(DraftcastError):
    """ffmpeg failed; `tail` is the end of its log."""

    def __init__(self, returncode: int, tail: str) -> None:
        super().__init__(f"ffmpeg ended with {returncode}")
        self.returncode = returncode
        self.tail = tail


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """An ffmpeg program: its version text, its release (major, minor), why it was chosen, and whether it has libvpx."""

    path: str
    version: str
    release: tuple[int, int]
    why: str
    libvpx: bool = False

    def graph_arguments(self, graph: str, script: Path) -> list[str]:
        """The arguments of a filter graph; one too long for an argument is written to the file `script`."""
        if len(graph) < LONGEST_ARGUMENT:
            return ["-filter_complex", graph]
        script.write_text(graph, encoding="ascii")
        return ["-/filter_complex" if self.release >= FILTER_FILE_SINCE else "-filter_complex_script", str(script)]

    def undecoded(self, codec: str) -> Bilingual | None:
        """The reason why ffmpeg cannot decode a codec (canonical name), even if PyAV's own libraries can; None if it
        can.
        """
        known = _decoded_by(self.path)
        if not known or codec in known:
            return None
        return Bilingual(
            f"ffmpeg {self.version} ({self.why}) does not decode {codec}; convert the file, or unset"
            " DRAFTCAST_FFMPEG to use the bundled ffmpeg",
            f"ffmpeg {self.version} 无法解码 {codec}；请转换文件格式，或取消 DRAFTCAST_FFMPEG 以使用自带的 ffmpeg",
        )

    def encodes(self, encoder: str) -> bool:
        """Whether it has an encoder, or does not list them."""
        known = _encoders_of(self.path)
        return not known or encoder in known


def find_ffmpeg(configured: str = "") -> Ffmpeg:
    """The program named by DRAFTCAST_FFMPEG (`configured`), else the bundled one, which the tests use.

    The one on PATH is used where none is bundled for the platform. It must be of release 5.1 or newer and have the x264
    encoder. Raises `FfmpegMissing`.
    """
    if configured:
        return _checked(configured, "named by DRAFTCAST_FFMPEG")
    bundled = bundled_ffmpeg()
    if bundled is not None:
        return _checked(bundled, "bundled")
    on_path = shutil.which("ffmpeg")
    if on_path is None:
        raise FfmpegMissing("no ffmpeg is bundled for this platform, and none is on PATH")
    return _checked(on_path, "the one on PATH, for none is bundled for this platform")


def bundled_ffmpeg() -> str | None:
    """The path of the program in the wheel `imageio-ffmpeg`; None if it was installed from source."""
    found = (str(file) for file in files("imageio_ffmpeg.binaries").iterdir() if file.name.startswith("ffmpeg-"))
    return next(found, None)


def _checked(path: str, why: str) -> Ffmpeg:
    try:
        output = subprocess.run(  # noqa: S603 - the operator's own program
            [path, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise FfmpegMissing(f"{path} does not run: {error}") from None
    version = output.removeprefix("ffmpeg version ").partition(" ")[0]
    release = _release(version)
    if release < OLDEST:
        raise FfmpegMissing(f"{path} is ffmpeg {version}; 5.1 or newer is needed")
    if "--enable-libx264" not in output:
        raise FfmpegMissing(f"{path} (ffmpeg {version}) was built without libx264")
    return Ffmpeg(path, version, release, why, libvpx="--enable-libvpx" in output)


@cache
def _decoded_by(path: str) -> frozenset[str]:
    """The names of the codecs that a program decodes; empty if it does not list them."""
    return frozenset(re.findall(r"^ D.{5} (\S+)", _listed(path, "-codecs"), re.MULTILINE))


@cache
def _encoders_of(path: str) -> frozenset[str]:
    """The names of a program's encoders; empty if it does not list them."""
    return frozenset(re.findall(r"^ [VA].{5} (\S+)", _listed(path, "-encoders"), re.MULTILINE))


def _listed(path: str, what: str) -> str:
    """A list that a program prints; empty if it fails."""
    asked = [path, "-hide_banner", what]
    try:
        return subprocess.run(  # noqa: S603 - the operator's own program
            asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _release(version: str) -> tuple[int, int]:
    """(major, minor) of `5.1.9-0+deb12u1` or `n9.0.2-17-g2a57`; a nightly build (`N-12345-gabc`) counts as newer than
    all.
    """
    numbers = re.match(r"n?(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else (999, 0)


OnFrame: TypeAlias = Callable[[int], None]


async def run(ffmpeg: Ffmpeg, arguments: Sequence[str], on_frame: OnFrame = lambda _: None) -> int:
    """Run ffmpeg to its end. Returns the number of frames written.

    It is killed when the caller is cancelled; the supervisor ends it with this process. `on_frame` receives the number
    of frames five times a second. ffmpeg's log goes to stderr. Raises `FfmpegFailed`.
    """
    process = await asyncio.create_subprocess_exec(
        ffmpeg.path,
        *("-hide_banner", "-nostdin", "-y", "-loglevel", "error"),
        *("-nostats", "-stats_period", "0.2", "-progress", "pipe:1"),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **ENVIRONMENT},
    )
    try:
        frames, tail = await asyncio.gather(_read_progress(process.stdout, on_frame), _read_log(process.stderr))
        returncode = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        COSTS.program_ended()
    if returncode != 0:
        raise FfmpegFailed(returncode, tail)
    return frames


async def _read_progress(stdout: asyncio.StreamReader | None, on_frame: OnFrame) -> int:
    """Pass each progress report on (of sound too, which has 0 frames). Returns the last number of frames."""
    assert stdout is not None  # noqa: S101 - it is a pipe
    frames = 0
    while line := await stdout.readline():
        key, _, value = line.decode("ascii", "replace").strip().partition("=")
        if key == "frame" and value.isdecimal():
            frames = int(value)
        elif key == "progress":
            on_frame(frames)
    return frames


async def _read_log(stderr: asyncio.StreamReader | None) -> str:
    """Copy the log to stderr in pieces, which need no line ends. Returns its last lines."""
    assert stderr is not None  # noqa: S101 - it is a pipe
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    rest = ""
    while piece := await stderr.read(4096):
        text = piece.decode("utf-8", "replace")
        sys.stderr.write(text)
        *lines, rest = (rest + text)[-8192:].split("\n")
        tail.extend(lines)
    sys.stderr.flush()
    return "\n".join([*tail, rest])
