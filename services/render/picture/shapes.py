"""Filters of layers at rest: scale, rotation, placement. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from services.render.box import Box, Size
from services.render.effects.luts import escaped
from services.render.media.hdr import STANDARD, primaries_steps
from services.render.media.probe import Footage
from services.render.media.still import Still
from services.render.timeline.geometry import Pose
from services.render.timeline.scene import Layer, SolidColor, Timeline

TAGS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
CLEAR = "black@0"
EXACT = "flags=bicubic+accurate_rnd"
"""Without `accurate_rnd`, conversions are wrong by up to five codes of 255; with it a 1080p frame takes 2 ms more."""
QUICK = "flags=bilinear+accurate_rnd"
"""Half as many taps: colours stay exact, edges are softer."""


def upright_size(layer: Layer) -> Size:
    """The size of a layer at rest before rotation."""
    pose = layer.pose
    if pose.quarter_turns is None:
        return Size(max(2, round(pose.width)), max(2, round(pose.height)))
    box = pose.box()
    return Size(box.height, box.width) if pose.quarter_turns % 2 else Size(box.width, box.height)


def base_format(layer: Layer, timeline: Timeline) -> str:
    """The pixel format in which a base layer is scaled."""
    box = layer.pose.box()
    return "yuv420p" if aligned(box) or box.holds(timeline.canvas) else "yuv444p"


def framed(layer: Layer, timeline: Timeline) -> list[str]:
    """Steps from the upright frames of an opaque layer to frames of the canvas, black around them."""
    box, canvas = layer.pose.box(), timeline.canvas
    steps = list(faced(layer.pose))
    inside = box.within(canvas)
    if inside != box:
        x, y = inside.left - box.left, inside.top - box.top
        steps.append(f"crop=w={inside.width}:h={inside.height}:x={x}:y={y}:exact=1")
    if inside != canvas:
        steps.append(f"pad=w={canvas.width}:h={canvas.height}:x={inside.left}:y={inside.top}:color=black")
    return [*steps, "format=yuv420p", TAGS]


@dataclass(frozen=True, slots=True)
class Shape:
    """The steps from upright frames to a picture that fills `box` of the canvas."""

    box: Box
    steps: tuple[str, ...]


def over_format(layer: Layer, *, has_alpha: bool) -> str:
    """The pixel format in which an overlaid layer is scaled."""
    if layer.pose.quarter_turns is None or not aligned(layer.pose.box()):
        return "yuva444p"
    return "yuva420p" if has_alpha or layer.pose.alpha < 1 else "yuv420p"


def shape(layer: Layer, *, has_alpha: bool) -> Shape:
    """The shape of an upright layer over others: on even pixels, with alpha and a transparent margin."""
    pose = layer.pose
    box = pose.box()
    steps = list(faced(pose))
    if pose.quarter_turns is None:
        box = _turned_box(pose)
        steps += turn(f"{math.radians(pose.rotation_deg):.9f}", box.width, box.height, has_alpha=has_alpha)
    elif not aligned(box):
        even = box.even()
        steps.append(
            f"pad=w={even.width}:h={even.height}:x={box.left - even.left}:y={box.top - even.top}:color={CLEAR}"
        )
        box = even
    if pose.alpha < 1:
        steps.append(f"lutyuv=a=val*{pose.alpha:.6f}")
    return Shape(box, (*steps, TAGS))


def aligned(box: Box) -> bool:
    """Whether a box lies on even pixels: chroma has a sample for every second one."""
    return box == box.even()


def sized(layer: Layer, size: Size, pixel_format: str, *, quick: bool = False) -> Iterator[str]:
    """Steps that crop to the region and scale, sharply or, if `quick`, fast; colours become BT.709 in limited range."""
    picture, region = layer.picture, layer.region
    assert not isinstance(picture, SolidColor)  # noqa: S101 - colours are not scaled
    if region != Box(0, 0, picture.pixel_width, picture.pixel_height):
        yield f"crop=w={region.width}:h={region.height}:x={region.left}:y={region.top}:exact=1"
    resized = (size.width, size.height) != (region.width, region.height)
    if isinstance(picture, Footage) and picture.colors != STANDARD:
        yield from _standard(picture, size, quick=quick)
    elif resized or not _fits(picture, pixel_format):
        yield to_bt709(picture, size, quick=quick)
    yield f"format={pixel_format}"
    yield "setsar=1"


def faced(pose: Pose) -> Iterator[str]:
    """Steps that flip and rotate by quarter turns."""
    yield from (step for step, wanted in (("hflip", pose.flip_horizontal), ("vflip", pose.flip_vertical)) if wanted)
    yield from ((), ("transpose=clock",), ("hflip", "vflip"), ("transpose=cclock",))[pose.quarter_turns or 0]


def _standard(footage: Footage, size: Size, *, quick: bool) -> Iterator[str]:
    """Scale steps through 16-bit RGB, with HDR tone mapped and other primaries converted to BT.709's."""
    yield to_bt709(footage, size, quick=quick)
    yield "format=gbrap16" if footage.has_alpha else "format=gbrp16"
    if footage.tone_table is not None:
        yield f"lut3d=file={escaped(str(footage.tone_table))}:interp=tetrahedral"
    yield from primaries_steps(footage.colors.primaries)
    yield to_bt709()


def _fits(picture: Footage | Still, pixel_format: str) -> bool:
    """Whether frames already have the target format."""
    plain = isinstance(picture, Footage) and picture.plain and not picture.full_range and picture.matrix == "bt709"
    return plain and pixel_format == "yuv420p"


def to_bt709(picture: Footage | Still | None = None, size: Size | None = None, *, quick: bool = False) -> str:
    """A scale step to BT.709; without a size it converts colours only. RGB has no source matrix."""
    sides = f"w={size.width}:h={size.height}:" if size else ""
    source = ""
    if isinstance(picture, Footage) and picture.matrix is not None:
        source = f"in_color_matrix={picture.matrix}:in_range={'pc' if picture.full_range else 'tv'}:"
    return f"scale={sides}{source}out_color_matrix=bt709:out_range=tv:{QUICK if quick else EXACT}"


def _turned_box(pose: Pose) -> Box:
    """The box of even pixels around a rotated picture, with the same centre."""
    around = pose.box()
    x, y = round(pose.center_x), round(pose.center_y)
    left = min(around.left, 2 * x - around.right) // 2 * 2 - 2
    top = min(around.top, 2 * y - around.bottom) // 2 * 2 - 2
    return Box(left, top, 2 * x - left, 2 * y - top)


def turn(angle: str, width: int, height: int, *, has_alpha: bool) -> Iterator[str]:
    """Steps that add a transparent margin, for a smooth edge, and rotate by `angle` (radians, an expression) to a size
    that holds the corners.

    Meanwhile colours are premultiplied: mixed with a transparent pixel's black they would be too dark.
    """
    yield TAGS
    if has_alpha:
        yield "premultiply=inplace=1"
    yield f"pad=w=iw+4:h=ih+4:x=2:y=2:color={CLEAR}"
    yield f"rotate=a='{angle}':ow={width}:oh={height}:c={CLEAR}"
    yield "unpremultiply=inplace=1"
