"""Typed records of a segment's design: transitions, masks, animations and effects.

Transitions, animations and effects that the apps define by a resource of their own are sorted into families; see
`services/drafts/families/lookup.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from services.drafts.colors import Color
from services.drafts.curves import MASKED, Curve

P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """The differences between entries of one family, as the words of a name tell them; None: the name tells nothing.

    `angle_deg` is a direction, clockwise from rightwards. `seed` is 0 for a plain name, which has the family's standard
    look, else a number of the name, which chooses among looks.
    """

    angle_deg: int | None = None
    color: Color | None = None
    count: int | None = None
    opening: bool | None = None
    turning: bool | None = None
    """Whether clockwise."""
    seed: int = 0

    def pick(self, *choices: P, salt: int = 0) -> P:
        """One of the choices; the first for a plain name."""
        return choices[(self.seed >> salt) % len(choices)]

    def angle(self, *choices: int) -> int:
        """The direction in degrees, or one of the choices."""
        return self.pick(*choices, salt=3) if self.angle_deg is None else self.angle_deg

    def number(self, *choices: int) -> int:
        """The number in the name, or one of the choices."""
        return self.pick(*choices, salt=6) if self.count is None else self.count

    def opens(self) -> bool:
        """Whether something opens or grows, rather than closes or shrinks."""
        return self.pick(True, True, False, salt=9) if self.opening is None else self.opening

    def clockwise(self) -> bool:
        """Whether something turns clockwise."""
        return self.pick(True, False, salt=11) if self.turning is None else self.turning


PLAIN = Variation()
"""The standard look of a family."""


class TransitionKind(StrEnum):
    """Families of transitions. Slides and wipes are named by the direction in which the new picture moves."""

    DISSOLVE = "dissolve"
    FADE_BLACK = "fade_black"
    FADE_WHITE = "fade_white"
    SLIDE_LEFT = "slide_left"
    SLIDE_RIGHT = "slide_right"
    SLIDE_UP = "slide_up"
    SLIDE_DOWN = "slide_down"
    WIPE_LEFT = "wipe_left"
    WIPE_RIGHT = "wipe_right"
    WIPE_UP = "wipe_up"
    WIPE_DOWN = "wipe_down"
    CIRCLE = "circle"
    ZOOM = "zoom"
    BLUR = "blur"
    PIXELIZE = "pixelize"
    SWEEP = "sweep"
    BLINDS = "blinds"
    DOORS = "doors"
    CLOCK = "clock"
    HEART = "heart"
    STAR = "star"
    POLYGON = "polygon"
    CELLS = "cells"
    INK = "ink"
    BURN = "burn"
    DOTS = "dots"
    WAVES = "waves"
    TEAR = "tear"
    BRUSH = "brush"
    SPIRAL = "spiral"
    RINGS = "rings"
    PUSH = "push"
    COVER = "cover"
    CARD = "card"
    FLIP = "flip"
    STRETCH = "stretch"
    SPIN = "spin"
    PULL = "pull"
    SHAKE = "shake"
    WHIP = "whip"
    GLITCH = "glitch"
    NEGATIVE = "negative"
    MIRROR = "mirror"
    FISHEYE = "fisheye"
    FLASH = "flash"
    LEAK = "leak"
    STROBE = "strobe"
    SINE = "sine"
    EXPOSURE = "exposure"
    MIST = "mist"
    PANES = "panes"
    BOUNCE = "bounce"
    CUBE = "cube"
    ACROSS = "across"
    """A cut in a blur across."""
    WHITE = "white"
    """A cut in a white light."""
    CURL = "curl"
    """A page that rolls up."""
    CLOSER = "closer"
    """A dissolve of growing pictures in a blur along rays."""
    APPROACH = "approach"
    """A blurred dissolve of a growing picture."""
    INHALE = "inhale"
    """The old picture shrinks to a point."""
    ADDED = "added"
    """A dissolve of the sum of both pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The transition to the next segment of the track, `duration_us` long on the timeline.

    Where the two segments overlap, the transition takes their overlap; else it is centred on the cut between them.
    """

    kind: TransitionKind
    duration_us: int
    name: str = ""
    effect_id: str = ""
    look: Variation = PLAIN


class MaskKind(StrEnum):
    """The shape of a mask. A line keeps what is above it, a mirror the band between two lines."""

    LINE = "line"
    MIRROR = "mirror"
    CIRCLE = "circle"
    RECTANGLE = "rectangle"
    HEART = "heart"
    STAR = "star"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """The visible part of a material. `center_x`, `center_y` in half materials from its centre, y up;
    `width`, `height` as fractions of the material's (a mirror's band is `height`); `rotation_deg` clockwise;
    `feather` and `round_corner` 0..1.
    """

    kind: MaskKind
    center_x: float = 0.0
    center_y: float = 0.0
    width: float = 0.5
    height: float = 0.5
    rotation_deg: float = 0.0
    feather: float = 0.0
    invert: bool = False
    round_corner: float = 0.0

    def moved(self, curves: Sequence[Curve], offset_us: float) -> "Mask":
        """The mask at a time in microseconds from the segment's start, by the curves of `MASKED`."""
        values: dict[str, Any] = {
            curve.property.value.removeprefix("mask_"): curve.at(offset_us)
            for curve in curves
            if curve.property in MASKED
        }
        return replace(self, **values)


class BackdropKind(StrEnum):
    """Kinds of backgrounds behind a segment of the bottom video track."""

    COLOR = "color"
    BLUR = "blur"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """The background of a clip. `blur` 0..1 as the apps store it (0.0625, 0.375, 0.75, 1);
    `picture` is a `MediaMaterial`'s path.
    """

    kind: BackdropKind
    color: Color = (0.0, 0.0, 0.0, 1.0)
    blur: float = 0.0
    picture: str = ""


class BlendMode(StrEnum):
    """The blending of a picture with the layers below it, by the names of W3C's compositing specification."""

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    COLOR_DODGE = "color_dodge"
    COLOR_BURN = "color_burn"
    LINEAR_BURN = "linear_burn"
    HARD_LIGHT = "hard_light"
    SOFT_LIGHT = "soft_light"
    ADD = "add"


class AnimationPhase(StrEnum):
    """The time of an animation: at a segment's beginning, at its end, repeated, or over its whole duration."""

    IN = "in"
    OUT = "out"
    LOOP = "loop"
    GROUP = "group"


class AnimationKind(StrEnum):
    """The family of an animation. Moves are named by the direction in which the picture moves."""

    FADE = "fade"
    ZOOM_IN = "zoom_in"
    """Grows from small to its size at the beginning, and beyond it at the end."""
    ZOOM_OUT = "zoom_out"
    """Shrinks from large to its size at the beginning, and to nothing at the end."""
    MOVE_LEFT = "move_left"
    MOVE_RIGHT = "move_right"
    MOVE_UP = "move_up"
    MOVE_DOWN = "move_down"
    ROTATE = "rotate"
    SHAKE = "shake"
    BOUNCE = "bounce"
    TYPEWRITER = "typewriter"
    """Shows a text character by character; a picture fades instead."""
    BLINK = "blink"
    SWING = "swing"
    SLIGHT_ZOOM_IN = "slight_zoom_in"
    SLIGHT_ZOOM_OUT = "slight_zoom_out"
    SPIN = "spin"
    """Turns while it grows from a point, or shrinks to one."""
    FLIP = "flip"
    """Turns about its upright axis."""
    BLUR = "blur"
    """A fade out of a blur."""
    WIPE_LEFT = "wipe_left"
    WIPE_RIGHT = "wipe_right"
    WIPE_UP = "wipe_up"
    WIPE_DOWN = "wipe_down"
    OPEN = "open"
    """Uncovered from its middle to both sides."""
    SPREAD = "spread"
    """Uncovered by a growing circle."""
    SCROLL_LEFT = "scroll_left"
    """Across the canvas, from outside to outside."""
    SCROLL_RIGHT = "scroll_right"
    SCROLL_UP = "scroll_up"
    TRAIN_LEFT = "train_left"
    """Leaves, first smaller, then larger."""
    TRAIN_RIGHT = "train_right"
    WAVE = "wave"
    """Hops, a text letter by letter."""
    JOLT = "jolt"
    """Comes with a shake, then grows."""
    RAINBOW = "rainbow"
    """A text's letters shimmer in all colours; a picture stays as it is."""
    STILL = "still"


COVERS = frozenset(AnimationKind(name) for name in (
    "wipe_left", "wipe_right", "wipe_up", "wipe_down", "open", "spread",
))  # fmt: skip
"""Animations that uncover a picture, and do not move it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Animation:
    """An animation, its time in microseconds of the timeline from the segment's start.
    A loop repeats every `period_us` from `start_us` to the end of `duration_us`.
    """

    phase: AnimationPhase
    kind: AnimationKind
    start_us: int
    duration_us: int
    period_us: int = 0
    name: str = ""
    effect_id: str = ""


class EffectKind(StrEnum):
    """The family of an effect, a filter or an adjustment."""

    BLUR = "blur"
    VIGNETTE = "vignette"
    BLACK_WHITE = "black_white"
    WARM = "warm"
    COOL = "cool"
    VINTAGE = "vintage"
    VIVID = "vivid"
    FADED = "faded"
    GRAIN = "grain"
    GLITCH = "glitch"
    MOSAIC = "mosaic"
    MIRROR = "mirror"
    SHAKE = "shake"
    ZOOM = "zoom"
    FLASH = "flash"
    BARS = "bars"
    CURTAIN = "curtain"
    GHOST = "ghost"
    SWAY = "sway"
    FRAME = "frame"
    SPLIT = "split"
    KALEIDOSCOPE = "kaleidoscope"
    SCANLINES = "scanlines"
    NEGATIVE = "negative"
    EDGES = "edges"
    POSTER = "poster"
    LENS = "lens"
    RIPPLE = "ripple"
    CLEARING = "clearing"
    """Blurred at first."""
    DUOTONE = "duotone"
    GLOW = "glow"
    DOUBLE = "double"
    SPOTLIGHT = "spotlight"
    LIGHT = "light"
    RAIN = "rain"
    SNOW = "snow"
    BUBBLES = "bubbles"
    STARS = "stars"
    PETALS = "petals"
    HEARTS = "hearts"
    LUT = "lut"
    LOOK = "look"
    """A filter by its recipe."""
    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    SATURATION = "saturation"
    TEMPERATURE = "temperature"
    TINT = "tint"
    HIGHLIGHT = "highlight"
    SHADOW = "shadow"
    BLACK = "black"
    WHITE = "white"
    SHARPEN = "sharpen"
    FADE = "fade"


SIGNED = frozenset(EffectKind(name) for name in (
    "brightness", "contrast", "saturation", "temperature", "tint", "highlight", "shadow", "black", "white", "sharpen",
    "fade",
))  # fmt: skip
"""Adjustments: families with a strength of -1..1."""

Offsets: TypeAlias = tuple[float, float, float]
"""Added to red, green and blue."""
NO_OFFSETS: Offsets = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The colours of a filter, -1..1 each, 0 for unchanged. `shade` is added to shadows, `glow` to lights.
    services/render/effects/recipes.py has the formula.
    """

    light: float = 0.0
    contrast: float = 0.0
    warmth: float = 0.0
    tint: float = 0.0
    saturation: float = 0.0
    fade: float = 0.0
    duo: float = 0.0
    """How far greens and purples lose their colour, so that orange and teal are left."""
    gold: float = 0.0
    """How far all colours but warm ones lose theirs."""
    shade: Offsets = NO_OFFSETS
    glow: Offsets = NO_OFFSETS

    def __add__(self, other: "Recipe") -> "Recipe":
        return Recipe(
            light=_bounded(self.light + other.light),
            contrast=_bounded(self.contrast + other.contrast),
            warmth=_bounded(self.warmth + other.warmth),
            tint=_bounded(self.tint + other.tint),
            saturation=_bounded(self.saturation + other.saturation),
            fade=_bounded(self.fade + other.fade),
            duo=_bounded(self.duo + other.duo),
            gold=_bounded(self.gold + other.gold),
            shade=_offsets(self.shade, other.shade),
            glow=_offsets(self.glow, other.glow),
        )


def _bounded(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _offsets(one: Offsets, other: Offsets) -> Offsets:
    red, green, blue = (_bounded(part + more) for part, more in zip(one, other, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect. `strength` is 0..1; for adjustments (`SIGNED`) -1..1, 0 for unchanged.
    `path` names the draft's file of a LUT, `table` the operator's; `recipe` has the colours of a LOOK; `look` varies a
    scene effect. `curve` is the strength over time, from the start of the segment; it replaces `strength`.
    """

    kind: EffectKind
    strength: float = 1.0
    name: str = ""
    effect_id: str = ""
    path: str = ""
    table: str = ""
    recipe: Recipe | None = None
    look: Variation = PLAIN
    curve: Curve | None = None

    def at(self, offset_us: float) -> "Effect":
        """The effect of a constant strength, that at a time in microseconds from the segment's start."""
        return replace(self, strength=self.curve.at(offset_us), curve=None) if self.curve else self


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaKey:
    """A chroma key: `color` becomes transparent; `intensity` (distance from it) and `shadow` (edge kept) 0..1."""

    color: Color
    intensity: float
    shadow: float = 0.0
