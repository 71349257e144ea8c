"""Effects as ffmpeg filters. Pure.

Each family is defined in the module of its steps: adjustments in `adjust`, colours in `color`, geometry and blur in
`shape`, changes over time in `time`, colour tables in `luts`. Definitions use R'G'B' in 0..1, Y (BT.709 luma) and `s`
(strength); values outside of 0..1 are clipped. This module dispatches only.
"""

from fractions import Fraction
from pathlib import Path

from services.drafts.design import SIGNED, Effect, EffectKind
from services.render.box import Size
from services.render.effects.adjust import TONES, adjustment_steps, runs
from services.render.effects.color import COLORS, chroma_steps, color_steps
from services.render.effects.luts import lut_steps, prepare_lut
from services.render.effects.scenes import SCENES, scene_steps
from services.render.effects.shape import SHAPES, blur_steps, shape_steps
from services.render.effects.time import Clock, time_steps
from services.render.timeline.ramps import Ramp

__all__ = ["TONES", "adjustment_steps", "blur_steps", "chroma_steps", "prepare_lut", "runs", "steps"]


def steps(
    *effects: Effect,
    width: int,
    height: int,
    rate: Fraction,
    start: int,
    length: int = 0,
    lut: Path | None = None,
    alpha: bool = True,
) -> tuple[str, ...]:
    """The steps of an effect, or of a run of adjustments (`runs`), for frames of `width` x `height` pixels; none at
    strength 0.

    Frames are 8-bit yuv420p, yuva420p, yuv444p or yuva444p, BT.709 in limited range, before and after; the following
    step chooses the output format. With `alpha` alpha is preserved, else it is meaningless. Frame n of the stream is at
    time n / rate; the effect begins with frame `start`, which may be negative, and lasts `length` frames.

    Blur, mosaic, mirror, shake, zoom and some scenes move alpha along with colours; all others leave it. `lut` is the
    output of `prepare_lut`: without it a LUT has no effect. A step may be several filters with labels of their own.
    """
    effect = effects[0]
    if effect.kind in TONES:
        return adjustment_steps({each.kind: Ramp.constant(each.strength) for each in effects}, rate)
    strength = min(1.0, max(-1.0 if effect.kind in SIGNED else 0.0, effect.strength))
    if strength == 0:
        return ()
    if effect.kind in (EffectKind.LUT, EffectKind.LOOK):
        return lut_steps(lut, strength) if lut else ()
    if effect.kind in COLORS:
        return color_steps(effect.kind, strength, alpha=alpha)
    if effect.kind in SHAPES:
        return shape_steps(effect.kind, strength, Size(width, height), alpha=alpha)
    if effect.kind in SCENES:
        clock = Clock(rate, start, length)
        return scene_steps(effect.kind, strength, effect.look, Size(width, height), clock, alpha=alpha)
    return time_steps(effect.kind, strength, Size(width, height), Clock(rate, start))
