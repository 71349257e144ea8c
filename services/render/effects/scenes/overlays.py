"""Still pictures laid over a stream: drawn once, at a fraction of the resolution, then moved."""

from fractions import Fraction

from services.drafts.colors import Color
from services.render.box import Size

DETAIL = 270
"""Pixels of the picture along the shorter side, from which it is enlarged."""


def hexed(color: Color) -> str:
    """A colour in ffmpeg's syntax."""
    return "0x" + "".join(f"{round(part * 255):02x}" for part in color[:3])


def laid(color: Color, opacity: str, sides: Size, place: tuple[str, str], rate: Fraction, *more: str) -> str:
    """A step that lays one colour of some opacity (0..1, an expression of `X`, `Y`, `W`, `H`) over a stream. `sides`
    are the picture's, `place` its corner as expressions of `t`; `more` are filters between.
    """
    coarse = max(1, sides.shorter // DETAIL)
    small = Size(max(2, sides.width // coarse), max(2, sides.height // coarse))
    red, green, blue = color[:3]
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    levels = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    y, u, v = (round(level) for level in levels)
    still = ",".join(
        (
            f"color=c=black:s={small.width}x{small.height}:r={rate.numerator}/{rate.denominator}",
            "trim=end_frame=1",
            "format=yuva420p",
            f"geq=lum={y}:cb={u}:cr={v}:a='255*({opacity})'",
            f"scale=w={sides.width}:h={sides.height}:flags=bilinear",
            *more,
            "loop=loop=-1:size=1",
        )
    )
    over = f"overlay=x='{place[0]}':y='{place[1]}':eval=frame:format=yuv420:shortest=1"
    return f"null[gx1];{still}[gx2];[gx1][gx2]{over}"
