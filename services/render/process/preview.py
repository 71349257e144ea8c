"""The newest frame as a small JPEG, while ffmpeg is still at work.

Every ffmpeg that makes finished frames has a second output: now and then, by the clock on the wall, a frame also
goes into a file. It costs nothing for the frames between, and little for that one.
"""

import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

SECONDS = 1.05
"""At least this long between two previews: one a second is taken, and they must not seem to come faster."""
LONGEST_SIDE = 320
"""In pixels."""
LARGEST_BYTES = 20_000
QUALITY = 6
"""Of ffmpeg's JPEG, 2 is best and 31 worst: about 5 to 15 kB for pictures, more than is allowed for noise only."""
LOWER_QUALITIES = (60, 30, 10)
"""Of Pillow's JPEG, 95 is best: tried in turn where ffmpeg's is too large. Noise at 10 takes half of what it may."""
AHEAD_US = 1_000_000_000_000
"""Added to the times of previews, so that they lie after every frame of the video. ffmpeg first works for the
output that is furthest behind: it would keep the video's frames waiting, and in memory, for the next preview.
"""
_END = "[out]"


def with_preview(graph: str, width: int, height: int) -> str:
    """The graph with a second result named `preview`; its first one, for which it ends with `[out]`, stays the same.

    `width` and `height` are the video's.
    """
    across, down = preview_size(width, height)
    due = f"isnan(prev_selected_t)+gte(t-prev_selected_t\\,{SECONDS:g})"
    steps = (
        "settb=1/1000000",
        f"setpts=RTCTIME-RTCSTART+{AHEAD_US}",
        f"select='{due}'",
        f"scale=w={across}:h={down}:in_color_matrix=bt709:out_color_matrix=bt601:in_range=tv:out_range=pc",
        "format=yuv420p",
        "setsar=1",
    )
    return f"{graph.removesuffix(_END)},split{_END}[seen];\n[seen]{','.join(steps)}[preview]"


def preview_arguments(path: Path) -> list[str]:
    """How the result `preview` is written, after the video's own output: each JPEG replaces `path` in one step."""
    return [
        *("-map", "[preview]", "-an", "-sn", "-dn", "-fps_mode", "passthrough"),
        *("-c:v", "mjpeg", "-q:v", str(QUALITY), "-color_range", "pc", "-strict", "unofficial", "-threads", "1"),
        *("-f", "image2", "-update", "1", "-atomic_writing", "1", str(path)),
    ]


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the preview of a video: its proportions, in even numbers of pixels."""
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    across, down = (max(2, round(side * shrink / 2) * 2) for side in (width, height))
    return across, down


class Previews:
    """Passes new JPEGs on, at most one a second, whichever ffmpeg they come from.

    `output` is where the newest one lies when `tell` is called with it.
    """

    def __init__(self, output: Path, tell: Callable[[Path], None], *, clock: Callable[[], float] = time.monotonic):
        self._output = output
        self._tell = tell
        self._clock = clock
        self._told_at: float | None = None

    def look(self, made: Path) -> None:
        """Take what an ffmpeg has written to `made`, if there is something and it is time. Call it often."""
        if self._told_at is not None and self._clock() - self._told_at < SECONDS:
            return
        taken = self._output.with_suffix(".new")
        try:
            made.replace(taken)
        except FileNotFoundError:
            return
        self._told_at = self._clock()
        if _small(taken):
            taken.replace(self._output)
            self._tell(self._output)


def _small(path: Path) -> bool:
    """Whether the JPEG is small enough, or could be made so."""
    if path.stat().st_size <= LARGEST_BYTES:
        return True
    with Image.open(path, formats=["JPEG"]) as image:
        image.load()
    for quality in LOWER_QUALITIES:
        image.save(path, "JPEG", quality=quality)
        if path.stat().st_size <= LARGEST_BYTES:
            return True
    return False
