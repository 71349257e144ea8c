"""Filters of transitions and blend modes. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from services.drafts.colors import BLACK, WHITE, Color
from services.drafts.design import BlendMode, TransitionKind, Variation
from services.render.box import Size
from services.render.effects.shape import blur_steps, tile_steps
from services.render.picture.chains import Chains, fraction, frame_number, repeated
from services.render.picture.shapes import TAGS, to_bt709
from services.render.timeline.ramps import Ramp

_DIRECTIONS = {"LEFT": (-1, 0), "RIGHT": (1, 0), "UP": (0, -1), "DOWN": (0, 1)}
SLIDES = {TransitionKind[f"SLIDE_{name}"]: direction for name, direction in _DIRECTIONS.items()}
WIPES = {TransitionKind[f"WIPE_{name}"]: direction for name, direction in _DIRECTIONS.items()}
"""Direction, x to the right and y down."""
QUINTIC = "if(lt(ld(0),0.5),16*pow(ld(0),5),1-16*pow(1-ld(0),5))"
"""Quintic in-out: slides of the apps, compared with exports of theirs."""
SLIGHT = 1e-4
"""Rounding tolerance of expressions, in pixels."""
BLUR_AT_MOST = 0.03
"""Maximum sigma of a blur transition, as a part of the canvas's width."""
TILES = 20
"""Number of rectangles side by side in the middle of a pixelize transition."""
COARSE_STEPS = 16
"""Maximum number of steps of a blur or pixelize transition."""
CIRCLE_DETAIL = 4
"""The mask of a circle is computed at this fraction of the resolution."""
CIRCLE_REACH = 8
"""Distance from the edge, in pixels of that mask, within which the mask is a ramp; enlarged and steepened, it makes an
edge of one pixel.
"""
BLENDS = {
    BlendMode.MULTIPLY: "multiply",
    BlendMode.SCREEN: "screen",
    BlendMode.OVERLAY: "overlay",
    BlendMode.DARKEN: "darken",
    BlendMode.LIGHTEN: "lighten",
    BlendMode.HARD_LIGHT: "hardlight",
    BlendMode.ADD: "addition",
    BlendMode.COLOR_DODGE: "dodge",
    BlendMode.COLOR_BURN: "burn",
}
SOFT_LIGHT = (
    "st(0,x/255);st(1,y/255);"
    "st(2,if(lte(ld(0),0.25),((16*ld(0)-12)*ld(0)+4)*ld(0),sqrt(ld(0))));"
    "255*if(lte(ld(1),0.5),ld(0)-(1-2*ld(1))*ld(0)*(1-ld(0)),ld(0)+(2*ld(1)-1)*(ld(2)-ld(0)))+0.5"
)
"""Of a lower code x and an upper one y, as in W3C's compositing specification; ffmpeg's own soft light differs."""
UPPER_FIRST = frozenset({BlendMode.COLOR_DODGE, BlendMode.COLOR_BURN})
"""Modes with the upper picture as ffmpeg's first input."""


@dataclass(frozen=True, slots=True)
class TransitionSpan:
    """Frames `passed` up to `passed + count` of a transition of `total` frames."""

    passed: int
    count: int
    total: int
    rate: Fraction

    def part(self, frame: int) -> float:
        """The progress of the transition (0..1) at a frame, counted from the first of this span."""
        return (self.passed + frame + 0.5) / self.total

    @property
    def ramp(self) -> Ramp:
        """The progress as a ramp, equal wherever the transition is split."""
        first, after = -self.passed, self.total - self.passed
        return Ramp(((first, self.part(first)), (after, self.part(after))))


class Mixer:
    """Draws a transition between two streams of the canvas's size; `clear` if they have alpha."""

    def __init__(self, chains: Chains, size: Size, span: TransitionSpan, *, clear: bool) -> None:
        self.chains = chains
        self.size = size
        self.span = span
        self.clear = clear

    def mix(self, kind: TransitionKind, before: str, after: str) -> str:
        """The label of the mixed frames."""
        if kind in SLIDES:
            return self.slid(*SLIDES[kind], before, after, QUINTIC)
        if kind in WIPES:
            return self.through(self._wipe(*WIPES[kind]), before, after)
        if kind is TransitionKind.CIRCLE:
            return self.through(self._circle(), before, after)
        if kind in (TransitionKind.FADE_BLACK, TransitionKind.FADE_WHITE):
            return self.dipped(BLACK if kind is TransitionKind.FADE_BLACK else WHITE, before, after)
        if kind is TransitionKind.ZOOM:
            before = self.chains.chain(before, list(self._grown()))
        mixed = self.through(self.even(), before, after)
        changed = {TransitionKind.BLUR: self._blurred, TransitionKind.PIXELIZE: self._pixelized}.get(kind)
        return self.coarse(mixed, changed) if changed else mixed

    def even(self) -> str:
        """A uniform grey plane with the brightness of the progress."""
        return self.plane(self.span.ramp.expression("N"), 16, 16, "neighbor")

    def _circle(self) -> str:
        """A plane that is white inside a growing circle."""
        width, height = (max(2, side // CIRCLE_DETAIL) for side in (self.size.width, self.size.height))
        radius = f"({self.span.ramp.expression('N')})*{(width**2 + height**2) ** 0.5 / 2:.6f}"
        level = f"clip(0.5+({radius}-hypot(X+0.5-W/2,Y+0.5-H/2))/{CIRCLE_REACH},0,1)"
        plane = self.plane(level, width, height, "bilinear")
        return self.chains.chain(plane, [f"lut=c0='clip((val-127.5)*{CIRCLE_DETAIL * CIRCLE_REACH}+127.5,0,255)'"])

    @property
    def whole(self) -> str:
        """The pixel format with chroma at full resolution."""
        return "yuva444p" if self.clear else "yuv444p"

    @property
    def small(self) -> str:
        """The pixel format of the mixed frames."""
        return "yuva420p" if self.clear else "yuv420p"

    @property
    def rate(self) -> str:
        """The frame rate, in ffmpeg's syntax."""
        return fraction(self.span.rate)

    def plane(self, level: str, width: int, height: int, flags: str) -> str:
        """A grey plane of a level (0..1, an expression of `X`, `Y` and the frame `N`) that is computed at a size."""
        return self.chains.chain(
            "",
            [
                f"color=c=black:s={width}x{height}:r={self.rate}",
                f"trim=end_frame={self.span.count}",
                "format=gray",
                f"geq=lum='255*({level})'",
                f"scale=w={self.size.width}:h={self.size.height}:flags={flags}",
            ],
        )

    def through(self, plane: str, before: str, after: str) -> str:
        """`after` over `before`, with the plane as opacity."""
        if self.clear:
            return self._merged(plane, before, after)
        top = self.chains.chain(after + plane, ["alphamerge"])
        return self.chains.chain(before + top, ["overlay=x=0:y=0:format=yuv420"])

    def _merged(self, plane: str, before: str, after: str) -> str:
        """The same for pictures with alpha."""
        mixed = ["format=yuva444p", TAGS, "premultiply=inplace=1"]
        both = [self.chains.chain(each, mixed) for each in (before, after)]
        mask = self.chains.chain(plane, ["mergeplanes=format=yuva444p"])
        unmixed = ["unpremultiply=inplace=1", "format=yuva420p", TAGS]
        return self.chains.chain("".join(both) + mask, ["maskedmerge", *unmixed])

    def dipped(self, color: Color, before: str, after: str) -> str:
        """Dip to a colour: `before` in the first half, `after` in the second, and the colour above."""
        level = f"1-abs(2*({self.span.ramp.expression('N')})-1)"
        return self.tinted(self.plane(level, 16, 16, "neighbor"), color, self.cut(before, after))

    def cut(self, before: str, after: str, at: float = 0.5) -> str:
        """`before` up to a part of the time, then `after`."""
        first = math.ceil(at * self.span.total - 0.5 + SLIGHT) - self.span.passed
        return self.through(self.plane(f"gte(N,{first})", 16, 16, "neighbor"), before, after)

    def tinted(self, plane: str, color: Color, shown: str) -> str:
        """A colour over the picture, with the plane as opacity; transparent pixels stay transparent."""
        red, green, blue = (round(part * 255) for part in color[:3])
        solid = self.chains.chain(
            "",
            [
                f"color=c=0x{red:02x}{green:02x}{blue:02x}:s={self.size.width}x{self.size.height}:r={self.rate}",
                *("trim=end_frame=1", "format=gbrp", to_bt709(), "format=yuv420p"),
                TAGS,
                *repeated(self.span.count),
            ],
        )
        if self.clear:
            shown, other = self.chains.split(shown, 2)
            solid = self.chains.chain(solid + self.chains.chain(other, ["alphaextract"]), ["alphamerge", TAGS])
        return self.through(plane, shown, solid)

    def slid(self, across: int, down: int, before: str, after: str, easing: str = "ld(0)") -> str:
        """Slide: both pictures side by side, and a window of the canvas's size that moves over them by whole pixels.
        `easing` is the part of the way, an expression of the progress, `ld(0)`.
        """
        width, height = self.size.width, self.size.height
        whole, small = ("yuva444p", "yuva420p") if self.clear else ("yuv444p", "yuv420p")
        both = [self.chains.chain(each, [f"format={whole}", TAGS]) for each in (before, after)]
        side = width if across else height
        passed = _up(side, f"(st(0,{self.span.ramp.expression('n')});{easing})")
        pair, start = (reversed(both), f"{side}-{passed}") if across + down > 0 else (both, passed)
        x, y = (start, "0") if across else ("0", start)
        window = f"crop=w={width}:h={height}:x='{x}':y='{y}':exact=1"
        stack = "hstack" if across else "vstack"
        return self.chains.chain("".join(pair), [stack, window, f"format={small}", TAGS])

    def _wipe(self, across: int, down: int) -> str:
        """A plane that is white on one side of a moving edge."""
        width, height = self.size.width, self.size.height
        place, side = ("X", width) if across else ("Y", height)
        part = f"({self.span.ramp.expression('N')})"
        forwards = across + down > 0
        seen = f"lt({place},{_up(side, part)})" if forwards else f"gte({place},{_up(side, f'(1-{part})')})"
        return self.plane(seen, width if across else 2, height if down else 2, "neighbor")

    def _grown(self) -> Iterator[str]:
        """Enlarged about the middle, up to twice the size."""
        at_scale, at_crop = map(self.span.ramp.expression, (frame_number(self.span.rate), "n"))
        sides = self.size.width, self.size.height
        width, height = (f"2*round({side / 2}*(1+{at_scale}))" for side in sides)
        # crop knows the first frame's size only
        x, y = (f"round({side / 2}*(1+{at_crop}))-{side // 2}" for side in sides)
        yield f"scale=w='{width}':h='{height}':eval=frame"
        yield f"crop=w={self.size.width}:h={self.size.height}:x='{x}':y='{y}'"
        yield "setsar=1"

    def coarse(self, source: str, changed: Callable[[float], Iterable[str]], *, steps: int = COARSE_STEPS) -> str:
        """A change by filters without a time-dependent strength: strongest in the middle, each of at most `steps` of it
        (0..1) a stream of its own.
        """
        runs = list(self._runs(steps))
        labels = self.chains.split(source, len(runs))
        back = ["format=yuva420p" if self.clear else "format=yuv420p", "setsar=1"]
        parts = [
            self.chains.chain(
                label, [f"trim=start_frame={start}:end_frame={end}", "setpts=PTS-STARTPTS", *changed(rising), *back]
            )
            for label, (start, end, rising) in zip(labels, runs, strict=True)
        ]
        joined = [f"concat=n={len(parts)}:v=1:a=0"] if len(parts) > 1 else []
        tick = fraction(1 / self.span.rate)  # concat knows no length of a part of one frame
        return self.chains.chain("".join(parts), [*joined, f"settb={tick}", "setpts=N"])

    def _blurred(self, rising: float) -> Iterable[str]:
        width, height = self.size.width, self.size.height
        return blur_steps(BLUR_AT_MOST * width * rising, width, height, alpha=self.clear)

    def _pixelized(self, rising: float) -> Iterable[str]:
        side = max(1.0, self.size.width / TILES * rising)
        columns, rows = (max(1, round(each / side)) for each in (self.size.width, self.size.height))
        return tile_steps(columns, rows, self.size, alpha=self.clear)

    def _runs(self, steps: int) -> Iterator[tuple[int, int, float]]:
        """Steps as (start, end, strength 0..1). Where the transition is split, so is a step, and its strength stays the
        same.
        """
        span = self.span
        run = max(1, -(-span.total // steps))
        for start in range(-(span.passed % run), span.count, run):
            end = min(span.total - span.passed, start + run)
            middle = (span.part(start) + span.part(end - 1)) / 2
            yield max(0, start), min(span.count, end), 1 - abs(2 * middle - 1)


Drawing: TypeAlias = Callable[[Mixer, Variation, str, str], str]
"""A transition of its own module: the label of the frames between two streams."""


def _up(side: int, part: str) -> str:
    """An expression for a part of a side, rounded up to whole pixels."""
    return f"ceil({side}*{part}-{SLIGHT})"


def blend(chains: Chains, mode: BlendMode, strength: float, lower: str, upper: str) -> str:
    """The label of two blended RGB streams, mixed with the upper one below full strength."""
    if strength >= 1:
        return _blended(chains, mode, lower, upper)
    upper, plain = chains.split(upper, 2)
    mixed = _blended(chains, mode, lower, upper)
    return chains.chain(mixed + plain, [f"blend=all_mode=normal:all_opacity={strength:.5f}"])


def _blended(chains: Chains, mode: BlendMode, lower: str, upper: str) -> str:
    if mode is BlendMode.LINEAR_BURN:
        inverted = "".join(chains.chain(each, ["negate"]) for each in (lower, upper))
        return chains.chain(inverted, ["blend=all_mode=addition", "negate"])
    if mode is BlendMode.SOFT_LIGHT:
        return chains.chain(lower + upper, ["lut2=" + ":".join(f"c{plane}='{SOFT_LIGHT}'" for plane in range(3))])
    both = upper + lower if mode in UPPER_FIRST else lower + upper
    return chains.chain(both, [f"blend=all_mode={BLENDS[mode]}"])
