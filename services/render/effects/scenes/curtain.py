"""A black curtain of two halves that opens from the middle in the first second, or closes in the last one, by two
pixels; with q the part of the second, each half is q of its width away.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock


def steps(_: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """Both halves."""
    seconds = clock.seconds if look.opens() else f"({clock.length / float(clock.rate):.6f}-{clock.seconds})"
    away = f"clip({seconds},0,1)"
    across = look.angle(0, 90) % 180 == 0
    half = Size(-(-sides.width // 4) * 2, sides.height) if across else Size(sides.width, -(-sides.height // 4) * 2)
    side = half.width if across else half.height
    rate = f"{clock.rate.numerator}/{clock.rate.denominator}"
    black = f"color=c=black:s={half.width}x{half.height}:r={rate},format=yuv420p"
    moved = f"2*round({side / 2}*{away})"
    places = f"-{moved}", f"{(sides.width if across else sides.height) - side}+{moved}"
    found: list[str] = []
    for place in places:
        where = f"x='{place}':y=0" if across else f"x=0:y='{place}'"
        found.append(f"null[gx1];{black}[gx2];[gx1][gx2]overlay={where}:eval=frame:format=yuv420:shortest=1")
    return tuple(found)
