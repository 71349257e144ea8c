"""A spot of light that wanders: black of the opacity 0.8 s clip((r - 0.3) / 0.15, 0, 1), r in longer sides from a point
at (0.5 + 0.15 sin(2 pi p / 4), 0.5 + 0.1 sin(2 pi p / 3)).
"""

from services.drafts.colors import BLACK
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.scenes.overlays import laid
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The darkness, twice as large as the picture."""
    size = look.pick(0.3, 0.2)
    right, down = (2 * side / max(sides.width, sides.height) for side in (sides.width, sides.height))
    away = f"hypot(((X+0.5)/W-0.5)*{right},((Y+0.5)/H-0.5)*{down})"
    opacity = f"{0.8 * s:.5f}*clip(({away}-{size})/0.15,0,1)"
    turn = f"2*PI*{clock.seconds}"
    place = (
        f"2*round({sides.width / 2}*(0.15*sin({turn}/4)-0.5))",
        f"2*round({sides.height / 2}*(0.1*sin({turn}/3)-0.5))",
    )
    return (laid(BLACK, opacity, Size(2 * sides.width, 2 * sides.height), place, clock.rate),)
