"""A growing star of n points: arrival = 0.45 r / (0.45 + 0.55 w), w falls from 1 at a point to 0 between two."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import RADIUS, TURN


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the star's outline."""
    point = f"abs(2*mod({look.number(5, 4, 6, 8)}*{TURN},1)-1)"
    return f"0.45*{RADIUS}/(0.45+0.55*{point})"
