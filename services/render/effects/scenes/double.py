"""The picture twice: 0.4 s of a copy moved by 0.04 of a side, which comes in again on the other side."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, _: Clock) -> tuple[str, ...]:
    """The copy over the picture."""
    across = look.angle(0, 90) % 180 == 0
    side = sides.width if across else sides.height
    moved = max(2, 2 * round(look.pick(0.02, 0.04) * side)) / side
    axis = "h" if across else "v"
    return (
        (
            f"split[gx1][gx2];[gx2]scroll={axis}pos={moved:.6f}[gx3];"
            f"[gx1][gx3]blend=all_mode=normal:all_opacity={1 - 0.4 * s:.5f}"
        ),
    )
