"""The reference: a timeline drawn frame by frame, slowly and plainly, straight from its records.

It shares no drawing code with the renderer's ffmpeg graph. What effects look like is told by
`tests.oracle.effects`, transitions by `tests.oracle.transitions`, blend modes by `tests.oracle.blending`.
"""

import numpy as np

from services.drafts.design import Effect, EffectKind
from services.render.media.still import Still
from services.render.timeline.scene import (
    US,
    Item,
    Layer,
    Motion,
    Picture,
    SolidColor,
    Timeline,
    TrackEffect,
    TransitionItem,
)
from tests.oracle import effects
from tests.oracle.blending import blended
from tests.oracle.decode import REACH, mask_plane, reel, still_pixels
from tests.oracle.keying import kept
from tests.oracle.pixels import Pixels, Plane, blurred, clear, opaque, over, premultiplied, resized, straight
from tests.oracle.placing import Stand, placed, stand
from tests.oracle.transitions import crossed


def frame_at(timeline: Timeline, frame: int) -> Pixels:
    """A frame of the video: rows x columns x (red, green, blue), 0..1."""
    return drawn_at(timeline, frame)[..., :3]


def drawn_at(timeline: Timeline, frame: int) -> Pixels:
    """The same, premultiplied, with its alpha, which is 1 everywhere unless the timeline is transparent."""
    size = timeline.width, timeline.height
    canvas = clear(*size) if timeline.clear else opaque(*size, timeline.background)
    return _Frame(timeline, frame).drawn(timeline.items, canvas)


class _Frame:
    """One frame of a timeline."""

    def __init__(self, timeline: Timeline, frame: int) -> None:
        self._width, self._height = timeline.width, timeline.height
        self._rate = timeline.rate
        self._frame = frame

    def drawn(self, items: tuple[Item, ...], canvas: Pixels) -> Pixels:
        """The items over a premultiplied canvas."""
        for each in items:
            if each.span.start <= self._frame < each.span.end:
                canvas = self._with(each, canvas)
        return canvas

    def _with(self, each: Item, canvas: Pixels) -> Pixels:
        if isinstance(each, TransitionItem):
            return over(self._crossing(each), canvas)
        if isinstance(each, TrackEffect):
            return self._seen_through(each, canvas)
        layer = self._layer(each)
        plain, mixed = over(layer, canvas), blended(each.blend, layer, canvas)
        return plain + (mixed - plain) * each.blend_strength

    def _seen_through(self, lens: TrackEffect, canvas: Pixels) -> Pixels:
        """The picture below with the track's effects."""
        picture = straight(canvas)
        for effect in lens.effects:
            picture = self._with_effect(effect, picture, lens.span.start)
        return premultiplied(picture)

    def _crossing(self, crossing: TransitionItem) -> Pixels:
        progress = (self._frame - crossing.span.start + 0.5) / crossing.span.count
        ground = opaque(self._width, self._height, (0, 0, 0)) if crossing.opaque else clear(self._width, self._height)
        before, after = (self.drawn(side, ground) for side in (crossing.before, crossing.after))
        return crossed(crossing.kind, before, after, progress, crossing.look)

    def _layer(self, layer: Layer) -> Pixels:
        """A layer alone on a transparent canvas."""
        if isinstance(layer.picture, SolidColor):
            return opaque(self._width, self._height, layer.picture.color)
        where = stand(layer.pose, layer.motion, self._frame)
        picture = self._region(layer, layer.picture, where)
        picture = self._changed(layer, picture)
        if layer.mask is not None:
            picture = _masked(picture, mask_plane(layer.mask, self._frame))
        return placed(premultiplied(picture), where, self._width, self._height)

    def _region(self, layer: Layer, picture: Picture, where: Stand) -> Pixels:
        """The drawn part of the source."""
        whole = self._source(layer, picture)
        region = layer.region
        if layer.cover_blur_px:
            sigmas = (
                layer.cover_blur_px * region.width / where.width,
                layer.cover_blur_px * region.height / where.height,
            )
            whole = np.clip(blurred(whole, *sigmas), 0, 1)
        return whole[region.top : region.bottom, region.left : region.right]

    def _source(self, layer: Layer, picture: Picture) -> Pixels:
        if isinstance(picture, Still):
            return still_pixels(picture)
        return reel(picture).shown(*_source_times(layer, self._frame, float(self._rate)))

    def _changed(self, layer: Layer, picture: Pixels) -> Pixels:
        """The picture with key, effects, and the motion's adjustments."""
        if layer.chroma is not None:
            seen = kept(layer.chroma, picture[..., :3])[..., None]
            picture = np.concatenate([picture[..., :3], picture[..., 3:] * seen], axis=2)
        for effect in (*layer.effects, *_adjustments(layer.motion, self._frame)):
            picture = self._with_effect(effect, picture, layer.effects_start)
        return picture

    def _with_effect(self, effect: Effect, picture: Pixels, start: int) -> Pixels:
        """The picture with an effect that began with a frame, at its strength in this one."""
        passed = self._frame - start
        return effects.apply(effect.at(passed * US / float(self._rate)), picture, passed, self._rate)


def _source_times(layer: Layer, frame: int, rate: float) -> tuple[float, float]:
    """The time in the footage of a frame, and by how much later a picture may be due."""
    if layer.warp is not None:
        times_us, sources_us = np.array(layer.warp.points, np.float64).T
        now_us = frame * US / rate
        due: Plane = np.asarray(np.interp([now_us, now_us + REACH * US / rate], times_us, sources_us), np.float64)
        return float(due[0]), float(due[1] - due[0])
    step_us = US / rate * layer.speed
    passed = layer.span.end - 1 - frame if layer.reverse else frame - layer.span.start
    return layer.source_us + passed * step_us, REACH * step_us


def _adjustments(motion: Motion | None, frame: int) -> list[Effect]:
    """The motion's brightness, contrast and saturation as effects; neutral ones are left out."""
    if motion is None:
        return []
    values = (
        (EffectKind.BRIGHTNESS, motion.brightness),
        (EffectKind.CONTRAST, motion.contrast),
        (EffectKind.SATURATION, motion.saturation),
    )
    return [Effect(kind=kind, strength=ramp.at(frame)) for kind, ramp in values if ramp.at(frame)]


def _masked(picture: Pixels, mask: Plane) -> Pixels:
    """The picture multiplied by a mask, at the finer of both sizes."""
    plane = mask[..., None]
    rows, columns = (max(one, other) for one, other in zip(picture.shape[:2], plane.shape[:2], strict=True))
    fine = np.clip(resized(picture, columns, rows), 0, 1)
    return np.concatenate([fine[..., :3], fine[..., 3:] * np.clip(resized(plane, columns, rows), 0, 1)], axis=2)
