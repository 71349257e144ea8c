"""A spiral: arrival = 0.6 ((t + 2 r) mod 1) + 0.4 r, t the angle from above, 0..1."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import RADIUS, TURN


def arrival(look: Variation, _: Size) -> str:
    """The arrival of the spiral's arm."""
    turn = TURN if look.clockwise() else f"(1-{TURN})"
    return f"0.6*mod({turn}+{look.pick(2, 1, 3)}*{RADIUS},1)+0.4*{RADIUS}"
