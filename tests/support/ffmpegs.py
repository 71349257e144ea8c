"""The ffmpeg programs of the tests."""

import os
import shutil
from functools import lru_cache

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


def both_ffmpegs() -> list[str]:
    """The bundled one and the machine's own; the one that DRAFTCAST_FFMPEG names alone."""
    named = "DRAFTCAST_FFMPEG" in os.environ
    return sorted({used_ffmpeg(), used_ffmpeg() if named else machine_ffmpeg() or used_ffmpeg()})
