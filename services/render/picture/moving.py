"""Filters of moving layers, with parameters that follow the motion. Pure.

A picture is padded to a box that holds it in all frames, and the box is overlaid in steps of two pixels, where chroma
has its samples. Within the box the picture is rotated, scaled and moved by the rest, by fractions of a pixel (`place`).
A picture that shrinks much is scaled anew in each frame. A box that would reach far beyond the canvas stays on it
instead. So does that of a picture that hides the canvas or lies lowest, over black: it is cropped to the canvas, and
there is nothing to overlay.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.render.box import Size
from services.render.picture.chains import frame_number
from services.render.picture.shapes import CLEAR
from services.render.timeline.geometry import off_even
from services.render.timeline.ramps import Ramp
from services.render.timeline.scene import Layer, Motion, Span, Timeline

MARGIN = 4
"""Transparent pixels around a picture at its largest."""
NEAR_EVEN = 0.1
"""Pixels by which the sides of a panned picture may be scaled wrongly: half of it at the edges."""
CONVOLUTION, CROP = "convolution@this_shift", "crop@this_window"
"""The filters of a pan."""
SHIFT_STEPS = 64
"""Steps of a shift within a pixel."""
SMALLEST_GROWN = 0.5
"""Of a picture's largest size: down to this scale, `perspective` shrinks it, which samples every second pixel."""


@dataclass(frozen=True, slots=True)
class MotionPath:
    """The motion of a layer on a canvas that begins with frame `origin`; the layer's frames are `start` up to `end`.

    `size` is that of the processed picture, `box` that of the padded one. `canvas` is that on which the box stays.
    """

    motion: Motion
    start: int
    end: int
    origin: int
    rate: Fraction
    size: Size
    box: Size
    canvas: Size | None = None

    @property
    def grows(self) -> bool:
        """Whether its frames are scaled one by one."""
        return _shrinks(self.motion)

    @property
    def still(self) -> bool:
        """Whether its place is the same in all frames."""
        motion = self.motion
        return all(ramp.still for ramp in (motion.x, motion.y, motion.width, motion.height, motion.rotation_deg))

    def pad(self, color: str = CLEAR) -> str:
        """A pad step to the box, with the picture in the middle."""
        when = ":eval=frame" if self.grows else ""
        return f"pad=w={self.box.width}:h={self.box.height}:x='(ow-iw)/2':y='(oh-ih)/2':color={color}{when}"

    def resize(self, colors: str) -> str:
        """A scale step to each frame's size; `colors` are the options of the source's colours."""
        frame = frame_number(self.rate)
        sides = (self._side(side, frame, self.start) for side in (self.motion.width, self.motion.height))
        width, height = sides
        return f"scale=w='{width}':h='{height}':eval=frame:{colors}out_color_matrix=bt709:out_range=tv"

    def smear(self) -> str:
        """A step that extends the picture's edge into the box, so that rotation mixes it with no other colour."""
        x, y = (self.box.width - self.size.width) // 2, (self.box.height - self.size.height) // 2
        return f"fillborders=left={x}:right={x}:top={y}:bottom={y}:mode=smear"

    def stamp(self) -> Iterator[str]:
        """A source of one grey frame: white where the picture lies in its box, or grey with an opacity that lasts."""
        alpha = self.motion.alpha
        width, height = self.size.width, self.size.height
        x, y = (self.box.width - width) // 2, (self.box.height - height) // 2
        inside = f"between(X,{x},{x + width - 1})*between(Y,{y},{y + height - 1})"
        yield f"color=c=black:s={self.box.width}x{self.box.height}:r={self.rate.numerator}/{self.rate.denominator}"
        yield "trim=end_frame=1"
        yield "format=gray"
        yield f"geq=lum='{255 * (alpha.first if alpha.still else 1):.6g}*{inside}'"

    def place(self) -> str:
        """A perspective step that rotates, scales and moves by fractions of a pixel. Its pixels lie at integers, and it
        counts frames from 1. Expressions are parsed anew for each frame, so they are short.
        """
        names = (
            f"{axis}{corner}='{at}'" for corner, at_both in enumerate(self._corners()) for axis, at in at_both.items()
        )
        return f"perspective={':'.join(names)}:sense=destination:eval={'init' if self.still else 'frame'}"

    @property
    def pans(self) -> bool:
        """Whether a picture is only moved; `size` is then its drawn size. A pan must hide the canvas."""
        motion = self.motion
        still = motion.width.still and motion.height.still and motion.rotation_deg.still
        sides = motion.width.first, motion.height.first
        near = all(off_even(side) < NEAR_EVEN for side in sides)
        return self.canvas is not None and still and near and motion.rotation_deg.first % 360 == 0

    def pan(self, canvas: Size) -> Iterator[str]:
        """Steps that show the canvas's part of a panned picture: a window that moves by even pixels, and within it a
        convolution of two by two pixels for the rest, which interpolates linearly. Both are told their values frame by
        frame, under names that `Chains` makes unique: a quarter of the work of `perspective`.
        """
        commands = ";".join(
            f"{max(0.0, (frame - self.start - 0.5) / float(self.rate)):.6f} " + ",".join(self._pan_at(frame, canvas))
            for frame in range(self.start, self.end)
        )
        yield f"sendcmd=c='{commands}'"
        yield f"{CONVOLUTION}=" + ":".join(f"{plane}rdiv={1 / SHIFT_STEPS**2:.12f}" for plane in range(3))
        yield f"{CROP}=w={canvas.width}:h={canvas.height}:x=0:y=0:exact=1"

    def _pan_at(self, frame: int, canvas: Size) -> Iterator[str]:
        """The commands for a frame."""
        motion, size = self.motion, self.size
        across, rest_x = _even_and_rest(size.width / 2 - motion.x.at(frame), size.width - canvas.width)
        down, rest_y = _even_and_rest(size.height / 2 - motion.y.at(frame), size.height - canvas.height)
        yield f"{CROP} x {across}"
        yield f"{CROP} y {down}"
        for plane, part in ((0, 1.0), (1, 0.5), (2, 0.5)):
            yield f"{CONVOLUTION} {plane}m {_kernel(rest_x * part, rest_y * part)}"

    def window(self, canvas: Size) -> str:
        """A crop step from the box to the canvas that it hides."""
        x, y = self._margin(canvas)
        return f"crop=w={canvas.width}:h={canvas.height}:x={x}:y={y}:exact=1"

    def corner(self) -> tuple[str, str]:
        """The position of the box's corner on the canvas, as expressions of time `t`."""
        return self._even_corner(f"round(t*{float(self.rate):.9g})", self.origin)

    def _at(self, ramp: Ramp, frame: str, start: int) -> str:
        return f"({ramp.within(self.start, self.end).shifted(-start).expression(frame)})"

    def _side(self, ramp: Ramp, frame: str, start: int) -> str:
        """A side of the picture: even, so that its middle stays on the pixel."""
        return f"max(2,2*round({self._at(ramp, frame, start)}/2))"

    def _margin(self, canvas: Size) -> tuple[int, int]:
        """The place of the canvas in the box."""
        return (self.box.width - canvas.width) // 4 * 2, (self.box.height - canvas.height) // 4 * 2

    def _even_corner(self, frame: str, start: int) -> tuple[str, str]:
        """The position of the box's corner on the canvas, in even pixels."""
        if self.canvas is not None:
            left, top = self._margin(self.canvas)
            return f"({-left})", f"({-top})"
        x, y = self._at(self.motion.x, frame, start), self._at(self.motion.y, frame, start)
        return f"(2*ceil((round({x})-{self.box.width // 2})/2))", f"(2*ceil((round({y})-{self.box.height // 2})/2))"

    def _corners(self) -> Iterator[dict[str, str]]:
        """The positions of the box's corners within the box."""
        motion, frame, start = self.motion, "in", self.start - 1
        turned = f"st(0,{self._at(motion.rotation_deg, frame, start)}*PI/180)"
        drawn_x, drawn_y = (
            (self._side(motion.width, frame, start), self._side(motion.height, frame, start))
            if self.grows
            else (str(self.size.width), str(self.size.height))
        )
        grown_x = f"({self._at(motion.width, frame, start)}/{drawn_x})"
        grown_y = f"({self._at(motion.height, frame, start)}/{drawn_y})"
        left, top = self._even_corner(frame, start)
        middle_x = f"({self._at(motion.x, frame, start)}-{left})"
        middle_y = f"({self._at(motion.y, frame, start)}-{top})"
        for far_y in (0.5 - self.box.height / 2, 0.5 + self.box.height / 2):
            for far_x in (0.5 - self.box.width / 2, 0.5 + self.box.width / 2):
                across, down = f"({far_x}*{grown_x})", f"({far_y}*{grown_y})"
                yield {
                    "x": f"{turned};{middle_x}+{across}*cos(ld(0))-{down}*sin(ld(0))-0.5",
                    "y": f"{turned};{middle_y}+{across}*sin(ld(0))+{down}*cos(ld(0))-0.5",
                }


def _even_and_rest(place: float, most: int) -> tuple[int, float]:
    """The nearest even place of 0 to `most`, and the rest of the way, -1 to 1 pixel."""
    even = max(0, min(2 * round(place / 2), most // 2 * 2))
    return even, min(1.0, max(-1.0, place - even))


def _kernel(x: float, y: float) -> str:
    """The nine weights of a shift by up to a pixel, in units of 1 / `SHIFT_STEPS` squared."""
    rows, columns = _weights(y), _weights(x)
    return "|".join(str(row * column) for row in rows for column in columns)


def _weights(shift: float) -> tuple[int, int, int]:
    """Those of the pixel before, of the pixel itself, and of the one after it."""
    part = round(abs(shift) * SHIFT_STEPS)
    return (part if shift < 0 else 0, SHIFT_STEPS - part, part if shift > 0 else 0)


def motion_path(layer: Layer, span: Span, origin: int, timeline: Timeline) -> MotionPath:
    """The motion path of a layer, at rest or not, in some of its frames."""
    motion, size = _motion(layer), _size(layer)
    around, staying, canvas = _around(layer), _staying(size, timeline), _canvas(timeline)
    stays = staying.pixels <= around.pixels
    box = staying if stays else around
    return MotionPath(motion, span.start, span.end, origin, timeline.rate, size, box, canvas if stays else None)


def window_path(layer: Layer, span: Span, timeline: Timeline, *, hides: bool) -> MotionPath:
    """The same in frames of the canvas, which it hides or is seen on in black."""
    motion, size, canvas, rate = _motion(layer), _size(layer), _canvas(timeline), timeline.rate
    exact = Size(*(2 * round(side.most / 2) for side in (motion.width, motion.height)))
    panned = MotionPath(motion, span.start, span.end, span.start, rate, exact, exact, canvas)
    if hides and panned.pans:
        return panned
    box = _fours(max(size.width, canvas.width), max(size.height, canvas.height)) if hides else _staying(size, timeline)
    return MotionPath(motion, span.start, span.end, span.start, rate, size, box, canvas)


def framed_in_black(layer: Layer, timeline: Timeline) -> bool:
    """Whether a layer that lies lowest, over black, is drawn best in frames of the canvas: it needs no alpha there.
    A small one costs less as an overlay.
    """
    if layer.motion is None and layer.pose.quarter_turns is not None:
        return layer.solid
    if not layer.solid or _shrinks(_motion(layer)):
        return False
    return _staying(_size(layer), timeline).pixels <= _around(layer).pixels


def _canvas(timeline: Timeline) -> Size:
    return Size(timeline.width, timeline.height)


def _motion(layer: Layer) -> Motion:
    """The motion of a layer, also of one at rest."""
    pose = layer.pose
    return layer.motion or Motion(
        x=Ramp.constant(pose.center_x),
        y=Ramp.constant(pose.center_y),
        width=Ramp.constant(pose.width),
        height=Ramp.constant(pose.height),
        rotation_deg=Ramp.constant(pose.rotation_deg),
        alpha=Ramp.constant(pose.alpha),
    )


def _shrinks(motion: Motion) -> bool:
    """Whether a picture shrinks so much that it is scaled anew in each frame."""
    return any(side.least < SMALLEST_GROWN * side.most for side in (motion.width, motion.height))


def _size(layer: Layer) -> Size:
    """The layer's largest size, in multiples of four pixels; in motion, limited to its picture's pixels."""
    motion = _motion(layer)
    width, height = motion.width.most, motion.height.most
    shrink = 1.0 if layer.motion is None else min(1.0, max(layer.region.width / width, layer.region.height / height))
    return Size(*(max(4, 4 * round(side * shrink / 4)) for side in (width, height)))


def _staying(size: Size, timeline: Timeline) -> Size:
    """A box that stays on the canvas, and holds a picture of a size and transparent pixels around it."""
    return _fours(max(size.width + 2 * MARGIN, timeline.width), max(size.height + 2 * MARGIN, timeline.height))


def _around(layer: Layer) -> Size:
    """The bounding box of the picture in all frames, with transparent pixels around it."""
    motion = _motion(layer)
    width, height = motion.width.most, motion.height.most
    if not motion.rotation_deg.still or motion.rotation_deg.first % 360 != 0:
        extents = [_extent(motion, frame) for frame in range(layer.span.start, layer.span.end)]
        width, height = (
            max(most, *sides) for most, sides in zip((width, height), zip(*extents, strict=True), strict=True)
        )
    return _fours(width + 2 * MARGIN, height + 2 * MARGIN)


def _fours(width: float, height: float) -> Size:
    """A size in multiples of four, whose middle lies on even pixels."""
    return Size(*(4 * math.ceil(side / 4) for side in (width, height)))


def _extent(motion: Motion, frame: int) -> tuple[float, float]:
    """The size of the bounding box of the picture in a frame."""
    angle = math.radians(motion.rotation_deg.at(frame))
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    width, height = motion.width.at(frame), motion.height.at(frame)
    return width * cos + height * sin, width * sin + height * cos


def alpha_plane(alpha: Ramp, start: int, count: int, size: Size, rate: Fraction) -> Iterator[str]:
    """A source of grey frames with the layer's opacity, computed for a few pixels and enlarged."""
    level = alpha.within(start, start + count).shifted(-start).expression("N")
    yield f"color=c=black:s=16x16:r={rate.numerator}/{rate.denominator}"
    yield f"trim=end_frame={count}"
    yield "format=gray"
    yield f"geq=lum='255*({level})'"
    yield f"scale=w={size.width}:h={size.height}:flags=neighbor"
