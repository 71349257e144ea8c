"""Cells of a grid in a random order: arrival = 0.85 c + 0.15 a, c a number of the cell, a the way across."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import X_, Y_, along, chance


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of each cell."""
    columns = max(2, look.number(8, 5, 12))
    rows = max(2, round(columns * sides.height / sides.width))
    cell = chance(f"floor({X_}*{columns})", f"floor({Y_}*{rows})", look.seed)
    return f"0.85*{cell}+0.15*{along(look.angle(0, 90, 180, 270), sides)}"
