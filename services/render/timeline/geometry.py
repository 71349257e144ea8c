"""Where a picture stands on the canvas, in pixels: x to the right, y down, from the canvas's top left corner."""

import math
from dataclasses import dataclass, replace

SMALLEST_ANGLE_DEG = 0.01
"""Less than this moves no pixel of any canvas by more than a pixel."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in whole pixels; right and bottom are the first pixels after it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        """Whether no pixel is in it."""
        return self.width <= 0 or self.height <= 0

    def even(self) -> "Box":
        """The smallest box around this one whose corners are even: chroma has a sample for every second pixel."""
        return Box(self.left // 2 * 2, self.top // 2 * 2, -(-self.right // 2) * 2, -(-self.bottom // 2) * 2)

    def holds(self, other: "Box") -> bool:
        """Whether `other` lies in this box."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def around(self, other: "Box") -> "Box":
        """The smallest box that holds both; an empty one counts for nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def meets(self, other: "Box") -> bool:
        """Whether the two share a pixel."""
        return not Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How a picture stands: its size before it is turned, and the point it is turned about, its centre.

    It is flipped first, and then turned clockwise by `rotation_deg` (0 up to 360).
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
        """Clockwise quarters (0 to 3); None when the angle is not a whole number of them."""
        quarters = round(self.rotation_deg / 90)
        exact = abs(self.rotation_deg - quarters * 90) < SMALLEST_ANGLE_DEG
        return quarters % 4 if exact else None

    def box(self) -> Box:
        """The upright box around the turned picture, its edges rounded to pixels."""
        angle = math.radians(self.rotation_deg)
        cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
        half_width = (self.width * cos + self.height * sin) / 2
        half_height = (self.width * sin + self.height * cos) / 2
        left, top = _round(self.center_x - half_width), _round(self.center_y - half_height)
        right, bottom = _round(self.center_x + half_width), _round(self.center_y + half_height)
        return Box(left, top, max(right, left + 1), max(bottom, top + 1))


def _round(number: float) -> int:
    """To the nearest; halves go up, so that neighbours that share an edge round it alike."""
    return math.floor(number + 0.5)


def seen_part(pose: Pose, region: Box, canvas: Box, *, grid: int) -> Box:
    """The part of `region`, a picture's pixels, that can be seen on the canvas; empty when none is.

    Its edges lie on multiples of `grid`, or on the region's own.
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


def part_pose(pose: Pose, region: Box, part: Box) -> Pose:
    """How a part of a region stands when the whole stands at `pose`."""
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


def narrowed(pose: Pose, region: Box, canvas: Box, *, grid: int) -> tuple[Pose, Box]:
    """The part of a picture that can be seen, and where that part stands.

    What lies outside costs no scaling then, however far a picture is zoomed.
    """
    part = seen_part(pose, region, canvas, grid=grid)
    return (pose, region) if part.empty else (part_pose(pose, region, part), part)


def turned(x: float, y: float, angle_deg: float) -> tuple[float, float]:
    """The vector turned clockwise (y down)."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return x * cos - y * sin, x * sin + y * cos


def _seen(pose: Pose, canvas: Box) -> tuple[float, float, float, float]:
    """The box around the canvas as the picture sees it: from its own centre, before it is turned."""
    corners = [
        turned(x - pose.center_x, y - pose.center_y, -pose.rotation_deg)
        for x in (canvas.left, canvas.right)
        for y in (canvas.top, canvas.bottom)
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
