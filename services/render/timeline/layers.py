"""Layers of a segment: its background, and its picture. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path

from services.drafts.colors import BLACK, Color
from services.drafts.curves import Property
from services.drafts.design import Backdrop, BackdropKind, Effect, EffectKind
from services.drafts.records import Crop, Draft, MediaMaterial, Segment, TextMaterial, Track, TrackKind
from services.render.box import Box, bounding_box
from services.render.media.probe import Footage
from services.render.media.still import Still
from services.render.timeline.animation import (
    PoseChange,
    letter_change,
    letters_move,
    of_letter,
    of_letters,
    typed,
    waves,
)
from services.render.timeline.covers import covered, covers
from services.render.timeline.geometry import Pose, cropped_to_canvas, pans, part_pose, visible_part, whole_sized
from services.render.timeline.karaoke import spoken
from services.render.timeline.motion import changed, motion, moving, poses
from services.render.timeline.prepared import Caption, Prepared, Visual, largest_scale, mask_key
from services.render.timeline.scene import Layer, Picture, SolidColor, Span, StillSequence, frame_at, span_of, time_of

SMALLEST_ALPHA = 1 / 512
"""Lower opacity is invisible: half a step of 8 bits."""
SMALLEST_SCALE = 1e-4
"""Smaller scales are no pixel of any canvas."""
LARGEST_MOVING = 1.5
"""Maximum area of a moving picture, as a multiple of the canvas and of the part that is visible in one frame; a larger
one is split in time, and each piece draws its visible part.
"""
REVERSED_BYTES = 96_000_000
"""Maximum size of a piece played backwards: its frames are kept in memory."""
BACKDROP_SIGMAS = ((0.0, 0.0), (0.0625, 0.01), (0.375, 0.02), (0.75, 0.04), (1.0, 0.06))
"""(stored strength, sigma as a part of the canvas's width) of a blurred background [unverified]."""


def is_visible(track: Track, segment: Segment) -> bool:
    """Whether a segment's picture is visible in any frame."""
    alpha = segment.curve(Property.ALPHA)
    most = alpha.most() if alpha else segment.clip.alpha
    shown = segment.visible and not track.hidden and track.kind is not TrackKind.AUDIO
    return shown and most >= SMALLEST_ALPHA and largest_scale(segment) >= SMALLEST_SCALE


def pixels(crop: Crop, width: int, height: int) -> Box:
    """The crop of a picture of `width` x `height` pixels: one pixel at least."""
    left, top = min(round(crop.left * width), width - 1), min(round(crop.top * height), height - 1)
    return Box(left, top, max(left + 1, round(crop.right * width)), max(top + 1, round(crop.bottom * height)))


@dataclass(frozen=True, slots=True)
class Drawing:
    """Makes the layers of a draft's segments."""

    draft: Draft
    prepared: Prepared
    rate: Fraction

    @property
    def canvas(self) -> Box:
        """The canvas."""
        return Box(0, 0, self.draft.width, self.draft.height)

    @property
    def frames(self) -> int:
        """The video's number of frames."""
        return max(1, frame_at(self.draft.duration_us, self.rate))

    def layers(self, segment: Segment, span: Span) -> tuple[Layer, ...]:
        """The layers of a segment in the frames of a span, which may begin before the segment and end after it."""
        whole = span.clipped(Span(0, self.frames))
        return tuple(
            layer
            for part, seen in self._spoken(segment, whole)
            for piece in self._pieces(part, seen)
            for layer in self._seen(part, piece)
        )

    def _pieces(self, segment: Segment, span: Span) -> Iterator[Span]:
        """The frames in which an animation covers the segment, and the others: those need no mask."""
        if segment.mask is not None or not covers(segment):
            yield span
            return
        frames = range(span.start, span.end)
        for _, run in groupby(frames, lambda frame: covered(segment, self._offset_us(segment, frame))):
            piece = list(run)
            yield Span(piece[0], piece[-1] + 1)

    def _offset_us(self, segment: Segment, frame: int) -> float:
        return time_of(frame, self.rate) - segment.target.start_us

    def _spoken(self, segment: Segment, span: Span) -> Iterator[tuple[Segment, Span]]:
        """The segment, and its frames; of a caption that changes once for each of its stages."""
        stages = spoken(segment.material) if isinstance(segment.material, TextMaterial) else ()
        if len(stages) < 2:
            yield (replace(segment, material=stages[0][1]) if stages else segment), span
            return
        starts = [frame_at(segment.target.start_us + start_us, self.rate) for start_us, _ in stages]
        for (_, text), start, end in zip(stages, [0, *starts[1:]], [*starts[1:], self.frames], strict=True):
            yield replace(segment, material=text), Span(start, max(start, end)).clipped(span)

    def _seen(self, segment: Segment, span: Span) -> Iterator[Layer]:
        visual = self.prepared.visual(segment)
        if visual is not None and span.count > 0:
            yield from self._backdrop(segment, visual, span)
            yield from self._typed(segment, visual, span)

    def usable(self, effects: Sequence[Effect]) -> tuple[Effect, ...]:
        """The effects with their files; a LUT without its file is left out."""
        found = [replace(each, path=str(self._table(each)), table="") for each in effects]
        return tuple(each for each in found if each.path or each.kind not in (EffectKind.LUT, EffectKind.LOOK))

    def _table(self, effect: Effect) -> Path | str:
        """The colour table of an effect; "" for one without."""
        if effect.recipe is not None:
            return self.prepared.recipes.get(effect.recipe, "")
        return self.prepared.luts.get(effect.table or effect.path, "")

    def _typed(self, segment: Segment, visual: Visual, span: Span) -> Iterator[Layer]:
        """The segment's layers; of a caption with a typewriter one layer for each character shown so far, and one for
        the whole caption once it is complete: between neighbouring characters seams would show in a box.
        """
        clusters = visual.clusters if isinstance(visual, Caption) else ()
        picture = visual.still if isinstance(visual, Caption) else visual
        whole = pixels(_crop(segment), picture.pixel_width, picture.pixel_height)
        if clusters and of_letters(segment.animations) and not _boxed(segment) and segment.mask is None:
            yield from self._lettered(segment, visual, clusters, span)
            return
        parts = (
            [
                typed(
                    segment.animations, time_of(frame, self.rate) - segment.target.start_us, segment.target.duration_us
                )
                for frame in range(span.start, span.end)
            ]
            if clusters
            else []
        )
        if clusters and min(parts, default=0) >= 1 and waves(segment.animations) and not _boxed(segment):
            for number, cluster in enumerate(clusters):
                letter = replace(segment, animations=of_letter(segment.animations, number))
                yield from self._own(letter, visual, cluster, span)
            return
        if not parts:
            yield from self._own(segment, visual, whole, span)
        for complete, run in groupby(enumerate(parts, span.start), key=lambda each: each[1] >= 1):
            typing = list(run)
            for index, cluster in enumerate([whole] if complete else clusters):
                there = [frame for frame, part in typing if complete or part * (len(clusters) + 1) >= index + 1]
                if there:
                    yield from self._own(segment, visual, cluster, Span(there[0], there[-1] + 1))

    def _lettered(self, segment: Segment, visual: Visual, clusters: Sequence[Box], span: Span) -> Iterator[Layer]:
        """The layers of a caption whose letters move one after another: one for each letter as long as they do."""
        moves = of_letters(segment.animations)
        phases = {each.phase for each in moves}
        resting = replace(segment, animations=tuple(each for each in segment.animations if each.phase not in phases))
        length_us = segment.target.duration_us
        frames = ((frame, self._offset_us(segment, frame)) for frame in range(span.start, span.end))
        for going_on, run in groupby(frames, key=lambda each: letters_move(moves, each[1], length_us)):
            shown = list(run)
            part = Span(shown[0][0], shown[-1][0] + 1)
            if not going_on:
                yield from self._typed(resting, visual, part)
                continue
            for number, cluster in enumerate(clusters):
                changes = [letter_change(moves, at_us, length_us, number, len(clusters)) for _, at_us in shown]
                yield from self._own(resting, visual, cluster, part, changes)

    def _own(
        self, segment: Segment, visual: Visual, region: Box, span: Span, changes: Sequence[PoseChange] = ()
    ) -> Iterator[Layer]:
        """The layers of a region of the segment's picture, in each frame changed about the region's middle."""
        picture = visual.still if isinstance(visual, Caption) else visual
        full = pixels(_crop(segment), picture.pixel_width, picture.pixel_height)
        wholes = poses(segment, visual, full, self.canvas, span, self.rate)
        frame_poses = [part_pose(pose, full, region) for pose in wholes]
        if changes:
            own = frame_poses * (len(changes) // len(frame_poses))
            frame_poses = [changed(pose, change, self.canvas) for pose, change in zip(own, changes, strict=True)]
        layer = replace(
            self._plain(segment, picture, span, frame_poses[0], region),
            mask=self._mask(segment, span),
            effects=self.usable(segment.effects),
            effects_start=span_of(segment.target, self.rate).start,
            effects_length=span_of(segment.target, self.rate).count,
            chroma=segment.chroma,
            blend=segment.blend,
            blend_strength=segment.blend_strength,
        )
        placed = self._moving(segment, layer, frame_poses) if changes or moving(segment) else self._standing(layer)
        for each in placed:
            yield from self._forwards(each)

    def _mask(self, segment: Segment, span: Span) -> Still | StillSequence | None:
        """The mask of a segment in a span, or its covers."""
        if segment.mask is None and not covered(segment, self._offset_us(segment, span.start)):
            return None
        return self.prepared.masks.get(mask_key(segment))

    def _plain(self, segment: Segment, picture: Picture, span: Span, pose: Pose, region: Box) -> Layer:
        footage = isinstance(picture, Footage)
        return Layer(
            segment_id=segment.id,
            picture=picture,
            span=span,
            pose=pose,
            region=region,
            source_us=self._source_us(segment, span) if footage else 0.0,
            speed=segment.speed if footage else 1.0,
            reverse=segment.reverse and footage,
            warp=segment.warp.later(segment.target.start_us) if segment.warp and footage else None,
        )

    def _source_us(self, segment: Segment, span: Span) -> float:
        """The time of the first frame in the material (the last, of a reversed segment). Frames are snapped, times in
        the material are not; a span that begins before its segment may begin before the material.
        """
        if segment.warp is not None:
            return segment.warp.source_us(time_of(span.start, self.rate) - segment.target.start_us)
        start_us = segment.source.start_us if segment.source else 0
        own = span_of(segment.target, self.rate)
        if segment.reverse:
            return start_us + (time_of(own.end, self.rate) - time_of(span.end, self.rate)) * segment.speed
        found_us = start_us + (time_of(span.start, self.rate) - segment.target.start_us) * segment.speed
        return found_us if span.start < own.start else max(0.0, found_us)

    def _standing(self, layer: Layer) -> Iterator[Layer]:
        if not layer.pose.box().meets(self.canvas):
            return
        if layer.mask is None:
            grid = 2 if isinstance(layer.picture, Footage) else 1
            pose, region = cropped_to_canvas(layer.pose, layer.region, self.canvas, grid=grid)
            layer = replace(layer, pose=pose, region=region)
        yield replace(layer, pose=replace(layer.pose, rotation_deg=layer.pose.rotation_deg % 360))

    def _moving(self, segment: Segment, layer: Layer, frame_poses: Sequence[Pose]) -> Iterator[Layer]:
        """The layer with its motion, cropped to its visible part; nothing if it is never visible, pieces if it grows
        too large.
        """
        seen = [pose for pose in frame_poses if pose.alpha >= SMALLEST_ALPHA and pose.box().meets(self.canvas)]
        parts = [visible_part(pose, layer.region, self.canvas, grid=2) for pose in seen]
        part = bounding_box(parts)
        if part.empty:
            return
        part = layer.region if layer.mask else part
        if not layer.mask and pans(frame_poses):
            part = whole_sized(frame_poses[0], layer.region, part)
        shown = [part_pose(pose, layer.region, part) for pose in frame_poses]
        alone = max(_area(part_pose(pose, layer.region, own)) for pose, own in zip(seen, parts, strict=True))
        largest = max(_area(pose) for pose in shown)
        half = layer.span.count // 2
        if half and not layer.mask and largest > LARGEST_MOVING * max(alone, self.canvas.width * self.canvas.height):
            for piece, own in ((Span(0, half), frame_poses[:half]), (Span(half, layer.span.count), frame_poses[half:])):
                span = Span(layer.span.start + piece.start, layer.span.start + piece.end)
                yield from self._moving(segment, self._later(layer, span), own)
            return
        yield replace(layer, pose=shown[0], region=part, motion=motion(segment, shown, layer.span, self.rate))

    def _forwards(self, layer: Layer) -> Iterator[Layer]:
        """The layer; a reversed one in pieces that fit into memory."""
        if not layer.reverse:
            yield layer
            return
        size = max(1.0, layer.pose.width * layer.pose.height * 1.5)
        count = max(1, int(REVERSED_BYTES / size))
        for start in range(layer.span.start, layer.span.end, count):
            yield self._later(layer, Span(start, min(start + count, layer.span.end)))

    def _later(self, layer: Layer, span: Span) -> Layer:
        """The layer in a part of its frames."""
        if layer.warp is not None:
            return replace(layer, span=span, source_us=layer.warp.source_us(time_of(span.start, self.rate)))
        if layer.reverse:
            skipped = time_of(layer.span.end, self.rate) - time_of(span.end, self.rate)
        else:
            skipped = time_of(span.start, self.rate) - time_of(layer.span.start, self.rate)
        return replace(layer, span=span, source_us=layer.source_us + skipped * layer.speed)

    def _backdrop(self, segment: Segment, visual: Visual, span: Span) -> Iterator[Layer]:
        """The background behind the segment."""
        backdrop = segment.backdrop
        if backdrop is None or isinstance(visual, Caption):
            return
        color = _over_black(backdrop.color)
        if backdrop.kind is BackdropKind.COLOR and color != BLACK:
            pose = Pose(
                center_x=self.canvas.width / 2,
                center_y=self.canvas.height / 2,
                width=self.canvas.width,
                height=self.canvas.height,
            )
            yield Layer(segment_id=segment.id, picture=SolidColor(color), span=span, pose=pose, region=self.canvas)
        picture = self.prepared.backdrops.get(backdrop.picture) if backdrop.kind is BackdropKind.PICTURE else visual
        if picture is None or backdrop.kind is BackdropKind.COLOR:
            return
        yield from self._covering(segment, picture, span, backdrop)

    def _covering(self, segment: Segment, picture: Picture, span: Span, backdrop: Backdrop) -> Iterator[Layer]:
        """A picture that covers the canvas; the segment's own is blurred."""
        own = backdrop.kind is BackdropKind.BLUR
        region = pixels(_crop(segment) if own else Crop(), picture.pixel_width, picture.pixel_height)
        width = region.width * picture.width / picture.pixel_width
        height = region.height * picture.height / picture.pixel_height
        fill = max(self.canvas.width / width, self.canvas.height / height)
        pose = Pose(
            center_x=self.canvas.width / 2, center_y=self.canvas.height / 2, width=width * fill, height=height * fill
        )
        pose, region = cropped_to_canvas(pose, region, self.canvas, grid=2 if isinstance(picture, Footage) else 1)
        layer = self._plain(segment, picture, span, pose, region)
        layer = replace(layer, cover_blur_px=_sigma(backdrop.blur) * self.canvas.width if own else 0.0)
        yield from self._forwards(layer)


def _boxed(segment: Segment) -> bool:
    """Whether a caption has a box, which would show seams."""
    return isinstance(segment.material, TextMaterial) and segment.material.background is not None


def _area(pose: Pose) -> float:
    return pose.width * pose.height


def _crop(segment: Segment) -> Crop:
    return segment.material.crop if isinstance(segment.material, MediaMaterial) else Crop()


def _over_black(color: Color) -> Color:
    red, green, blue, alpha = color
    return red * alpha, green * alpha, blue * alpha, 1.0


def _sigma(blur: float) -> float:
    for (low, one), (high, other) in pairwise(BACKDROP_SIGMAS):
        if blur <= high:
            return one + (other - one) * (blur - low) / (high - low)
    return BACKDROP_SIGMAS[-1][1]
