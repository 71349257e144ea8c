"""Effects that change from frame to frame, as functions of the frame's number alone, wherever a stream begins. Pure.

`s` is the strength, `f` the frame from the effect's start, `p` the seconds from there.

| family | definition |
|---|---|
| FLASH | with v = 0.9 s max(0, 1 - (p mod 0.6) / 0.24): Y + v + c (1 - v), c how far a channel is from Y |
| SHAKE | enlarged by m on every side, m = 2 round(0.015 s width), 2 round(0.015 s height), and cut out
  at 2 round(m / 2 (1 + d)); d across is 0.6 sin(2 pi 3.7 p) + 0.4 sin(2 pi 8.3 p),
  down 0.6 sin(2 pi 4.9 p + 1) + 0.4 sin(2 pi 7.1 p) |
| ZOOM | enlarged about the middle by 1 + 0.25 s (1 - cos(2 pi p / 3)) / 2, whole pixels on either side |
| GLITCH | red shifted right and blue left by `GLITCHES[floor(10 p) mod 12]` s 0.02 width, edges held |
| GRAIN | Gaussian noise of 9.2 s / 219 on Y, one of `GRAINS` patterns, f mod `GRAINS` |
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from services.drafts.design import EffectKind
from services.render.box import Size
from services.render.effects.color import FROM_RGB, TO_RGB

FLASH_PERIOD_S, FLASH_S, FLASH_MOST = 0.6, 0.24, 0.9
"""Fewer than three flashes a second: more can harm."""
SHAKE_MOST = 0.015
ZOOM_PERIOD_S, ZOOM_MOST = 3.0, 0.25
GLITCHES = (0.0, 1.0, -0.5, 0.0, 0.0, 0.7, 0.0, -1.0, 0.35, 0.0, 0.0, 0.0)
"""Relative shift of colours in each tenth of a second."""
GLITCHES_PER_S = 10
GLITCH_MOST = 0.02
GRAINS = 8
_GRAIN_STRENGTH = 16
"""In units of `noise`: the root of 3 times the deviation in codes."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Frame rate of a stream, the frame at which the effect begins, and its length in frames."""

    rate: Fraction
    start: int
    length: int = 0

    @property
    def seconds(self) -> str:
        """An expression for the seconds since the effect's start; filters are configured before there is a time."""
        return f"(if(isnan(t),0,t)-{self.start / float(self.rate):.9g})"

    @property
    def frame(self) -> str:
        """An expression for the frame since the effect's start."""
        return f"round(t*{float(self.rate):.9g}-{self.start})"


def time_steps(kind: EffectKind, s: float, sides: Size, clock: Clock) -> tuple[str, ...]:
    """One of the families of this module at a strength above 0."""
    match kind:
        case EffectKind.FLASH:
            return (_flash(s, clock),)
        case EffectKind.SHAKE:
            return _shake(s, sides, clock)
        case EffectKind.ZOOM:
            return _zoom(s, sides, clock)
        case EffectKind.GLITCH:
            return _glitch(s, sides, clock)
        case EffectKind.GRAIN:
            return _grain(s, clock)
        case _:
            raise AssertionError(kind)


def _flash(s: float, clock: Clock) -> str:
    """`hue` adds 25.5 codes for each unit of its brightness."""
    level = f"st(0,{FLASH_MOST * s:.5f}*max(0,1-mod({clock.seconds}+1e-6,{FLASH_PERIOD_S})/{FLASH_S}))"
    return f"hue=b='{level};ld(0)*{219 / 25.5:.6f}':s='{level};1-ld(0)'"


def _shake(s: float, sides: Size, clock: Clock) -> tuple[str, ...]:
    across, down = (2 * round(SHAKE_MOST * s * side) for side in (sides.width, sides.height))
    turn = f"(2*PI*{clock.seconds})"
    x = f"2*round({across / 2}*(1+0.6*sin(3.7*{turn})+0.4*sin(8.3*{turn})))"
    y = f"2*round({down / 2}*(1+0.6*sin(4.9*{turn}+1)+0.4*sin(7.1*{turn})))"
    return (
        f"scale=w={sides.width + 2 * across}:h={sides.height + 2 * down}",
        f"crop=w={sides.width}:h={sides.height}:x='{x}':y='{y}':exact=1",
        "setsar=1",
    )


def _zoom(s: float, sides: Size, clock: Clock) -> tuple[str, ...]:
    grown = f"{ZOOM_MOST * s / 4:.6f}*(1-cos(2*PI*{clock.seconds}/{ZOOM_PERIOD_S}))"
    x, y = (f"round({side}*{grown})" for side in (sides.width, sides.height))
    return (
        f"scale=w='{sides.width}+2*{x}':h='{sides.height}+2*{y}':eval=frame",
        f"crop=w={sides.width}:h={sides.height}:x='{x}':y='{y}':exact=1",
        "setsar=1",
    )


def _glitch(s: float, sides: Size, clock: Clock) -> tuple[str, ...]:
    """One filter for each shift, enabled in its tenths of a second."""
    tenth = f"mod(floor(({clock.frame}+0.5)*{GLITCHES_PER_S / float(clock.rate):.9g}),{len(GLITCHES)})"
    tenths: dict[int, list[int]] = defaultdict(list)
    for number, part in enumerate(GLITCHES):
        tenths[round(part * s * GLITCH_MOST * sides.width)].append(number)
    shifts = (
        f"rgbashift=rh={shift}:bh={-shift}:enable='{'+'.join(f'eq({tenth},{number})' for number in numbers)}'"
        for shift, numbers in sorted(tenths.items())
        if shift
    )
    return (*TO_RGB, *shifts, *FROM_RGB)


def _grain(s: float, clock: Clock) -> tuple[str, ...]:
    """One filter for each pattern, all constant: noise that changes by itself would restart with a stream."""
    amount = max(1, round(_GRAIN_STRENGTH * s))
    return tuple(
        f"noise=c0s={amount}:all_seed={7919 * (number + 1)}:enable='eq(mod({clock.frame},{GRAINS}),{number})'"
        for number in range(GRAINS)
    )
