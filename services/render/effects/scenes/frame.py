"""A line around the picture, 0.015 s of the shorter side thick, at the edge or a little inside."""

from services.drafts.colors import WHITE
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.scenes.overlays import hexed
from services.render.effects.time import Clock


def steps(s: float, look: Variation, sides: Size, _: Clock) -> tuple[str, ...]:
    """The line."""
    thick = max(2, 2 * round(0.0075 * s * sides.shorter))
    inset = 2 * round(look.pick(0.02, 0.0, 0.04) * sides.shorter)
    color = hexed(look.color or WHITE)
    place = f"x={inset}:y={inset}:w={sides.width - 2 * inset}:h={sides.height - 2 * inset}"
    return (f"drawbox={place}:color={color}:t={thick}",)
