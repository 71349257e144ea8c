"""Painting of a caption: background, shadows, outlines, fills, in this order."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageChops, ImageFilter

from services.drafts.colors import Color
from services.drafts.records import Glow, Gradient, Shadow, Stroke
from services.render.box import Box, bounding_box
from services.render.text.covering import covering
from services.render.text.gradients import color_bytes, gradient_picture
from services.render.text.ink import Ink, draw_ink, draw_picture, ink_box, merged, outer_width
from services.render.text.layout import ASCENT_EM, Block, PlacedRun
from services.render.text.rounded import rounded_part

SHADOW_BLUR_EM = 1.0
"""Sigma of a shadow's blur in em, for a `diffuse` of 1 [unverified]. The apps store a sixth of their slider's value (at
most 1), as if full blur were an edge of one em, six sigmas wide.
"""
LARGEST_DIFFUSE = 0.25
"""Maximum blur of shadows; the apps offer up to 0.17."""
MOST_COVER = 16
"""Maximum area of runs with their shadows, in canvases; further ones, which only cover each other, are left out."""
GLOW_HALOS = ((0.28, 7.5), (2.0, 2.0))
"""A glow's halos: sigma in em for a range of 1, and gain for a strength of 1. By eye, from a cover that the apps drew
with a strength of 0.4 and a range of 0.45: a bright halo of about 0.25 em, two sigmas, and a faint one of 2.5 em.
"""
_STRIPE_PX = 256
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class VisibleRun:
    """A run and the bounding box of its ink, with outline."""

    placed: PlacedRun
    box: Box

    @property
    def em_box(self) -> Box:
        """The box that a gradient covers: from the ascent to the descent; in a column, the character's em."""
        one, em_px, metrics = self.placed, self.placed.run.style.em_px, self.placed.run.style.metrics
        if one.vertical:
            left, top = one.x_px + (one.run.width_px - em_px) / 2, one.baseline_px - ASCENT_EM * em_px
            return Box(round(left), round(top), math.ceil(left + em_px), math.ceil(top + em_px))
        right = one.x_px + max(1.0, one.run.width_px)
        top = one.baseline_px - metrics.ascent
        return Box(round(one.x_px), round(top), math.ceil(right), math.ceil(top + metrics.cell))

    @property
    def reach(self) -> Box:
        """The bounding box of the run, its shadows and its glow."""
        em_px = self.placed.run.style.em_px
        shadows = (
            self.box.moved(*_shift(shadow, em_px)).grown(math.ceil(3 * _blur_px(shadow, em_px)))
            for shadow in _shadows(self)
        )
        return bounding_box((self.box.grown(math.ceil(3 * max(_halos_px(self.placed), default=0.0))), *shadows))


def visible_runs(block: Block, limit: Box) -> list[VisibleRun]:
    """The runs that are visible within the limit, up to `MOST_COVER`."""
    budget = MOST_COVER * limit.size[0] * limit.size[1] / 4
    runs: list[VisibleRun] = []
    for placed in block.placed:
        if not _near(placed, limit):
            continue
        run = VisibleRun(placed, ink_box(placed).within(limit))
        width, height = run.reach.within(limit).size
        budget -= width * height
        if budget < 0:
            break
        runs.append(run)
    return runs


class Picture:
    """An image with its position; coordinates count from the caption's centre."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._image = Image.new("RGBA", box.size)

    @classmethod
    def around(cls, boxes: Iterable[Box], limit: Box) -> "Picture | None":
        """A picture around all boxes within the limit, symmetric about the centre; None if they are empty."""
        needed = bounding_box(box.within(limit) for box in boxes)
        if needed.empty:
            return None
        half_width, half_height = max(-needed.left, needed.right), max(-needed.top, needed.bottom)
        return cls(Box(-half_width, -half_height, half_width, half_height))

    def draw(self, runs: Sequence[VisibleRun], pictures: Mapping[str, Path]) -> None:
        """Draw glows, then shadows, outlines, fills and inner shadows, each of all runs: no letter covers its
        neighbour. `pictures` are the files of those within letters, by their paths in the draft.
        """
        plain = [one for one in runs if not one.placed.run.style.face.colored]
        for glow, group in _layered(runs, _glows):
            self._draw_glow(glow, group)
        for shadow, group in _layered(runs, _shadows):
            self._paint(_cast(shadow, group, self.box, outlined=True), shadow.color)
        for (stroke, _), group in _layered(plain, _strokes):
            self._fill(group, stroke.color, stroke.gradient, stroke.width_em)
        for (color, gradient, path, _), group in _grouped((_fill_of(one), one) for one in plain):
            self._fill(group, color, gradient, 0.0, pictures.get(path))
        for shadow, group in _layered(plain, _inner_shadows):
            self._draw_inner_shadow(shadow, group)
        for one in runs:
            if one.placed.run.style.face.colored:
                self._draw_emoji(one)

    def rounded(self, boxes: Sequence[Box], round_radius: float, color: Color) -> None:
        """Draw boxes with round corners as one shape; `round_radius` is 0..1, 1 for semicircles."""
        seen = bounding_box(box.within(self.box) for box in boxes)
        if seen.empty:
            return
        mask = Image.new("L", seen.size)
        budget = MOST_COVER * seen.size[0] * seen.size[1]
        for box in boxes:
            part = box.within(seen)
            budget -= part.size[0] * part.size[1]
            if part.empty or budget < 0:
                continue
            place = part.moved(-seen.left, -seen.top)
            shape = rounded_part(box, part, round_radius)
            known = mask.crop((place.left, place.top, place.right, place.bottom))
            mask.paste(ImageChops.lighter(known, shape), (place.left, place.top))
        self._paint(Ink(seen, mask), color)

    def faded(self, alpha: float) -> Image.Image:
        """The image with its opacity multiplied by `alpha`."""
        if alpha < 1:
            self._image.putalpha(_scaled(self._image.getchannel("A"), alpha))
        return self._image

    def _draw_glow(self, glow: Glow, runs: Sequence[VisibleRun]) -> None:
        inks = [draw_ink(one.placed, one.box, outline_em=outer_width(one.placed)) for one in runs]
        sigmas = [max(_halos_px(one.placed)[at] for one in runs) for at in range(len(GLOW_HALOS))]
        around = bounding_box(one.box for one in runs)
        for sigma, (_, gain) in reversed(list(zip(sigmas, GLOW_HALOS, strict=True))):
            ink = merged(inks, around.grown(math.ceil(3 * sigma)).within(self.box))
            blurred = ink.mask.filter(ImageFilter.GaussianBlur(sigma))
            self._paint(Ink(ink.box, _scaled(blurred, gain * glow.strength)), glow.color)

    def _draw_inner_shadow(self, shadow: Shadow, runs: Sequence[VisibleRun]) -> None:
        """Paint the letters where their own shadow is not."""
        box = bounding_box(one.box for one in runs).within(self.box)
        letters = merged((draw_ink(one.placed, one.box, outline_em=0.0) for one in runs), box)
        lit = merged([_cast(shadow, runs, self.box, outlined=False)], box)
        self._paint(Ink(box, ImageChops.multiply(letters.mask, ImageChops.invert(lit.mask))), shadow.color)

    def _fill(
        self,
        runs: Sequence[VisibleRun],
        color: Color,
        gradient: Gradient | None,
        outline_em: float,
        picture: Path | None = None,
    ) -> None:
        box = bounding_box(one.box for one in runs).within(self.box)
        ink = merged((draw_ink(one.placed, one.box, outline_em=outline_em) for one in runs), box)
        over = bounding_box(one.em_box for one in runs)
        if picture is not None:
            painted = covering(picture, over, color[3])
        elif gradient is not None:
            painted = partial(gradient_picture, gradient, over)
        else:
            self._paint(ink, color)
            return
        for part in _stripes(ink):
            layer = painted(part.box)
            layer.putalpha(ImageChops.multiply(layer.getchannel("A"), part.mask))
            self._composite(layer, part.box)

    def _draw_emoji(self, one: VisibleRun) -> None:
        box = one.box.within(self.box)
        if box.empty:
            return
        layer = draw_picture(one.placed, box)
        layer.putalpha(_scaled(layer.getchannel("A"), one.placed.run.style.text_style.color[3]))
        self._composite(layer, box)

    def _paint(self, ink: Ink, color: Color) -> None:
        for part in _stripes(ink):
            layer = Image.new("RGBA", part.box.size, color_bytes(color)[:3])
            layer.putalpha(_scaled(part.mask, color[3]))
            self._composite(layer, part.box)

    def _composite(self, layer: Image.Image, box: Box) -> None:
        self._image.alpha_composite(layer, (box.left - self.box.left, box.top - self.box.top))


def _glows(one: VisibleRun) -> tuple[Glow, ...]:
    glow = one.placed.run.style.text_style.glow
    return (glow,) if glow is not None else ()


def _strokes(one: VisibleRun) -> tuple[tuple[Stroke, int], ...]:
    """The outlines of a run, the lowest and widest first, each with the key by which it is painted with others."""
    style = one.placed.run.style.text_style
    strokes = (style.stroke, *style.inner_strokes) if style.stroke is not None else ()
    return tuple((stroke, _own(stroke.gradient, one)) for stroke in strokes)


def _shadows(one: VisibleRun) -> tuple[Shadow, ...]:
    """The shadows of a run, the lowest first."""
    style = one.placed.run.style.text_style
    return (*reversed(style.lower_shadows), style.shadow) if style.shadow is not None else ()


def _inner_shadows(one: VisibleRun) -> tuple[Shadow, ...]:
    """The inner shadows of a run, the lowest first."""
    return one.placed.run.style.text_style.inner_shadows[::-1]


def _cast(shadow: Shadow, runs: Sequence[VisibleRun], within: Box, *, outlined: bool) -> Ink:
    """The shadow of some runs, with or without their outlines."""
    ems_px = [one.placed.run.style.em_px for one in runs]
    blur = max(_blur_px(shadow, em_px) for em_px in ems_px)
    shifts = [_shift(shadow, em_px) for em_px in ems_px]
    box = bounding_box(one.box.moved(*shift) for one, shift in zip(runs, shifts, strict=True))
    inks = (
        _moved(draw_ink(one.placed, one.box, outline_em=outer_width(one.placed) if outlined else 0.0), *shift)
        for one, shift in zip(runs, shifts, strict=True)
    )
    ink = merged(inks, box.grown(math.ceil(3 * blur)).within(within))
    if blur and not ink.box.empty:
        return Ink(ink.box, ink.mask.filter(ImageFilter.GaussianBlur(blur)))
    return ink


def _fill_of(one: VisibleRun) -> tuple[Color, Gradient | None, str, int]:
    style = one.placed.run.style.text_style
    return style.color, style.gradient, style.picture, _own(style.gradient, one)


def _own(gradient: Gradient | None, one: VisibleRun) -> int:
    return id(one) if gradient is not None and gradient.per_character else 0


def _near(placed: PlacedRun, limit: Box) -> bool:
    """Whether a run may be within the limit, without measuring it: shadows and glows alone reach beyond three em."""
    em_px, style = placed.run.style.em_px, placed.run.style.text_style
    farthest = max((abs(one.distance) for one in (style.shadow, *style.lower_shadows) if one), default=0.0)
    reach = 3 * em_px + 3 * max(_halos_px(placed), default=0.0) + farthest / 100 * em_px
    left, right = placed.x_px - reach, placed.x_px + placed.run.width_px + reach
    return left < limit.right and right > limit.left and abs(placed.baseline_px) < limit.bottom + reach


def _shift(shadow: Shadow, em_px: float) -> tuple[int, int]:
    """The displacement of a shadow."""
    distance, angle = shadow.distance / 100 * em_px, math.radians(shadow.angle_deg)
    return round(distance * math.cos(angle)), round(-distance * math.sin(angle))


def _blur_px(shadow: Shadow, em_px: float) -> float:
    return min(shadow.diffuse, LARGEST_DIFFUSE) * SHADOW_BLUR_EM * em_px


def _halos_px(placed: PlacedRun) -> list[float]:
    """The sigmas of a run's halos."""
    glow, em_px = placed.run.style.text_style.glow, placed.run.style.em_px
    return [sigma * glow.range * em_px for sigma, _ in GLOW_HALOS] if glow is not None else []


def _stripes(ink: Ink) -> Iterator[Ink]:
    """The ink in horizontal stripes, so that no whole RGBA picture is in memory."""
    width, height = ink.box.size
    for top in range(0, height if width else 0, _STRIPE_PX):
        bottom = min(height, top + _STRIPE_PX)
        box = Box(ink.box.left, ink.box.top + top, ink.box.right, ink.box.top + bottom)
        yield Ink(box, ink.mask.crop((0, top, width, bottom)))


def _moved(ink: Ink, dx: int, dy: int) -> Ink:
    return Ink(ink.box.moved(dx, dy), ink.mask)


def _scaled(mask: Image.Image, alpha: float) -> Image.Image:
    """The mask multiplied by `alpha`, at most opaque."""
    return mask if alpha == 1 else mask.point([min(255, round(value * max(alpha, 0.0))) for value in range(256)])


def _layered(
    runs: Sequence[VisibleRun], layers: Callable[[VisibleRun], Sequence[K]]
) -> Iterator[tuple[K, list[VisibleRun]]]:
    """The layers of all runs, the first of each before the second, with the runs that share them."""
    for at in range(max((len(layers(one)) for one in runs), default=0)):
        yield from _grouped((layers(one)[at], one) for one in runs if at < len(layers(one)))


def _grouped(keyed: Iterable[tuple[K, VisibleRun]]) -> list[tuple[K, list[VisibleRun]]]:
    """Runs grouped by their keys, in order of first appearance."""
    groups: dict[K, list[VisibleRun]] = {}
    for key, one in keyed:
        groups.setdefault(key, []).append(one)
    return list(groups.items())
