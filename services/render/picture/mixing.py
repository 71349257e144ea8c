"""Filters of transitions and blend modes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from services.drafts.design import BlendMode, TransitionKind
from services.render.box import Size
from services.render.effects.shape import blur_steps, tile_steps
from services.render.picture.chains import Chains, fraction, frame_number
from services.render.picture.shapes import TAGS
from services.render.timeline.ramps import Ramp

_DIRECTIONS = {"LEFT": (-1, 0), "RIGHT": (1, 0), "UP": (0, -1), "DOWN": (0, 1)}
SLIDES = {TransitionKind[f"SLIDE_{name}"]: direction for name, direction in _DIRECTIONS.items()}
WIPES = {TransitionKind[f"WIPE_{name}"]: direction for name, direction in _DIRECTIONS.items()}
"""Direction, x to the right and y down."""
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
        self._chains = chains
        self._size = size
        self._span = span
        self._clear = clear

    def mix(self, kind: TransitionKind, before: str, after: str) -> str:
        """The label of the mixed frames."""
        if kind in SLIDES:
            return self._slid(*SLIDES[kind], before, after)
        if kind in WIPES:
            return self._through(self._wipe(*WIPES[kind]), before, after)
        if kind is TransitionKind.CIRCLE:
            return self._through(self._circle(), before, after)
        if kind in (TransitionKind.FADE_BLACK, TransitionKind.FADE_WHITE):
            return self._dipped("black" if kind is TransitionKind.FADE_BLACK else "white", before, after)
        if kind is TransitionKind.ZOOM:
            before = self._chains.chain(before, list(self._grown()))
        mixed = self._through(self._even(), before, after)
        return self._coarse(kind, mixed) if kind in (TransitionKind.BLUR, TransitionKind.PIXELIZE) else mixed

    def _even(self) -> str:
        """A uniform grey plane with the brightness of the progress."""
        return self._plane(self._span.ramp.expression("N"), 16, 16, "neighbor")

    def _circle(self) -> str:
        """A plane that is white inside a growing circle."""
        width, height = (max(2, side // CIRCLE_DETAIL) for side in (self._size.width, self._size.height))
        radius = f"({self._span.ramp.expression('N')})*{(width**2 + height**2) ** 0.5 / 2:.6f}"
        level = f"clip(0.5+({radius}-hypot(X+0.5-W/2,Y+0.5-H/2))/{CIRCLE_REACH},0,1)"
        plane = self._plane(level, width, height, "bilinear")
        return self._chains.chain(plane, [f"lut=c0='clip((val-127.5)*{CIRCLE_DETAIL * CIRCLE_REACH}+127.5,0,255)'"])

    def _plane(self, level: str, width: int, height: int, flags: str) -> str:
        rate = fraction(self._span.rate)
        return self._chains.chain(
            "",
            [
                f"color=c=black:s={width}x{height}:r={rate}",
                f"trim=end_frame={self._span.count}",
                "format=gray",
                f"geq=lum='255*({level})'",
                f"scale=w={self._size.width}:h={self._size.height}:flags={flags}",
            ],
        )

    def _through(self, plane: str, before: str, after: str) -> str:
        """`after` over `before`, with the plane as opacity."""
        if self._clear:
            return self._merged(plane, before, after)
        top = self._chains.chain(after + plane, ["alphamerge"])
        return self._chains.chain(before + top, ["overlay=x=0:y=0:format=yuv420"])

    def _merged(self, plane: str, before: str, after: str) -> str:
        """The same for pictures with alpha."""
        mixed = ["format=yuva444p", TAGS, "premultiply=inplace=1"]
        both = [self._chains.chain(each, mixed) for each in (before, after)]
        mask = self._chains.chain(plane, ["mergeplanes=format=yuva444p"])
        unmixed = ["unpremultiply=inplace=1", "format=yuva420p", TAGS]
        return self._chains.chain("".join(both) + mask, ["maskedmerge", *unmixed])

    def _dipped(self, color: str, before: str, after: str) -> str:
        """Dip to a colour: `before` in the first half, `after` in the second, and the colour above; transparent pixels
        stay transparent.
        """
        half = -(-self._span.total // 2) - self._span.passed
        shown = self._through(self._plane(f"gte(N,{half})", 16, 16, "neighbor"), before, after)
        level = f"1-abs(2*({self._span.ramp.expression('N')})-1)"
        plane = self._plane(level, 16, 16, "neighbor")
        size = f"{self._size.width}x{self._size.height}"
        solid = self._chains.chain(
            "",
            [
                f"color=c={color}:s={size}:r={fraction(self._span.rate)}",
                f"trim=end_frame={self._span.count}",
                "format=yuv420p",
                TAGS,
            ],
        )
        if self._clear:
            shown, other = self._chains.split(shown, 2)
            solid = self._chains.chain(solid + self._chains.chain(other, ["alphaextract"]), ["alphamerge", TAGS])
        return self._through(plane, shown, solid)

    def _slid(self, across: int, down: int, before: str, after: str) -> str:
        """Slide: both pictures side by side, and a window of the canvas's size that moves over them by whole pixels."""
        width, height = self._size.width, self._size.height
        whole, small = ("yuva444p", "yuva420p") if self._clear else ("yuv444p", "yuv420p")
        both = [self._chains.chain(each, [f"format={whole}", TAGS]) for each in (before, after)]
        side = width if across else height
        passed = _up(side, f"({self._span.ramp.expression('n')})")
        pair, start = (reversed(both), f"{side}-{passed}") if across + down > 0 else (both, passed)
        x, y = (start, "0") if across else ("0", start)
        window = f"crop=w={width}:h={height}:x='{x}':y='{y}':exact=1"
        stack = "hstack" if across else "vstack"
        return self._chains.chain("".join(pair), [stack, window, f"format={small}", TAGS])

    def _wipe(self, across: int, down: int) -> str:
        """A plane that is white on one side of a moving edge."""
        width, height = self._size.width, self._size.height
        place, side = ("X", width) if across else ("Y", height)
        part = f"({self._span.ramp.expression('N')})"
        forwards = across + down > 0
        seen = f"lt({place},{_up(side, part)})" if forwards else f"gte({place},{_up(side, f'(1-{part})')})"
        return self._plane(seen, width if across else 2, height if down else 2, "neighbor")

    def _grown(self) -> Iterator[str]:
        """Enlarged about the middle, up to twice the size."""
        at_scale, at_crop = map(self._span.ramp.expression, (frame_number(self._span.rate), "n"))
        sides = self._size.width, self._size.height
        width, height = (f"2*round({side / 2}*(1+{at_scale}))" for side in sides)
        # crop knows the first frame's size only
        x, y = (f"round({side / 2}*(1+{at_crop}))-{side // 2}" for side in sides)
        yield f"scale=w='{width}':h='{height}':eval=frame"
        yield f"crop=w={self._size.width}:h={self._size.height}:x='{x}':y='{y}'"
        yield "setsar=1"

    def _coarse(self, kind: TransitionKind, source: str) -> str:
        """Blurred or pixelized, most in the middle. Neither filter has a time-dependent strength, so each step is a
        stream of its own.
        """
        runs = list(self._runs())
        labels = self._chains.split(source, len(runs))
        parts = [
            self._chains.chain(
                label,
                [f"trim=start_frame={start}:end_frame={end}", "setpts=PTS-STARTPTS", *self._coarser(kind, rising)],
            )
            for label, (start, end, rising) in zip(labels, runs, strict=True)
        ]
        joined = [f"concat=n={len(parts)}:v=1:a=0"] if len(parts) > 1 else []
        tick = fraction(1 / self._span.rate)  # concat knows no length of a part of one frame
        return self._chains.chain("".join(parts), [*joined, f"settb={tick}", "setpts=N"])

    def _coarser(self, kind: TransitionKind, rising: float) -> Iterator[str]:
        width, height = self._size.width, self._size.height
        if kind is TransitionKind.BLUR:
            yield from blur_steps(BLUR_AT_MOST * width * rising, width, height, alpha=self._clear)
        else:
            side = max(1.0, width / TILES * rising)
            columns, rows = max(1, round(width / side)), max(1, round(height / side))
            yield from tile_steps(columns, rows, Size(width, height), alpha=self._clear)
        yield "format=yuva420p" if self._clear else "format=yuv420p"
        yield "setsar=1"

    def _runs(self) -> Iterator[tuple[int, int, float]]:
        """Steps as (start, end, strength 0..1). Where the transition is split, so is a step, and its strength stays the
        same.
        """
        span = self._span
        run = max(1, -(-span.total // COARSE_STEPS))
        for start in range(-(span.passed % run), span.count, run):
            end = min(span.total - span.passed, start + run)
            middle = (span.part(start) + span.part(end - 1)) / 2
            yield max(0, start), min(span.count, end), 1 - abs(2 * middle - 1)


def _up(side: int, part: str) -> str:
    """An expression for a part of a side, rounded up to whole pixels."""
    return f"ceil({side}*{part}-{SLIGHT})"


def blend(chains: Chains, mode: BlendMode, lower: str, upper: str) -> str:
    """The label of two blended RGB streams."""
    if mode is BlendMode.LINEAR_BURN:
        inverted = "".join(chains.chain(each, ["negate"]) for each in (lower, upper))
        return chains.chain(inverted, ["blend=all_mode=addition", "negate"])
    if mode is BlendMode.SOFT_LIGHT:
        return chains.chain(lower + upper, ["lut2=" + ":".join(f"c{plane}='{SOFT_LIGHT}'" for plane in range(3))])
    both = upper + lower if mode in UPPER_FIRST else lower + upper
    return chains.chain(both, [f"blend=all_mode={BLENDS[mode]}"])
