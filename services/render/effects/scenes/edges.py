"""Edges of luma by Sobel's operator g (of luma's codes): dark on white, 235 - 1.2 g, or light on black,
16 + 1.5 g, both with half of a colour's chroma; mixed with the picture by s.
"""

from services.drafts.colors import Color
from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock

NEON: tuple[Color | None, ...] = (None, (0.2, 1.0, 0.9, 1.0), (1.0, 0.3, 0.8, 1.0), None)


def steps(s: float, look: Variation, _: Size, __: Clock) -> tuple[str, ...]:
    """The edges."""
    color = look.color or look.pick(*NEON)
    if color is None:
        drawn = "lutyuv=y='235-clip(1.2*val,0,219)':u=128:v=128"
    else:
        red, green, blue = color[:3]
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        u, v = (round(128 + 112 * part) for part in ((blue - luma) / 1.8556, (red - luma) / 1.5748))
        drawn = f"lutyuv=y='16+clip(1.5*val,0,219)':u={u}:v={v}"
    return (f"split[gx1][gx2];[gx2]sobel=planes=1,{drawn}[gx3];[gx3][gx1]blend=all_mode=normal:all_opacity={s:.5f}",)
