"""From a layer's frames to a picture that moves: filters whose numbers follow the motion. Pure.

The picture is scaled anew for each frame, to even sides, and pasted into the middle of a clear box that is large
enough for all of them. The box is laid down in steps of two pixels, which is where chroma has its samples; within it
the picture is turned and moved by what is left. Small and turning ones are placed by fractions of a pixel, large ones
by whole pixels, which is several times quicker.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from services.render.ramps import Ramp
from services.render.scene import Layer, Motion
from services.render.shapes import CLEAR, TAGS, Size, faced

MARGIN = 4
"""Clear pixels around a picture at its largest."""
FINE_AT_MOST = 0.5
"""Canvases: a box larger than this moves by whole pixels, unless it turns."""


@dataclass(frozen=True, slots=True)
class Path:
    """The steps from upright frames to a box of a fixed size; `x`, `y` are where its corner goes, as expressions
    in `t`, the time from the canvas's first frame.
    """

    steps: tuple[str, ...]
    x: str
    y: str


def largest_size(layer: Layer, motion: Motion) -> Size:
    """The size a moving layer is worked on in: its largest in even sides, but no more pixels than the picture has."""
    width, height = motion.width.most, motion.height.most
    shrink = min(1.0, max(layer.region.width / width, layer.region.height / height))
    return Size(*(max(2, 2 * round(side * shrink / 2)) for side in (width, height)))


def resized(motion: Motion, start: int, colors: str) -> str:
    """A scale step to each frame's own size; `colors` says what the colours come from."""
    ramps = _Ramps(motion, start)
    sides = f"w='{ramps.side(motion.width, 'n')}':h='{ramps.side(motion.height, 'n')}':eval=frame"
    return f"scale={sides}:{colors}out_color_matrix=bt709:out_range=tv"


def path(layer: Layer, start: int, origin: int, canvas: Size, rate: Fraction, *, has_alpha: bool) -> Path:
    """How a layer with a motion moves, its frames sized already: they begin with frame `start` of the timeline,
    the canvas with frame `origin`.
    """
    motion = layer.motion
    assert motion is not None  # noqa: S101 - the layer moves
    turns = not motion.rotation_deg.still or motion.rotation_deg.first % 360 != 0
    box = _box(motion, turns=turns)
    fine = turns or box.width * box.height <= FINE_AT_MOST * canvas.width * canvas.height
    steps = list(faced(replace(layer.pose, rotation_deg=0.0)))
    pad = f"pad=w={box.width}:h={box.height}:x='(ow-iw)/2':y='(oh-ih)/2':color={CLEAR}:eval=frame"
    now = _Ramps(motion, start)
    steps += _placed(pad, now, box, has_alpha=has_alpha) if fine else [pad, _nudged(now, box)]
    frame = f"(t*{float(rate):.9g})"
    return Path((*steps, TAGS), *_Ramps(motion, origin).corner(box, frame))


def _box(motion: Motion, *, turns: bool) -> Size:
    width, height = (_even(side.most) + 2 * MARGIN for side in (motion.width, motion.height))
    if not turns:
        return Size(width, height)
    across = _even(math.hypot(width, height)) + 2 * MARGIN
    return Size(across, across)


def _placed(pad: str, ramps: "_Ramps", box: Size, *, has_alpha: bool) -> Iterator[str]:
    """Turned, and moved by fractions of a pixel. In between, colours are multiplied by alpha: mixed with the black of
    a clear pixel they would be too dark.
    """
    yield pad
    yield TAGS
    if has_alpha:
        yield "premultiply=inplace=1"
    names = (f"{axis}{corner}='{place}'" for corner, places in enumerate(ramps.corners(box)) for axis, place in places)
    yield f"perspective={':'.join(names)}:sense=destination:eval=frame"
    yield "unpremultiply=inplace=1"


def _nudged(ramps: "_Ramps", box: Size) -> str:
    """Moved by the pixel that is left of whole ones; `crop` moves nothing, it only points elsewhere."""
    x, y = (f"{even}-{whole}" for even, whole in zip(ramps.corner(box, "n"), ramps.whole(box, "n"), strict=True))
    return f"crop=w={box.width - 2}:h={box.height - 2}:x='{x}':y='{y}':exact=1"


@dataclass(frozen=True, slots=True)
class _Ramps:
    """The ramps of a motion as expressions, counted from the frame a stream begins with."""

    motion: Motion
    start: int

    def at(self, ramp: Ramp, frame: str) -> str:
        return f"({ramp.shifted(-self.start).expression(frame)})"

    def side(self, ramp: Ramp, frame: str) -> str:
        """A side of the picture: even, so that its middle stays on the pixel."""
        return f"max(2,2*round({self.at(ramp, frame)}/2))"

    def whole(self, box: Size, frame: str) -> tuple[str, str]:
        """Where the box's corner goes, in whole pixels."""
        x, y = self.at(self.motion.x, frame), self.at(self.motion.y, frame)
        return f"(round({x})-{box.width // 2})", f"(round({y})-{box.height // 2})"

    def corner(self, box: Size, frame: str) -> tuple[str, str]:
        """Where the box's corner goes, in steps of two pixels."""
        x, y = self.whole(box, frame)
        return f"(2*ceil({x}/2))", f"(2*ceil({y}/2))"

    def corners(self, box: Size) -> Iterator[Iterator[tuple[str, str]]]:
        """Where the corners of the box's picture go within the box: names of axes and expressions in `in`, for
        `perspective`, whose pixels lie at whole numbers and whose frames are counted from 1.
        """
        frame = "(in-1)"
        angle = f"({self.at(self.motion.rotation_deg, frame)}*PI/180)"
        grown_x, grown_y = (
            f"({self.at(side, frame)}/{self.side(side, frame)})" for side in (self.motion.width, self.motion.height)
        )
        left, top = self.corner(box, frame)
        middle_x = f"({self.at(self.motion.x, frame)}-{left})"
        middle_y = f"({self.at(self.motion.y, frame)}-{top})"
        for far_y in (0.5 - box.height / 2, 0.5 + box.height / 2):
            for far_x in (0.5 - box.width / 2, 0.5 + box.width / 2):
                across, down = f"({far_x}*{grown_x})", f"({far_y}*{grown_y})"
                x = f"{middle_x}+{across}*cos{angle}-{down}*sin{angle}-0.5"
                y = f"{middle_y}+{across}*sin{angle}+{down}*cos{angle}-0.5"
                yield iter((("x", x), ("y", y)))


def _even(length: float) -> int:
    return 2 * math.ceil(length / 2)


def alpha_plane(alpha: Ramp, start: int, count: int, size: Size, rate: Fraction) -> Iterator[str]:
    """A source of grey frames as bright as a layer is opaque: computed for a few pixels, and enlarged."""
    level = alpha.shifted(-start).expression("N")
    yield f"color=c=black:s=16x16:r={rate.numerator}/{rate.denominator}"
    yield f"trim=end_frame={count}"
    yield "format=gray"
    yield f"geq=lum='255*({level})'"
    yield f"scale=w={size.width}:h={size.height}:flags=neighbor"
