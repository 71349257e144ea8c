"""A soft edge that moves over the picture: arrival = the way in the direction."""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.transitions.front import along


def arrival(look: Variation, sides: Size) -> str:
    """The arrival of the edge."""
    return along(look.angle(0, 45, 135, 225, 315), sides)
