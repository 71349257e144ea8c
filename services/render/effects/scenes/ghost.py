"""A ghost that grows with each heartbeat: 0.35 s of a copy enlarged about the middle by
1 + 0.3 (1 - (p mod 0.8) / 0.8), whole pixels on either side.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The ghost over the picture."""
    beat = look.pick(0.8, 1.2, 0.6)
    grown = f"0.15*(1-mod({clock.seconds}+1e-6,{beat})/{beat})"
    x, y = (f"round({side}*{grown})" for side in (sides.width, sides.height))
    larger = (
        f"scale=w='{sides.width}+2*{x}':h='{sides.height}+2*{y}':eval=frame",
        f"crop=w={sides.width}:h={sides.height}:x='{x}':y='{y}':exact=1",
    )
    return (
        f"split[gx1][gx2];[gx2]{','.join(larger)}[gx3];[gx1][gx3]blend=all_mode=normal:all_opacity={1 - 0.35 * s:.5f}",
    )
