"""The filter graph of a chunk: layers, effects and transitions over a base. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from services.drafts.design import BlendMode, Effect, EffectKind
from services.render.box import Size
from services.render.effects.color import FROM_RGB, TO_RGB
from services.render.effects.filters import TONES, adjustment_steps, blur_steps, chroma_steps, runs, steps
from services.render.effects.keyed import Stream, keyed_steps, strength_ramp
from services.render.effects.scenes import CHANGING_SCENES
from services.render.media.containers import input_options
from services.render.media.probe import Footage
from services.render.media.still import Still
from services.render.picture import mixing, transitions
from services.render.picture.chains import Chains, fraction, repeated
from services.render.picture.chunks import Piece, Use
from services.render.picture.moving import MotionPath, alpha_plane, framed_in_black, motion_path, window_path
from services.render.picture.shapes import (
    TAGS,
    base_format,
    faced,
    framed,
    over_format,
    shape,
    sized,
    to_bt709,
    upright_size,
)
from services.render.picture.sources import FootageUse, Sources
from services.render.timeline.scene import (
    Item,
    Layer,
    SolidColor,
    Span,
    StillSequence,
    Timeline,
    TrackEffect,
    TransitionItem,
)

CHANGING = CHANGING_SCENES | {
    EffectKind.GRAIN,
    EffectKind.GLITCH,
    EffectKind.SHAKE,
    EffectKind.ZOOM,
    EffectKind.FLASH,
}
"""Effects that change from frame to frame."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Frames to overlay, from time 0 on, and the position of their corner (expressions of `t`)."""

    label: str
    x: str
    y: str


class Painter:
    """Draws on a canvas for the frames of `span`; streams begin at time 0 with the span's first frame.

    `steady`: its frames are read only after all earlier ones are drawn (see `FootageUse`).
    """

    def __init__(
        self,
        chains: Chains,
        sources: Sources,
        timeline: Timeline,
        span: Span,
        *,
        clear: bool = False,
        steady: bool = False,
    ) -> None:
        self._chains = chains
        self._sources = sources
        self._timeline = timeline
        self._span = span
        self._clear = clear
        self._steady = steady

    def lossless(self, made: Path) -> str:
        """The stream of the pass before."""
        source = self._chains.open([*input_options("nut" if self._clear else "mov"), "-i", str(made)])
        return self._chains.chain(source, [f"settb={self._tick}", "setpts=N", TAGS])

    def base(self, pieces: Sequence[Piece], *, steady: bool = True) -> str:
        """The pieces in sequence, each opaque and of the canvas's size."""
        labels = [self._piece(piece, steady=steady) for piece in pieces]
        joined = [] if len(labels) == 1 else [f"concat=n={len(labels)}:v=1:a=0"]
        return self._chains.chain("".join(labels), [*joined, f"settb={self._tick}", "setpts=N"])

    def over(self, under: str, item: Item, span: Span) -> str:
        """An item over `under` for some of its frames."""
        if isinstance(item, TrackEffect):
            return self._apply_track_effect(under, item, span)
        if isinstance(item, TransitionItem):
            return self._overlaid(
                under, Overlay(self._transition(item, span, opaque=False, steady=False), "0", "0"), span
            )
        if item.blend is not BlendMode.NORMAL:
            return self._blended(under, item, span)
        return self._overlaid(under, self._overlay(item, span), span)

    def _piece(self, piece: Piece, *, steady: bool) -> str:
        if piece.use is None:
            return self._background(piece.span.count)
        item = piece.use.item
        if isinstance(item, TransitionItem):
            return self._transition(item, piece.span, opaque=True, steady=steady)
        assert isinstance(item, Layer)  # noqa: S101 - effects have no picture
        if item.motion is not None or item.pose.quarter_turns is None:
            return self._window(item, piece.span, steady=steady)
        processed = self._processed(
            item, piece.span, upright_size(item), base_format(item, self._timeline), steady=steady
        )
        steps = framed(item, self._timeline)
        if processed.single:
            steps += repeated(piece.span.count)
        return self._chains.chain(processed.label, [*steps, *self._alpha_format])

    def _background(self, count: int) -> str:
        red, green, blue, _ = (round(part * 255) for part in self._timeline.background)
        color = "black@0" if self._clear else f"0x{red:02x}{green:02x}{blue:02x}"
        source = f"color=c={color}:s={self._timeline.width}x{self._timeline.height}:r={self._rate}"
        steps = ["format=yuva420p"] if self._clear else ["format=gbrp", to_bt709(), "format=yuv420p"]
        return self._chains.chain("", [source, "trim=end_frame=1", *steps, TAGS, *repeated(count)])

    def _overlaid(self, under: str, top: Overlay, span: Span) -> str:
        """A picture over `under`. It is enabled by time: ffmpeg 5 counts the frames of either input."""
        start, end = span.start - self._span.start, span.end - self._span.start
        label = self._chains.chain(top.label, [f"settb={self._tick}", f"setpts=PTS+{start}"])
        always = start == 0 and end == self._span.count
        while_seen = "" if always else self._enabled(start, end)
        place = f"x='{top.x}':y='{top.y}':format=yuv420"
        return self._chains.chain(under + label, [f"overlay={place}:eof_action=repeat{while_seen}"])

    def _overlay(self, layer: Layer, span: Span) -> Overlay:
        has_alpha = self._has_alpha(layer)
        if layer.motion is not None or (layer.pose.quarter_turns is None and not has_alpha):
            return self._moving(layer, span)
        pixel_format = "yuva444p" if layer.chroma else over_format(layer, has_alpha=has_alpha)
        processed = self._processed(layer, span, upright_size(layer), pixel_format, steady=self._steady)
        formed = shape(layer, has_alpha=has_alpha)
        return Overlay(self._chains.chain(processed.label, formed.steps), str(formed.box.left), str(formed.box.top))

    def _moving(self, layer: Layer, span: Span) -> Overlay:
        path = motion_path(layer, span, self._span.start, self._timeline)
        solid = not path.grows and not self._has_alpha(layer)
        label = self._solid(layer, path, span) if solid else self._clear_edged(layer, path, span)
        return Overlay(label, *path.corner())

    def _solid(self, layer: Layer, path: MotionPath, span: Span) -> str:
        """A moving or turned picture without alpha: it stays in 4:2:0, and its alpha is its outline, which is placed
        once where the picture does not move.
        """
        processed = self._processed(layer, span, path.size, "yuv420p", steady=self._steady, ramp=False)
        before, after = ([path.place()], []) if path.still else ([], [path.place()])
        upright = faced(replace(layer.pose, rotation_deg=0.0))
        picture = self._chains.chain(processed.label, [*upright, path.pad(), path.smear(), *before, TAGS])
        stamp = self._chains.chain("", [*path.stamp(), *before])
        single, alpha = processed.single, path.motion.alpha
        if not (alpha.still and single):
            stamp = self._chains.chain(stamp, repeated(span.count))
        if not alpha.still:
            plane = self._chains.chain("", list(alpha_plane(alpha, span.start, span.count, path.box, path.rate)))
            stamp = self._chains.chain(stamp + plane, ["blend=all_mode=multiply"])
            picture = self._chains.chain(picture, repeated(span.count)) if single else picture
            single = False
        merged = self._chains.chain(picture + stamp, ["alphamerge", TAGS])
        hold = repeated(span.count) if single and not path.still else []
        return self._chains.chain(merged, [*hold, *after, TAGS])

    def _clear_edged(self, layer: Layer, path: MotionPath, span: Span) -> str:
        """A moving picture with alpha, or one that is scaled frame by frame."""
        processed = self._processed(layer, span, path.size, "yuva444p", steady=self._steady)
        hold = repeated(span.count) if processed.single else []
        resize = [path.resize("in_color_matrix=bt709:in_range=tv:"), "format=yuva444p"] if path.grows else []
        padded = [path.pad(), TAGS, "premultiply=inplace=1"]
        steps = [*hold, *resize, *padded] if path.grows else [*padded, *hold]
        return self._chains.chain(
            processed.label,
            [*faced(replace(layer.pose, rotation_deg=0.0)), *steps, path.place(), "unpremultiply=inplace=1", TAGS],
        )

    def _window(self, layer: Layer, span: Span, *, steady: bool) -> str:
        """A moving or turned picture that hides the canvas, or lies on black: it stays in 4:2:0 and needs no alpha."""
        hides = layer.hides(self._timeline.canvas)
        path = window_path(layer, span, self._timeline, hides=hides)
        processed = self._processed(layer, span, path.size, "yuv420p", steady=steady)
        padded = [] if path.size == path.box else [path.pad("black"), *([path.smear()] if hides else [])]
        hold = repeated(span.count) if processed.single else []
        upright = faced(replace(layer.pose, rotation_deg=0.0))
        placed = list(path.pan(self._size)) if hides and path.pans else [path.place(), path.window(self._size)]
        shown = [*placed, *hold] if path.still else [*hold, *placed]
        return self._chains.chain(processed.label, [*upright, *padded, *shown, TAGS, *self._alpha_format])

    def _processed(
        self, layer: Layer, span: Span, size: Size, pixel_format: str, *, steady: bool, ramp: bool = True
    ) -> "ProcessedFrames":
        """The layer's frames, upright and scaled, with effects and masks; without `ramp`, but for its moving
        opacity.
        """
        picture = layer.picture
        if isinstance(picture, SolidColor):
            return ProcessedFrames(self._solid_color(picture, size), single=True)
        label, single = self._frames(layer, span, steady=steady)
        done = list(sized(layer, size, pixel_format, quick=self._timeline.quick))
        if layer.reverse:
            done.append("reverse")
        if layer.chroma:
            done += chroma_steps(layer.chroma, alpha=picture.has_alpha)
        if layer.cover_blur_px:
            done += blur_steps(layer.cover_blur_px, size.width, size.height)
        if single and (_changes(layer) or _tones_move(layer)):
            done, single = [*done, *repeated(span.count)], False
        done += self._effect_steps(layer, span, size, pixel_format)
        processed = ProcessedFrames(self._chains.chain(label, [*done, TAGS]), single=single)
        return self._with_alpha_planes(layer, span, size, processed) if ramp else processed

    def _frames(self, layer: Layer, span: Span, *, steady: bool) -> tuple[str, bool]:
        """The label of a layer's frames, and whether it is a single frame, which is processed once."""
        picture = layer.picture
        if isinstance(picture, Footage):
            return self._sources.frames(FootageUse(layer, span, steady)), False
        assert isinstance(picture, Still)  # noqa: S101 - a colour is no file
        return self._still(picture), True

    def _still(self, still: Still) -> str:
        arguments = [*input_options(still.demuxer), "-framerate", self._rate, "-i", str(still.path)]
        return self._chains.chain(self._chains.open(arguments), [f"settb={self._tick}", "setpts=0"])

    def _stills(self, stills: StillSequence, span: Span) -> str:
        """The pictures of some frames; the first and the last one hold beyond."""
        begin = min(max(span.start, stills.first), stills.first + stills.count - 1)
        files = ["-framerate", self._rate, "-start_number", str(begin), "-i", str(stills.pattern)]
        source = self._chains.open([*input_options("image2"), *files])
        early = [f"tpad=start={begin - span.start}:start_mode=clone"] if begin > span.start else []
        return self._chains.chain(source, [f"settb={self._tick}", "setpts=N", *early, *repeated(span.count)])

    def _solid_color(self, color: SolidColor, size: Size) -> str:
        red, green, blue, _ = (round(part * 255) for part in color.color)
        source = f"color=c=0x{red:02x}{green:02x}{blue:02x}:s={size.width}x{size.height}:r={self._rate}"
        return self._chains.chain("", [source, "trim=end_frame=1", "format=gbrp", to_bt709(), "format=yuv420p", TAGS])

    def _effect_steps(self, layer: Layer, span: Span, size: Size, pixel_format: str) -> Iterator[str]:
        """The steps of the layer's effects and tones."""
        stream = Stream(span, span.start, self._timeline.rate)
        lasting = Span(layer.effects_start, layer.effects_start + layer.effects_length)
        for run in runs(layer.effects):
            yield from self._effect(run, size, lasting, stream, pixel_format)
        motion = layer.motion
        if motion is not None:
            tones = {
                EffectKind.BRIGHTNESS: motion.brightness,
                EffectKind.CONTRAST: motion.contrast,
                EffectKind.SATURATION: motion.saturation,
            }
            moved = {kind: ramp.shifted(-span.start) for kind, ramp in tones.items()}
            yield from adjustment_steps(moved, self._timeline.rate, span.count)

    def _effect(
        self, run: tuple[Effect, ...], size: Size, lasting: Span, stream: Stream, pixel_format: str
    ) -> tuple[str, ...]:
        """The steps of an effect, or a run of adjustments, that lasts for some frames, in a stream of others."""

        def constant(zero: int, *effects: Effect) -> tuple[str, ...]:
            return steps(
                *effects,
                width=size.width,
                height=size.height,
                rate=self._timeline.rate,
                start=lasting.start - zero,
                length=lasting.count,
                lut=Path(effects[0].path) if effects[0].path else None,
                alpha=pixel_format.startswith("yuva"),
            )

        if all(effect.curve is None for effect in run):
            return constant(stream.zero, *run)
        if run[0].kind in TONES:
            tones = {effect.kind: strength_ramp(effect, lasting, stream) for effect in run}
            return adjustment_steps(tones, stream.rate, stream.span.end - stream.zero)
        return keyed_steps(run[0], lasting, stream, pixel_format, constant)

    def _with_alpha_planes(
        self, layer: Layer, span: Span, size: Size, processed: "ProcessedFrames"
    ) -> "ProcessedFrames":
        """The picture with its mask and moving opacity multiplied into its alpha."""
        alpha = layer.motion.alpha if layer.motion else None
        planes: list[str] = []
        single = processed.single
        if layer.mask is not None:
            scale = f"scale=w={size.width}:h={size.height}"
            if isinstance(layer.mask, StillSequence):
                if single:
                    processed = ProcessedFrames(self._chains.chain(processed.label, repeated(span.count)), single=False)
                    single = False
                planes.append(self._chains.chain(self._stills(layer.mask, span), [scale, "format=gray"]))
            else:
                held_mask = [] if single else repeated(span.count)
                planes.append(self._chains.chain(self._still(layer.mask), [scale, "format=gray", *held_mask]))
        if alpha is not None and not (alpha.still and alpha.first >= 1):
            if single:
                processed = ProcessedFrames(self._chains.chain(processed.label, repeated(span.count)), single=False)
                planes = [self._chains.chain(plane, repeated(span.count)) for plane in planes]
            planes.append(
                self._chains.chain("", list(alpha_plane(alpha, span.start, span.count, size, self._timeline.rate)))
            )
        if not planes:
            return processed
        picture = processed.label
        if self._source_has_alpha(layer):
            picture, other = self._chains.split(picture, 2)
            planes.insert(0, self._chains.chain(other, ["alphaextract"]))
        together = planes[0]
        for plane in planes[1:]:
            together = self._chains.chain(together + plane, ["blend=all_mode=multiply"])
        return ProcessedFrames(self._chains.chain(picture + together, ["alphamerge", TAGS]), single=processed.single)

    def _source_has_alpha(self, layer: Layer) -> bool:
        """Whether a layer's frames have alpha before its mask."""
        return layer.chroma is not None or (not isinstance(layer.picture, SolidColor) and layer.picture.has_alpha)

    def _has_alpha(self, layer: Layer) -> bool:
        return layer.mask is not None or self._source_has_alpha(layer)

    def _apply_track_effect(self, under: str, effect_item: TrackEffect, span: Span) -> str:
        """All that is below, with the track's effects in their frames."""
        size = self._size
        start, end = span.start - self._span.start, span.end - self._span.start
        stream = Stream(span, self._span.start, self._timeline.rate)
        pixel_format = "yuva420p" if self._clear else "yuv420p"
        seen = [
            step
            for run in runs(effect_item.effects)
            for step in self._effect(run, size, effect_item.span, stream, pixel_format)
        ]
        if not seen:
            return under
        back = [*self._opaque_format, TAGS]
        if start == 0 and end == self._span.count:
            return self._chains.chain(under, [*seen, *back])
        plain, other = self._chains.split(under, 2)
        changed = self._chains.chain(other, [f"trim=start_frame={start}:end_frame={end}", *seen, *back])
        return self._replaced(plain, changed, start, end)

    def _replaced(self, plain: str, changed: str, start: int, end: int) -> str:
        """`changed` instead of `plain` from one frame to another; times are those of the canvas."""
        seen = self._enabled(start, end)
        return self._chains.chain(plain + changed, [f"overlay=x=0:y=0:format=yuv420:eof_action=repeat{seen}"])

    def _enabled(self, start: int, end: int) -> str:
        """The option that enables a filter in frames `start` up to `end` of the canvas."""
        from_s, to_s = ((frame - 0.5) / float(self._timeline.rate) for frame in (start, end))
        return f":enable='gte(t,{from_s:.6f})*lt(t,{to_s:.6f})'"

    def _blended(self, under: str, layer: Layer, span: Span) -> str:
        """A picture blended with the picture below in RGB; where it is transparent, nothing changes."""
        start, end = span.start - self._span.start, span.end - self._span.start
        plain, other = self._chains.split(under, 2)
        to_rgb = [TO_RGB[0], "format=gbrp"]
        window = [f"trim=start_frame={start}:end_frame={end}", "setpts=PTS-STARTPTS"]
        lower = self._chains.chain(other, [*window, *to_rgb])
        alone = Painter(self._chains, self._sources, self._timeline, span, clear=True, steady=self._steady)
        top = alone._overlaid(alone._background(span.count), alone._overlay(layer, span), span)
        color, other = self._chains.split(top, 2)
        alpha = self._chains.chain(other, ["alphaextract"])
        mixed = mixing.blend(self._chains, layer.blend, layer.blend_strength, lower, self._chains.chain(color, to_rgb))
        back = [FROM_RGB[0], "format=yuv444p", TAGS]
        shown = self._chains.chain(self._chains.chain(mixed, back) + alpha, ["alphamerge", TAGS])
        return self._overlaid(plain, Overlay(shown, "0", "0"), span)

    def _transition(self, transition: TransitionItem, span: Span, *, opaque: bool, steady: bool) -> str:
        """A transition's frames, of the canvas's size."""
        side = Painter(self._chains, self._sources, self._timeline, span, clear=not opaque, steady=steady)
        before, after = side._side(transition.before), side._side(transition.after)
        taken = mixing.TransitionSpan(
            span.start - transition.span.start, span.count, transition.span.count, self._timeline.rate
        )
        mixer = mixing.Mixer(self._chains, self._size, taken, clear=not opaque)
        mixed = transitions.mix(mixer, transition.kind, transition.look, before, after)
        return self._chains.chain(mixed, [f"settb={self._tick}", "setpts=N"])

    def _side(self, layers: Sequence[Layer]) -> str:
        """One side of a transition."""
        seen = [(layer, layer.span.clipped(self._span)) for layer in layers]
        seen = [(layer, span) for layer, span in seen if span.count > 0]
        first = Use(*seen[0]) if seen and self._can_begin(seen[0][0]) and seen[0][1] == self._span else None
        picture = self.base([Piece(self._span, first)], steady=self._steady)
        for layer, span in seen[1:] if first else seen:
            picture = self.over(picture, layer, span)
        return picture

    def _can_begin(self, layer: Layer) -> bool:
        framed = not self._clear and framed_in_black(layer, self._timeline)
        return framed or layer.hides(self._timeline.canvas)

    @property
    def _size(self) -> Size:
        return Size(self._timeline.width, self._timeline.height)

    @property
    def _opaque_format(self) -> list[str]:
        return ["format=yuva420p" if self._clear else "format=yuv420p"]

    @property
    def _alpha_format(self) -> list[str]:
        return ["format=yuva420p", TAGS] if self._clear else []

    @property
    def _rate(self) -> str:
        return fraction(self._timeline.rate)

    @property
    def _tick(self) -> str:
        return fraction(1 / self._timeline.rate)


@dataclass(frozen=True, slots=True)
class ProcessedFrames:
    """A layer's processed frames, upright and scaled; `single`: one frame, repeated later."""

    label: str
    single: bool


def _changes(layer: Layer) -> bool:
    return any(effect.kind in CHANGING or effect.curve is not None for effect in layer.effects)


def _tones_move(layer: Layer) -> bool:
    motion = layer.motion
    return motion is not None and not all(
        tone.still for tone in (motion.brightness, motion.contrast, motion.saturation)
    )
