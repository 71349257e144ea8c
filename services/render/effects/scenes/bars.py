"""Black bars above and below, 0.12 s of the height each, even."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, _: Variation, sides: Size, __: Clock) -> tuple[str, ...]:
    """The bars."""
    high = 2 * round(0.06 * s * sides.height)
    return tuple(f"drawbox=x=0:y={y}:w=iw:h={high}:color=black:t=fill" for y in (0, sides.height - high) if high)
