"""A glow: Y + s max(0, blurred Y - Y), blurred by a sigma of 0.03 of the shorter side."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.shape import blur_steps
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, _: Clock) -> tuple[str, ...]:
    """The glow over the picture."""
    blurred = blur_steps(look.pick(0.03, 0.05) * sides.shorter, sides.width, sides.height)
    return (
        "format=yuv444p",
        f"split[gx1][gx2];[gx2]{','.join(blurred)},format=yuv444p[gx3];[gx1][gx3]blend=c0_mode=lighten:c0_opacity={s:.5f}",
    )
