"""Dots that grow in a grid: arrival = 0.5 a + 0.5 d, a the way across, d the distance from the cell's middle, 1 in its
corners.
"""

import math

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import U, V, along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the dots' edges."""
    count = look.pick(7, 4, 12)
    across, down = (f"mod({count}*({place}+2),1)-0.5" for place in (U, V))
    return f"0.5*{along(look.angle(0, 90, 45, 180), sides)}+0.5*hypot({across},{down})*{math.sqrt(2):.6f}"
