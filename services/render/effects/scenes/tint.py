"""Two tones: chroma c becomes c (1 - s) + 0.7 s k, k that of a colour."""

from services.drafts.colors import Color
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.color import lutyuv
from services.render.effects.time import Clock

COLORS: tuple[Color, ...] = (
    (0.35, 0.45, 1.0, 1.0), (1.0, 0.5, 0.2, 1.0), (0.8, 0.3, 0.9, 1.0), (0.25, 0.8, 0.4, 1.0), (0.9, 0.2, 0.3, 1.0),
)  # fmt: skip


def steps(s: float, look: Variation, _: Size, __: Clock) -> tuple[str, ...]:
    """The tones."""
    red, green, blue = (look.color or look.pick(*COLORS))[:3]
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (lutyuv("", 1 - s, add=(0.7 * s * (blue - luma) / 1.8556, 0.7 * s * (red - luma) / 1.5748)),)
