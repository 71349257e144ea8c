"""Rectangles and sizes in whole pixels: x to the right, y down."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def shorter(self) -> int:
        """The length of the shorter side."""
        return min(self.width, self.height)

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle; `right` and `bottom` are the first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The width; 0 or less if the box is empty."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The height; 0 or less if the box is empty."""
        return self.bottom - self.top

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, 0 at least."""
        return max(0, self.width), max(0, self.height)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.width <= 0 or self.height <= 0

    def even(self) -> "Box":
        """The smallest box around this one with even corners: chroma has a sample for every second pixel."""
        return Box(self.left // 2 * 2, self.top // 2 * 2, -(-self.right // 2) * 2, -(-self.bottom // 2) * 2)

    def within(self, other: "Box") -> "Box":
        """The intersection of both; empty if they share no pixel."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def holds(self, other: "Box") -> bool:
        """Whether `other` lies in this box."""
        return self.within(other) == other

    def meets(self, other: "Box") -> bool:
        """Whether both share a pixel."""
        return not self.within(other).empty

    def grown(self, by: int) -> "Box":
        """The box, `by` pixels larger on all sides."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, dx: int, dy: int) -> "Box":
        """The box at another place."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


def bounding_box(boxes: Iterable[Box]) -> Box:
    """The smallest box around all that are not empty; an empty one if all are."""
    known = [box for box in boxes if not box.empty]
    if not known:
        return Box(0, 0, 0, 0)
    return Box(
        min(box.left for box in known),
        min(box.top for box in known),
        max(box.right for box in known),
        max(box.bottom for box in known),
    )
