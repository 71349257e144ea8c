"""Rings about the middle: arrival = 0.5 (n r mod 1) + 0.5 r."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import RADIUS


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the rings' edges."""
    return f"0.5*mod({look.pick(4, 2, 7)}*{RADIUS},1)+0.5*{RADIUS}"
