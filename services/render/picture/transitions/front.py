"""Transitions with a front that uncovers the new picture.

A family is the arrival of the front, 0..1 for each pixel, as an expression of `X_`, `Y_` (0..1 from the top left
corner), `U`, `V` (from the middle, the corners at a distance of 1). The new picture's opacity is
(p (1 + soft) - arrival) / soft, p being the progress, within 0..1. The front may glow in a colour, most where the
opacity is 1/2. The arrival is computed once, at a fraction of the resolution.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from services.drafts.colors import Color
from services.drafts.design import Variation
from services.render.box import Size
from services.render.picture.chains import repeated
from services.render.picture.mixing import Drawing, Mixer

X_, Y_, U, V = "ld(0)", "ld(1)", "ld(2)", "ld(3)"
RADIUS, TURN = f"hypot({U},{V})", f"mod(atan2({U},-{V})/(2*PI)+1,1)"
"""The distance from the middle, and the angle clockwise from above, 0..1."""
DETAIL = 180
"""Pixels of the arrival along the shorter side, at most."""
GLOW = 0.85
"""Opacity of a glowing front."""

Arrival: TypeAlias = Callable[[Variation, Size], str]


@dataclass(frozen=True, slots=True)
class Front:
    """A front's softness, and its colour for a name that tells none."""

    arrival: Arrival
    soft: float = 0.08
    color: Color | None = None

    @property
    def drawing(self) -> Drawing:
        """The family's drawing."""
        return self._drawn

    def _drawn(self, mixer: Mixer, look: Variation, before: str, after: str) -> str:
        opacity = self._opacity(mixer, self.arrival(look, mixer.size))
        color = look.color or self.color
        if color is None:
            return mixer.through(opacity, before, after)
        opacity, other = mixer.chains.split(opacity, 2)
        glow = mixer.chains.chain(other, [f"lut=c0='{GLOW * 4 / 255}*val*(255-val)'"])
        return mixer.tinted(glow, color, mixer.through(opacity, before, after))

    def _opacity(self, mixer: Mixer, arrival: str) -> str:
        level = f"(({mixer.span.ramp.expression('N')})*{1 + self.soft}-p(X,Y)/255)/{self.soft}"
        return leveled(mixer, arrivals(mixer, arrival), level)


def arrivals(mixer: Mixer, arrival: str) -> str:
    """A small plane of the arrival, 0..255 for 0..1, the same in each frame."""
    size, coarse = mixer.size, max(1.0, mixer.size.shorter / DETAIL)
    width, height = (max(2, round(side / coarse)) for side in (size.width, size.height))
    diagonal = math.hypot(size.width, size.height) / 2
    place = f"st(0,(X+0.5)/W);st(1,(Y+0.5)/H);st(2,({X_}-0.5)*{size.width / diagonal});"
    place += f"st(3,({Y_}-0.5)*{size.height / diagonal});"
    return mixer.chains.chain(
        "",
        [
            f"color=c=black:s={width}x{height}:r={mixer.rate}",
            "trim=end_frame=1",
            "format=gray",
            f"geq=lum='{place}255*clip({arrival},0,1)'",
            *repeated(mixer.span.count),
        ],
    )


def leveled(mixer: Mixer, arrived: str, level: str) -> str:
    """A plane of the canvas's size; its level, 0..1, is an expression of the arrival's code, `p(X,Y)`."""
    size = mixer.size
    return mixer.chains.chain(
        arrived, [f"geq=lum='255*clip({level},0,1)'", f"scale=w={size.width}:h={size.height}:flags=bilinear"]
    )


def along(angle_deg: float, sides: Size) -> str:
    """The way of a pixel across the canvas in a direction (clockwise from rightwards), 0..1."""
    right, down = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    whole = 2 * (abs(right) * sides.width + abs(down) * sides.height) / math.hypot(sides.width, sides.height)
    return f"(0.5+({right / whole:.6f}*{U}+{down / whole:.6f}*{V}))"


def chance(across: str, down: str, seed: int) -> str:
    """A number 0..1 of a cell, without order."""
    return f"mod(abs(sin(({across})*12.9898+({down})*78.233+{seed % 97}))*43758.5453,1)"
