"""The ffmpeg programs of the tests."""

import os
import shutil
from functools import lru_cache
from typing import Any

import pytest

from services.render.process.ffmpeg import FfmpegMissing, find_ffmpeg


@lru_cache(maxsize=1)
def used_ffmpeg() -> str:
    """The path of DRAFTCAST_FFMPEG, else of the bundled program."""
    return find_ffmpeg(os.environ.get("DRAFTCAST_FFMPEG", "")).path


@lru_cache(maxsize=1)
def machine_ffmpeg() -> str | None:
    """The path of the machine's own program, if draftcast would take it."""
    try:
        return find_ffmpeg(shutil.which("ffmpeg") or "/nowhere/ffmpeg").path
    except FfmpegMissing:
        return None


def both_ffmpegs() -> list[Any]:
    """The bundled one, and in the long form the machine's own; the one that DRAFTCAST_FFMPEG names alone."""
    other = None if "DRAFTCAST_FFMPEG" in os.environ else machine_ffmpeg()
    others = [] if other in (None, used_ffmpeg()) else [pytest.param(other, marks=pytest.mark.long)]
    return [pytest.param(used_ffmpeg()), *others]
