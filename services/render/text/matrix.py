"""Linear maps of outlines."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matrix:
    """A linear map of outlines, y upwards: the first column is the image of (1, 0)."""

    xx: float = 1.0
    yx: float = 0.0
    xy: float = 0.0
    yy: float = 1.0
