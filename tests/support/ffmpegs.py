"""Which ffmpeg the tests render with."""

import os
from functools import lru_cache

from services.render.ffmpeg import find_ffmpeg


@lru_cache(maxsize=1)
def used_ffmpeg() -> str:
    """The path of the program that DRAFTCAST_FFMPEG chooses, or that is found by itself."""
    return find_ffmpeg(os.environ.get("DRAFTCAST_FFMPEG", "")).path
