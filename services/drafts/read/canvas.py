"""The canvas of a draft: its size and frame rate."""

import math
from dataclasses import dataclass

from services.drafts.fields import Fields
from services.drafts.parse import invalid
from services.errors import ErrorCode, failed

MAX_SIDE_PX = 16384
"""Pixels; ffmpeg and Pillow work to about this size."""
DEFAULT_FPS = 30.0
MAX_FPS = 240.0


@dataclass(frozen=True, slots=True)
class Canvas:
    """Width and height in pixels (even), frames per second, and the nesting level of the draft (0: the outermost)."""

    width: int
    height: int
    fps: float
    level: int = 0


def read_canvas(root: Fields, around: Canvas | None = None) -> Canvas:
    """The draft's canvas; values that a draft within a draft omits are those of the outer draft.

    Raises `Failed` (DRAFT_INVALID, DRAFT_TOO_LARGE).
    """
    width, height = _size(root, around)
    return Canvas(width, height, _fps(root, around.fps if around else DEFAULT_FPS), around.level + 1 if around else 0)


def _size(root: Fields, around: Canvas | None) -> tuple[int, int]:
    canvas = root.object("canvas_config")
    if canvas.values.get("background"):
        canvas.warn_unknown("background")
    width, height = round(canvas.number("width")), round(canvas.number("height"))
    shown = f"{canvas.describe('width')} x {canvas.describe('height')}"
    if min(width, height) < 1:
        if around is not None:
            return around.width, around.height
        raise invalid(f"its canvas (width x height) is {shown}", f"画布尺寸（宽 x 高）为 {shown}")
    if max(width, height) > MAX_SIDE_PX:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The canvas of {shown} pixels exceeds {MAX_SIDE_PX} pixels on a side.",
            f"画布 {shown} 超过单边 {MAX_SIDE_PX} 像素的上限。",
        )
    return _even(width), _even(height)


def _even(side: int) -> int:
    """The side rounded up to an even number, as yuv420p requires."""
    return side + side % 2


def _fps(root: Fields, default: float) -> float:
    if not root.has("fps"):
        return default
    fps = root.number("fps", math.nan)
    if not 1.0 <= fps <= MAX_FPS:
        raise invalid(
            f"its fps is {root.describe('fps')}, not 1 to {MAX_FPS:.0f}",
            f"fps 为 {root.describe('fps')}，须在 1 到 {MAX_FPS:.0f} 之间",
        )
    return fps
