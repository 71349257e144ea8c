"""Doors that open from the middle, or close from the sides: arrival = |2 a - 1| or 1 less it, a the way across."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the doors' edges."""
    away = f"abs(2*{along(look.angle(0, 90, 45), sides)}-1)"
    return away if look.opens() else f"1-{away}"
