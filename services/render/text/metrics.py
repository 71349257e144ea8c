"""Line metrics of fonts: the ascent and descent that the apps measure a text's size by."""

import struct
from dataclasses import dataclass
from functools import lru_cache

from services.render.text.faces import OPEN_FACES, Face, table
from services.render.text.open_fonts import open_font

CELL_OF_CANVAS_WIDTH = 1 / 172.8
"""Height of a line cell in canvas widths, for a size of 1. Measured on thirteen covers that the apps drew."""


@dataclass(frozen=True, slots=True)
class LineMetrics:
    """The ascent above the baseline and the descent below it, both positive: of a font in em, of a line in pixels."""

    ascent: float
    descent: float

    @property
    def cell(self) -> float:
        """The height of the line cell: ascent and descent, without a line gap."""
        return self.ascent + self.descent

    def scaled(self, factor: float) -> "LineMetrics":
        """The metrics multiplied by a factor."""
        return LineMetrics(self.ascent * factor, self.descent * factor)

    def over(self, other: "LineMetrics") -> "LineMetrics":
        """The smallest metrics that hold both."""
        return LineMetrics(max(self.ascent, other.ascent), max(self.descent, other.descent))


DEFAULT = LineMetrics(0.88, 0.12)
"""Metrics of the apps' default font (zh-hans) and of Chinese fonts in general; assumed for unknown fonts."""


def metrics_by_name(name: str) -> LineMetrics | None:
    """The metrics in em of a font by the name that drafts use, whether it is installed or not; None if unknown."""
    meant = open_font(name)
    if meant is None or meant.ascent is None or meant.descent is None:
        return None
    return LineMetrics(meant.ascent, meant.descent)


@lru_cache(maxsize=2 * OPEN_FACES)
def metrics_of(face: Face) -> LineMetrics:
    """The metrics in em of an installed font, from its OS/2 table; `DEFAULT` where it has none."""
    try:
        (units,) = struct.unpack_from(">H", table(face, "head"), 18)
        ascender, descender = struct.unpack_from(">hh", table(face, "OS/2"), 68)
    except struct.error:
        return DEFAULT
    if not units or ascender <= descender:
        return DEFAULT
    return LineMetrics(ascender / units, -descender / units)
