"""A cut in the middle of a shake: both pictures move by 0.07 (1 - |2 p - 1|) sin(14 pi p) of the sides, across, down or
both; edge pixels go on outside.
"""

from services.drafts.design import Variation
from services.render.picture.mixing import Mixer
from services.render.picture.shapes import TAGS
from services.render.picture.transitions.stage import direction, progress


def drawn(mixer: Mixer, look: Variation, before: str, after: str) -> str:
    """The shaken pictures."""
    across, down = direction(look.angle(45, 0, 90))
    width, height = mixer.size.width, mixer.size.height
    left, top = (2 * round(0.04 * side) for side in (width, height))
    part = progress(mixer, "n")
    swing = f"0.07*(1-abs(2*{part}-1))*sin(14*PI*{part})"
    x, y = (
        f"{margin}-round({sign * side}*{swing})" for margin, sign, side in ((left, across, width), (top, down, height))
    )
    steps = [
        f"format={mixer.whole}",
        f"pad=w={width + 2 * left}:h={height + 2 * top}:x={left}:y={top}",
        f"fillborders=left={left}:right={left}:top={top}:bottom={top}:mode=smear",
        f"crop=w={width}:h={height}:x='{x}':y='{y}':exact=1",
        f"format={mixer.small}",
        TAGS,
    ]
    return mixer.chains.chain(mixer.cut(before, after), steps)
