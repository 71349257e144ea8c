"""A slow camera: enlarged by m on every side, m = 2 round(0.02 s side), and cut out at 2 round(m / 2 (1 + d)), d across
sin(2 pi p / 4) and down sin(2 pi p / 5.2 + 1); some names move along one axis.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The enlarged and moved picture."""
    across, down = (2 * round(0.02 * s * side) for side in (sides.width, sides.height))
    only = look.pick("both", "across", "down")
    swings = (
        "0" if only == "down" else f"sin(2*PI*{clock.seconds}/4)",
        "0" if only == "across" else f"sin(2*PI*{clock.seconds}/5.2+1)",
    )
    x, y = (f"2*round({most / 2}*(1+{swing}))" for most, swing in zip((across, down), swings, strict=True))
    return (
        f"scale=w={sides.width + 2 * across}:h={sides.height + 2 * down}",
        f"crop=w={sides.width}:h={sides.height}:x='{x}':y='{y}':exact=1",
    )
