"""What effects do to a picture, as ffmpeg filters. Pure.

Each family is defined where its steps are made: colours in `looks_color`, what moves or blurs pixels in
`looks_shape`, what changes in time in `looks_time`, colour tables in `luts`. The definitions speak of R'G'B' of 0..1,
of Y, its BT.709 luma, and of `s`, the strength; whatever leaves 0..1 is clipped. `looks` itself only sorts.
"""

from fractions import Fraction
from pathlib import Path

from services.drafts.design import Effect, EffectKind
from services.render.box import Size
from services.render.effects.color import ADJUSTMENTS, COLORS, chroma_steps, color_steps, tone_steps
from services.render.effects.luts import lut_steps, prepare_lut
from services.render.effects.shape import SHAPES, blur_steps, shape_steps
from services.render.effects.time import Clock, time_steps

__all__ = ["blur_steps", "chroma_steps", "prepare_lut", "steps", "tone_steps"]


def steps(
    effect: Effect,
    *,
    width: int,
    height: int,
    rate: Fraction,
    start: int,
    lut: Path | None = None,
    alpha: bool = True,
) -> tuple[str, ...]:
    """What an effect does to frames of `width` x `height` pixels; nothing when its strength is 0.

    Frames are 8-bit yuv420p, yuva420p, yuv444p or yuva444p, BT.709 in limited range, before and after; which of them
    comes out is left to what follows. With `alpha` it is kept, else frames have none that counts. Frame n of the
    stream is at time n / rate; the effect begins with frame `start`, which may lie before the stream's first.

    Blur, mosaic, mirror, shake and zoom move alpha as they move colours; all others leave it. `lut` is what
    `prepare_lut` wrote: without it a LUT does nothing. A step may be a few filters with labels of their own.
    """
    strength = min(1.0, max(-1.0 if effect.kind in ADJUSTMENTS else 0.0, effect.strength))
    if strength == 0:
        return ()
    if effect.kind is EffectKind.LUT:
        return lut_steps(lut, strength) if lut else ()
    if effect.kind in COLORS:
        return color_steps(effect.kind, strength, alpha=alpha)
    if effect.kind in SHAPES:
        return shape_steps(effect.kind, strength, Size(width, height), alpha=alpha)
    return time_steps(effect.kind, strength, Size(width, height), Clock(rate, start))
