"""A growing heart: arrival = hypot(u, -v - 0.7 |u|), 1 in the farthest corner."""

import math

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import U, V


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the heart's outline."""
    half = math.hypot(sides.width, sides.height)
    right, down = sides.width / half, sides.height / half
    away = f"hypot({U},-{V}-0.7*abs({U}))/{math.hypot(right, down + 0.7 * right):.6f}"
    return away if look.opens() else f"1-{away}"
