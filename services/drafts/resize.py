"""Drafts in the size and frame rate of an output. Pure."""

from dataclasses import replace

from services.drafts.records import CompoundMaterial, Draft, Material, Segment, TextMaterial, Track
from services.output import PICTURES, SLOWEST_RATE, Output, Quality

DRAFT_SCALE, DRAFT_RATE = 0.5, 0.5
"""The size and the frame rate of a DRAFT, as factors of the draft's own."""
SMALLEST_SIDE_PX = 16


def resized(draft: Draft, output: Output) -> Draft:
    """The draft with its canvases scaled, and in the frame rate of the output. Lengths that drafts store in canvas
    pixels are scaled too; all others are relative to the canvas.
    """
    factor, rate = _factor(draft.width, draft.height, output), _rate(draft.fps, output)
    return draft if (factor, rate) == (1, None) else _Resizer(factor, rate).draft(draft)


def scaled(draft: Draft, factor: float) -> Draft:
    """The draft with its canvases scaled."""
    return draft if factor == 1 else _Resizer(factor, None).draft(draft)


def canvas_size(width: int, height: int, output: Output) -> tuple[int, int]:
    """The size in pixels of a canvas in an output."""
    factor = _factor(width, height, output)
    return _side(width, factor), _side(height, factor)


def _factor(width: int, height: int, output: Output) -> float:
    if output.short_side is not None:
        return output.short_side / min(width, height)
    return output.scale or (DRAFT_SCALE if output.quality is Quality.DRAFT else 1.0)


def _rate(fps: float, output: Output) -> float | None:
    """The frame rate of an output; None for the draft's own, which a picture keeps: it is the frame of its time."""
    halved = output.quality is Quality.DRAFT and output.format not in PICTURES
    return output.frame_rate or (max(SLOWEST_RATE, fps * DRAFT_RATE) if halved else None)


class _Resizer:
    """Resizes a draft and the drafts within it, each once: segments that share a draft share the resized one."""

    def __init__(self, factor: float, frame_rate: float | None) -> None:
        self._factor = factor
        self._frame_rate = frame_rate
        self._known: dict[int, tuple[Material, Material]] = {}

    def draft(self, draft: Draft) -> Draft:
        return replace(
            draft,
            width=_side(draft.width, self._factor),
            height=_side(draft.height, self._factor),
            fps=self._frame_rate or draft.fps,
            tracks=tuple(self._track(track) for track in draft.tracks),
        )

    def _track(self, track: Track) -> Track:
        return replace(track, segments=tuple(self._segment(segment) for segment in track.segments))

    def _segment(self, segment: Segment) -> Segment:
        material = self._resized(segment.material)
        return segment if material is segment.material else replace(segment, material=material)

    def _resized(self, material: Material) -> Material:
        if not isinstance(material, TextMaterial | CompoundMaterial):
            return material
        known = self._known.get(id(material))
        if known is None:  # the material is held, or its id could be that of another
            known = self._known[id(material)] = (material, self._made(material))
        return known[1]

    def _made(self, material: TextMaterial | CompoundMaterial) -> Material:
        if isinstance(material, CompoundMaterial):
            return replace(material, draft=self.draft(material.draft))
        looks = tuple(replace(look, text=self._text(look.text)) for look in material.looks)
        return replace(self._text(material), looks=looks)

    def _text(self, text: TextMaterial) -> TextMaterial:
        width, height = text.fixed_width_px, text.fixed_height_px
        return replace(
            text,
            fixed_width_px=width and width * self._factor,
            fixed_height_px=height and height * self._factor,
        )


def _side(side: int, factor: float) -> int:
    return max(SMALLEST_SIDE_PX, round(side * factor / 2) * 2)
