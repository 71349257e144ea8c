"""Adjustments of colours by the formulas and in the order of CapCut's own adjust pass. Pure.

v is the strength, -1..1; R'G'B' is 0..1. A formula changes each channel c, on the result of the one before, clipped to
0..1. In order:

| family | definition |
|---|---|
| BRIGHTNESS | v > 0: 1 - (1 - c)^(1 + 5 w), w = 0.3 v up to v = 0.7, then 0.6333 v - 0.2333; v < 0:
  1 - (1 - c + 0.01 |v|)^(1 / (1 + 2.5 |v|)) |
| CONTRAST | v < 0: (1 + 0.4 v) (c - m) + m, m = 0.435; v > 0: `_steeper`, a logistic curve about m |
| SATURATION | L + (c - L) (1 + v), L = 0.208540 r + 0.702086 g + 0.089374 b |
| HIGHLIGHT | 1 - t^p - (p - 1) (t^2 - t^3), t = 1 - c, p = 1 + 0.503 v + 0.183 v^2 + 0.147 v^3 + 0.067 v^4 |
| SHADOW | c^p + (p - 1) (c^2 - c^3), p as for HIGHLIGHT of -v |
| BLACK, WHITE | the line that maps x0 to y0 and x1 to y1: x0 = max(0, -BLACK / 2), y0 = max(0, BLACK / 2),
  x1 = 1 - max(0, WHITE / 2), y1 = 1 + min(0, WHITE / 2) |
| TEMPERATURE, TINT | Bradford adaptation, of encoded colours, from the white of 6500 K to that of
  6500 - 1970 v + 876 v^2 - 2630 v^3 K, moved by 0.01 TINT along the isotherm in u, v of CIE 1960 |
| FADE | c + 0.18 v (1 - c); ours: the app has a table |
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from services.drafts.design import Effect
from services.drafts.design import EffectKind as E
from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.effects.luts import escaped
from services.render.timeline.ramps import Ramp

Values: TypeAlias = Mapping[E, float]
Options: TypeAlias = dict[str, str]
"""Of an ffmpeg filter."""
Matrix: TypeAlias = tuple[tuple[float, float, float], ...]

_FINEST = 1024
"""Steps of a strength: less than half a code apart, so that a moving one need not change in every frame."""
_PIVOT = 0.435
_LUMA = (0.208540, 0.702086, 0.089374)
_TO_XYZ: Matrix = (
    (0.4123908, 0.3575843, 0.1804808),
    (0.2126390, 0.7151687, 0.0721923),
    (0.0193308, 0.1191948, 0.9505322),
)
_FROM_XYZ: Matrix = (
    (3.2409699, -1.5373832, -0.4986108), (-0.9692436, 1.8759675, 0.0415551), (0.0556301, -0.2039770, 1.0569715),
)  # fmt: skip
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_FROM_BRADFORD: Matrix = (
    (0.9869929, -0.1470543, 0.1599627), (0.4323053, 0.5183603, 0.0492912), (-0.0085287, 0.0400428, 0.9684867),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pass:
    """Some of the families that one filter draws: its name, and its options by their strengths."""

    kinds: tuple[E, ...]
    filter: str
    options: Callable[[Values], Options]


def adjustment_steps(tones: Mapping[E, Ramp], rate: Fraction, count: int = 1) -> tuple[str, ...]:
    """The steps of adjustments of `TONES`, which may change over time: the ramps count the stream's frames, of which
    there are `count`; none if all are 0.

    A filter that changes is named `...@this_...`, which `Chains` makes unique in a graph.
    """
    needed = {kind: ramp for kind, ramp in tones.items() if not (ramp.still and ramp.first == 0)}
    passes = [each for each in _PASSES if not needed.keys().isdisjoint(each.kinds)]
    if not passes:
        return ()
    frames = [_values(needed, frame) for frame in range(1 if all(ramp.still for ramp in needed.values()) else count)]
    return (*TO_RGB, *(step for each in passes for step in _steps(each, frames, rate)), *FROM_RGB)


def runs(effects: Iterable[Effect]) -> Iterator[tuple[Effect, ...]]:
    """The effects in order: neighbouring adjustments of different kinds together, any other effect alone."""
    run: tuple[Effect, ...] = ()
    for effect in effects:
        kinds = {each.kind for each in run}
        if run and kinds <= TONES and effect.kind in TONES - kinds:
            run += (effect,)
            continue
        if run:
            yield run
        run = (effect,)
    if run:
        yield run


def _values(tones: Mapping[E, Ramp], frame: int) -> Values:
    return {kind: _bounded(round(ramp.at(frame) * _FINEST) / _FINEST) for kind, ramp in tones.items()}


def _bounded(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _steps(drawn: _Pass, frames: list[Values], rate: Fraction) -> Iterator[str]:
    """One filter, and before it another that sets its options where they change."""
    each = [drawn.options({kind: values.get(kind, 0.0) for kind in drawn.kinds}) for values in frames]
    name, changes = f"{drawn.filter}@this_{drawn.kinds[0]}", list(_changes(each))
    if changes:
        commands = (f"{(frame - 0.5) / float(rate):.6f} {_set(name, options)}" for frame, options in changes)
        yield f"sendcmd=c={escaped(';'.join(commands))}"
    yield f"{name if changes else drawn.filter}=" + ":".join(f"{key}='{value}'" for key, value in each[0].items())


def _set(name: str, options: Options) -> str:
    """The commands that set a filter's options."""
    return ",".join(f"{name} {option} '{value}'" for option, value in options.items())


def _changes(frames: list[Options]) -> Iterator[tuple[int, Options]]:
    """The frames whose options differ from those of the frame before."""
    for frame in range(1, len(frames)):
        if frames[frame] != frames[frame - 1]:
            yield frame, frames[frame]


def _curve(*formulas: Callable[[Values], str]) -> Callable[[Values], Options]:
    """A pass of curves of a channel; each formula is an expression of `ld(0)`, "" for none."""

    def options(values: Values) -> Options:
        steps = "".join(f"st(0,clip({text},0,1));" for formula in formulas if (text := formula(values)))
        expression = f"st(0,min(1,val/255));{steps}255*ld(0)+0.5"  # some releases ask for 256 too
        return dict.fromkeys("rgb", expression)

    return options


def _mixed(matrix: Callable[[Values], Matrix]) -> Callable[[Values], Options]:
    """A pass in which each channel is a sum of all."""

    def options(values: Values) -> Options:
        rows = zip("rgb", matrix(values), strict=True)
        return {f"{to}{of}": f"{part:.6f}" for to, row in rows for of, part in zip("rgb", row, strict=True)}

    return options


def _brightness(values: Values) -> str:
    v = values[E.BRIGHTNESS]
    if v > 0:
        return f"1-pow(1-ld(0),{1 + 5 * max(0.3 * v, 0.6333 * v - 0.2333):.6f})"
    return f"1-pow({1 - 0.01 * v:.6f}-ld(0),{1 / (1 - 2.5 * v):.6f})" if v else ""


def _contrast(values: Values) -> str:
    v = values[E.CONTRAST]
    if v > 0:
        return _steeper(1 + 0.6 * v)
    return f"{1 + 0.4 * v:.6f}*(ld(0)-{_PIVOT})+{_PIVOT}" if v else ""


def _steeper(q: float) -> str:
    """A logistic curve s of steepness a about the pivot m: y = s + m - 0.5. With k its slope, e either end and g the
    slope at m, (e - y(e)) ((g - k) / (g - k(e)))^2 is added, which leads through (0, 0) and (1, 1).
    """
    a = math.exp(8.33 * q - 12.16) + 5.82 * q - 1.72

    def bend(end: float) -> float:
        s = 1 / (1 + math.exp(-a * (end - _PIVOT)))
        return (end - (s + _PIVOT - 0.5)) / (a / 4 - a * s * (1 - s)) ** 2

    logistic = f"st(1,1/(1+exp({-a:.6f}*(ld(0)-{_PIVOT}))));st(2,{a / 4:.6f}-{a:.6f}*ld(1)*(1-ld(1)))"
    return f"{logistic};ld(1)+{_PIVOT - 0.5:.3f}+ld(2)*ld(2)*if(lte(ld(0),{_PIVOT}),{bend(0):.6f},{bend(1):.6f})"


def _highlight(values: Values) -> str:
    p = _power(values[E.HIGHLIGHT])
    return f"1-pow(1-ld(0),{p:.6f})-({p - 1:.6f})*(1-ld(0))*(1-ld(0))*ld(0)" if p != 1 else ""


def _shadow(values: Values) -> str:
    p = _power(-values[E.SHADOW])
    return f"pow(ld(0),{p:.6f})+({p - 1:.6f})*ld(0)*ld(0)*(1-ld(0))" if p != 1 else ""


def _power(v: float) -> float:
    return 1 + 0.503 * v + 0.183 * v**2 + 0.147 * v**3 + 0.067 * v**4


def _ends(values: Values) -> str:
    black, white = values[E.BLACK] / 2, values[E.WHITE] / 2
    x0, y0, x1, y1 = max(0.0, -black), max(0.0, black), 1 - max(0.0, white), 1 + min(0.0, white)
    slope = max(0.005, y1 - y0) / max(0.005, x1 - x0)
    return f"{y0:.6f}+{slope:.6f}*(ld(0)-{x0:.6f})" if black or white else ""


def _fade(values: Values) -> str:
    return f"ld(0)+{0.18 * values[E.FADE]:.6f}*(1-ld(0))" if values[E.FADE] else ""


def _saturation(values: Values) -> Matrix:
    v = values[E.SATURATION]
    red, green, blue = (-v * part for part in _LUMA)
    return (red + 1 + v, green, blue), (red, green + 1 + v, blue), (red, green, blue + 1 + v)


def _white_balance(values: Values) -> Matrix:
    gains = [
        wanted / given
        for wanted, given in zip(_responses(values[E.TEMPERATURE], values[E.TINT]), _responses(0.0, 0.0), strict=True)
    ]
    adapted = tuple(tuple(gain * part for part in row) for gain, row in zip(gains, _BRADFORD, strict=True))
    return _product(_FROM_XYZ, _product(_FROM_BRADFORD, _product(adapted, _TO_XYZ)))


def _responses(temperature: float, tint: float) -> tuple[float, ...]:
    """The responses of Bradford's cones to a white."""
    kelvin = 6500 - 1970 * temperature + 876 * temperature**2 - 2630 * temperature**3
    (u, v), (u1, v1) = _planckian(kelvin), _planckian(kelvin * 1.001)
    length = math.hypot(u1 - u, v1 - v)
    u, v = u + 0.01 * tint * (v - v1) / length, v + 0.01 * tint * (u1 - u) / length
    white = (1.5 * u / v, 1.0, (2 - u / 2 - 5 * v) / v)
    return tuple(sum(part * value for part, value in zip(row, white, strict=True)) for row in _BRADFORD)


def _planckian(kelvin: float) -> tuple[float, float]:
    """The u and v (CIE 1960) of a black body of 1000 to 15000 K, by Krystek's approximation of 1985."""
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t**2) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t**2)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t**2) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t**2)
    return u, v


def _product(one: Iterable[tuple[float, ...]], other: Matrix) -> Matrix:
    columns = tuple(zip(*other, strict=True))
    rows = (tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in one)
    return tuple((red, green, blue) for red, green, blue in rows)


_PASSES = (
    _Pass((E.BRIGHTNESS, E.CONTRAST), "lutrgb", _curve(_brightness, _contrast)),
    _Pass((E.SATURATION,), "colorchannelmixer", _mixed(_saturation)),
    _Pass((E.HIGHLIGHT, E.SHADOW, E.BLACK, E.WHITE), "lutrgb", _curve(_highlight, _shadow, _ends)),
    _Pass((E.TEMPERATURE, E.TINT), "colorchannelmixer", _mixed(_white_balance)),
    _Pass((E.FADE,), "lutrgb", _curve(_fade)),
)
TONES = frozenset(kind for each in _PASSES for kind in each.kinds)
"""The families of this module."""
