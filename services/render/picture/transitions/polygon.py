"""A growing polygon of n sides: arrival = r cos(t mod (2 pi / n) - pi / n)."""

import math

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import RADIUS, TURN


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the polygon's sides."""
    count = max(3, look.number(4, 3, 6))
    away = f"{RADIUS}*cos((mod({count}*{TURN},1)-0.5)*{math.tau / count:.6f})"
    return away if look.opens() else f"1-{away}"
