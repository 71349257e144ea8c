"""A wavy edge: arrival = (a + h + h sin(2 pi n b)) / (1 + 2 h), a the way in the direction, b across it."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the edge."""
    angle, high = look.angle(0, 90, 180, 270), look.pick(0.08, 0.16)
    swing = f"sin(2*PI*{look.pick(3, 2, 5)}*{along(angle + 90, sides)})"
    return f"({along(angle, sides)}+{high}+{high}*{swing})/{1 + 2 * high}"
