"""Poses of pictures on the canvas, in pixels from its top left corner: x to the right, y down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.render.box import Box

SMALLEST_ANGLE_DEG = 0.01
"""Smaller angles move no pixel of any canvas by more than a pixel."""
SLIGHT = 0.01
"""Rounding tolerance, in pixels."""
GROWN, GROWN_BY = 40, 2
"""Pixels of the source by which the part of a panned picture may be larger than needed, and their steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """The pose of a picture: its centre, and its size before rotation.

    It is flipped first, and then rotated clockwise by `rotation_deg` (0 up to 360) about its centre.
    """

    center_x: float
    center_y: float
    width: float
    height: float
    rotation_deg: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False
    alpha: float = 1.0

    @property
    def quarter_turns(self) -> int | None:
        """Clockwise quarter turns (0 to 3); None at other angles."""
        quarters = round(self.rotation_deg / 90)
        exact = abs(self.rotation_deg - quarters * 90) < SMALLEST_ANGLE_DEG
        return quarters % 4 if exact else None

    def box(self) -> Box:
        """The bounding box of the rotated picture, rounded to pixels."""
        angle = math.radians(self.rotation_deg)
        cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
        half_width = (self.width * cos + self.height * sin) / 2
        half_height = (self.width * sin + self.height * cos) / 2
        left, top = _round(self.center_x - half_width), _round(self.center_y - half_height)
        right, bottom = _round(self.center_x + half_width), _round(self.center_y + half_height)
        return Box(left, top, max(right, left + 1), max(bottom, top + 1))


def _round(number: float) -> int:
    """Rounded half up, so that neighbours round a shared edge alike."""
    return math.floor(number + 0.5)


def visible_part(pose: Pose, region: Box, canvas: Box, *, grid: int) -> Box:
    """The part of `region`, in a picture's pixels, that is visible on the canvas; it may be empty.

    Its edges are multiples of `grid`, or the region's own.
    """
    left, top, right, bottom = _seen(pose, canvas)
    per_x, per_y = region.width / pose.width, region.height / pose.height
    if pose.flip_horizontal:
        left, right = -right, -left
    if pose.flip_vertical:
        top, bottom = -bottom, -top
    middle_x, middle_y = (region.left + region.right) / 2, (region.top + region.bottom) / 2
    return Box(
        max(region.left, math.floor((middle_x + left * per_x) / grid) * grid),
        max(region.top, math.floor((middle_y + top * per_y) / grid) * grid),
        min(region.right, math.ceil((middle_x + right * per_x) / grid) * grid),
        min(region.bottom, math.ceil((middle_y + bottom * per_y) / grid) * grid),
    )


def covers(pose: Pose, canvas: Box) -> bool:
    """Whether a picture reaches all edges of the canvas, to a hundredth of a pixel."""
    left, top, right, bottom = _seen(pose, canvas)
    return max(-left, right) <= pose.width / 2 + SLIGHT and max(-top, bottom) <= pose.height / 2 + SLIGHT


def part_pose(pose: Pose, region: Box, part: Box) -> Pose:
    """The pose of a part of a region; `pose` is that of the whole region."""
    if part == region:
        return pose
    per_x, per_y = region.width / pose.width, region.height / pose.height
    dx = ((part.left + part.right) - (region.left + region.right)) / 2 / per_x * (-1 if pose.flip_horizontal else 1)
    dy = ((part.top + part.bottom) - (region.top + region.bottom)) / 2 / per_y * (-1 if pose.flip_vertical else 1)
    moved_x, moved_y = turned(dx, dy, pose.rotation_deg)
    return replace(
        pose,
        center_x=pose.center_x + moved_x,
        center_y=pose.center_y + moved_y,
        width=part.width / per_x,
        height=part.height / per_y,
    )


def cropped_to_canvas(pose: Pose, region: Box, canvas: Box, *, grid: int) -> tuple[Pose, Box]:
    """The pose and region of the visible part of a picture, so that invisible pixels are not scaled at large zooms."""
    part = visible_part(pose, region, canvas, grid=grid)
    return (pose, region) if part.empty else (part_pose(pose, region, part), part)


def pans(poses: Sequence[Pose]) -> bool:
    """Whether a picture moves without being turned or scaled."""
    first = poses[0]
    return all(
        abs(pose.width - first.width) < SLIGHT
        and abs(pose.height - first.height) < SLIGHT
        and not pose.rotation_deg % 360
        for pose in poses
    )


def whole_sized(pose: Pose, region: Box, part: Box) -> Box:
    """The part, up to `GROWN` pixels larger within the region, such that its drawn sides are next to even numbers of
    pixels: it is then scaled to these without being off its place. `pose` is that of the whole region.
    """
    left, right = _whole_side(part.left, part.right, region.left, region.right, pose.width / region.width)
    top, bottom = _whole_side(part.top, part.bottom, region.top, region.bottom, pose.height / region.height)
    return Box(left, top, right, bottom)


def off_even(side: float) -> float:
    """By how many pixels a side is off the nearest even number of them."""
    return abs(side - 2 * round(side / 2))


def _whole_side(start: int, end: int, least: int, most: int, scale: float) -> tuple[int, int]:
    grown = ((max(least, start - before), min(most, end + GROWN_BY * step - before))
             for step in range(GROWN // GROWN_BY + 1) for before in (0, GROWN_BY * step))  # fmt: skip
    return min(grown, key=lambda side: (round(off_even((side[1] - side[0]) * scale), 2), side[1] - side[0]))


def turned(x: float, y: float, angle_deg: float) -> tuple[float, float]:
    """The vector rotated clockwise (y down)."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return x * cos - y * sin, x * sin + y * cos


def _seen(pose: Pose, canvas: Box) -> tuple[float, float, float, float]:
    """The bounding box of the canvas in the picture's coordinates: from its centre, before rotation."""
    corners = [
        turned(x - pose.center_x, y - pose.center_y, -pose.rotation_deg)
        for x in (canvas.left, canvas.right)
        for y in (canvas.top, canvas.bottom)
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
