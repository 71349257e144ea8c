"""Strokes of a brush, one after the other: arrival = (floor(n b) + a) / n, in turns with 1 - a in place of a."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the strokes."""
    angle, count = look.angle(20, 0, 90, 160), look.number(5, 3, 8)
    way, stroke = along(angle, sides), f"min(floor({count}*{along(angle + 90, sides)}),{count - 1})"
    return f"({stroke}+if(mod({stroke},2),1-{way},{way}))/{count}"
