"""The lines of an old screen: every fourth row is darker by 0.35 s; some names have every third or sixth."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, _: Clock) -> tuple[str, ...]:
    """The lines, thicker on large pictures, with chroma at full resolution."""
    apart = look.pick(4, 3, 6) * max(1, sides.shorter // 540)
    thick = max(1, sides.shorter // 540)
    place = f"x=-{thick}:y=0:w={sides.width + 2 * thick}:h={apart}"
    return ("format=yuv444p", f"drawgrid={place}:t={thick}:color=black@{0.35 * s:.4f}")
