"""Blinds: arrival = 0.85 (n a mod 1) + 0.15 a, with a the way in the direction and n blinds."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the blinds' edges."""
    way = along(look.angle(90, 0), sides)
    return f"0.85*mod({look.number(7, 5, 11)}*{way},1)+0.15*{way}"
