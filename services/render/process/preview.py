"""Previews: the newest frame as a small JPEG, while ffmpeg runs.

Every ffmpeg that encodes final frames has a second output, to which one frame a second (wall clock) goes. The other
frames cost nothing.
"""

import time
from collections.abc import Callable
from pathlib import Path

SECONDS = 1.05
"""Minimum interval of previews: slightly above one second, since the worker accepts one a second."""
LONGEST_SIDE = 320
"""In pixels."""
LARGEST_BYTES = 20_000
QUALITY = 6
"""ffmpeg's JPEG quality (2 best, 31 worst): about 5 to 15 kB for pictures; only noise exceeds the limit."""
LOWER_QUALITIES = (60, 30, 10)
"""Pillow's JPEG qualities (95 best), tried in order if ffmpeg's file is too large. Noise at 10 takes half of the limit.
"""
AHEAD_US = 1_000_000_000_000
"""Added to the times of previews, so that they lie after every frame of the video: ffmpeg serves the output with the
earliest time first, and would hold the video's frames in memory until the next preview.
"""
_END = "[out]"


def with_preview(graph: str, width: int, height: int) -> str:
    """The graph with a second output `preview`; the first one, `[out]` at its end, stays unchanged.

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
    """The arguments for output `preview`, after the video's own: each JPEG replaces `path` atomically."""
    return [
        *("-map", "[preview]", "-an", "-sn", "-dn", "-fps_mode", "passthrough"),
        *("-c:v", "mjpeg", "-q:v", str(QUALITY), "-color_range", "pc", "-strict", "unofficial", "-threads", "1"),
        *("-f", "image2", "-update", "1", "-atomic_writing", "1", str(path)),
    ]


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the preview: the video's aspect ratio, in even numbers of pixels."""
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    across, down = (max(2, round(side * shrink / 2) * 2) for side in (width, height))
    return across, down


class Previews:
    """Publishes new previews, at most one a second, of all running ffmpegs.

    `on_preview` is called with `output`, the path of the newest one.
    """

    def __init__(
        self, output: Path, on_preview: Callable[[Path], None], *, clock: Callable[[], float] = time.monotonic
    ):
        self._output = output
        self._on_preview = on_preview
        self._clock = clock
        self._reported_at: float | None = None

    def poll(self, made: Path) -> None:
        """Publish the JPEG at `made` if it exists and one is due. Call it often."""
        if self._reported_at is not None and self._clock() - self._reported_at < SECONDS:
            return
        taken = self._output.with_suffix(".new")
        try:
            made.replace(taken)
        except FileNotFoundError:
            return
        self._reported_at = self._clock()
        if _small(taken):
            taken.replace(self._output)
            self._on_preview(self._output)


def _small(path: Path) -> bool:
    """Whether the JPEG is within the size limit, compressed again if necessary."""
    if path.stat().st_size <= LARGEST_BYTES:
        return True
    from PIL import Image  # takes 40 ms, and few previews need it

    with Image.open(path, formats=["JPEG"]) as image:
        image.load()
    for quality in LOWER_QUALITIES:
        image.save(path, "JPEG", quality=quality)
        if path.stat().st_size <= LARGEST_BYTES:
            return True
    return False
