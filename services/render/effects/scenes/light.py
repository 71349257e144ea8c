"""A bar of light that wanders: a colour of the opacity 0.6 s exp(-(5 d)^2), d in widths from the middle of the picture
plus 0.35 sin(2 pi p / 5); some names have three or five bars.
"""

from services.drafts.colors import Color
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.scenes.overlays import laid
from services.render.effects.time import Clock

COLORS: tuple[Color, ...] = (
    (1.0, 0.8, 0.5, 1.0), (1.0, 0.55, 0.45, 1.0), (0.75, 0.7, 1.0, 1.0), (0.55, 0.95, 1.0, 1.0),
)  # fmt: skip


def steps(s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The light, twice as wide as the picture."""
    color = look.color or look.pick(*COLORS)
    bars = look.pick(1, 3, 1, 5, salt=4)
    away = f"(2*mod({bars}*(X+0.5)/W,1)-1)"
    opacity = f"{0.6 * s:.5f}*exp(-pow(5*{away},2))"
    place = f"2*round({sides.width / 2}*(0.35*sin(2*PI*{clock.seconds}/5)-0.5))"
    return (laid(color, opacity, Size(2 * sides.width, sides.height), (place, "0"), clock.rate),)
