"""Rings on water: a pixel shows the one that is a sin(2 pi (k r - 1.2 p)) further from the middle, r in shorter sides
from there, k = 4 and a = 0.025 s of the shorter side, in whole pixels; some names have k = 3 or 7.
"""

from services.drafts.design import Variation
from services.render.box import Size
from services.render.effects.time import Clock

DETAIL = 64
"""Pixels of the displacement along the shorter side, at most."""
REACH, SPEED = 0.025, 1.2


def steps(s: float, look: Variation, sides: Size, clock: Clock) -> tuple[str, ...]:
    """The displaced picture, with chroma at full resolution."""
    coarse = max(1.0, sides.shorter / DETAIL)
    width, height = (max(2, round(side / coarse)) for side in (sides.width, sides.height))
    seconds = f"(T-{clock.start / float(clock.rate):.9g})"
    place = "".join(
        f"st({number},(({axis}+0.5)/{short}-0.5)*{side / sides.shorter:.6f});"
        for number, (axis, short, side) in enumerate((("X", "W", sides.width), ("Y", "H", sides.height)))
    )
    wave = f"{place}st(2,max(0.0001,hypot(ld(0),ld(1))));"
    wave += f"128+{REACH * s * sides.shorter:.4f}*sin(2*PI*({look.pick(4, 3, 7)}*ld(2)-{SPEED}*{seconds}))"
    source = f"color=c=black:s={width}x{height}:r={clock.rate.numerator}/{clock.rate.denominator}"
    maps: list[str] = []
    for number in range(2):
        level = f"{wave}*ld({number})/ld(2)"
        geq = f"geq=lum='{level}':cb='{level}':cr='{level}':a='{level}'"
        maps.append(f"{source},format=yuva444p,{geq},scale=w={sides.width}:h={sides.height}:flags=bilinear[gx{number}]")
    return (f"format=yuva444p[gx2];{';'.join(maps)};[gx2][gx0][gx1]displace=edge=smear",)
