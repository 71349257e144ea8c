"""Hands that turn about the middle: arrival = (n t mod 1), t the angle from above, 0..1, and n hands."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import TURN


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the hands."""
    way = f"mod({look.number(1, 2, 4, 6)}*{TURN},1)"
    return way if look.clockwise() else f"1-{way}"
