"""A torn edge: arrival = (a + 0.06 z(5 b) + 0.03 z(17 b)) / 1.09, z a zigzag of 0..1."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the edge."""
    angle = look.angle(0, 90, 45, 315)
    across = along(angle + 90, sides)
    large, small = (f"abs(2*mod({count}*{across}+{look.seed % 10 / 10},1)-1)" for count in (5, 17))
    return f"({along(angle, sides)}+0.06*{large}+0.03*{small})/1.09"
