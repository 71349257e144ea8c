"""Features in sequence in one draft for each group, rendered and compared with the reference."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services.drafts.design import BlendMode
from services.render.timeline.scene import Item, Layer, SolidColor, Span, Timeline, TrackEffect, TransitionItem
from tests.oracle.compare import Likeness, likeness
from tests.oracle.compositor import frame_at
from tests.oracle.decode import rgb
from tests.oracle.pixels import Pixels
from tests.oracle.scenery import FPS, HEIGHT, WIDTH
from tests.oracle.timelines import timeline_of
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, request, run
from tests.support.video import Video

FRAMES = 15
"""Of each feature."""
COMPARED = range(2, FRAMES, 5)
SSIM, DIFFERENCE = 0.97, 3.0


class Slot:
    """The time range of a draft in which one feature is shown."""

    def __init__(self, builder: DraftBuilder, number: int) -> None:
        self.builder = builder
        self.number = number

    def at_us(self, frame: int) -> int:
        """The time at which a frame of the slot begins, as stored by the apps."""
        return round((self.number * FRAMES + frame) * 1_000_000 / FPS)

    def span(self, start: int = 0, end: int = FRAMES) -> tuple[int, int]:
        """Start and duration of some frames of the slot, in microseconds."""
        return self.at_us(start), self.at_us(end) - self.at_us(start)

    def main(self, path: str = "morning.mp4", start: int = 0, end: int = FRAMES, **options: Any) -> DraftBuilder:
        """A clip on the main track."""
        kind = "photo" if path.endswith(".png") else "gif" if path.endswith(".gif") else "video"
        return self.builder.video(path, *self.span(start, end), kind=kind, render_index=0, **options)

    def over(self, path: str = "evening.mp4", track: str = "over", **options: Any) -> DraftBuilder:
        """A clip on a track above, half as large unless `clip` is given."""
        options.setdefault("clip", {"scale": {"x": 0.5, "y": 0.5}})
        kind = "photo" if path.endswith(".png") else "video"
        options.setdefault("render_index", 2)
        return self.builder.video(path, *self.span(), kind=kind, track=track, **options)

    def text(self, text: str, **options: Any) -> DraftBuilder:
        """A caption."""
        return self.builder.text(text, *self.span(), render_index=15000, **options)

    def sticker(self, path: str = "badge.png", **options: Any) -> DraftBuilder:
        """A sticker with its picture in the draft."""
        made = self.builder.material("stickers", type="sticker", name="badge", path=path, resource_id="2000")
        return self.builder.segment("sticker", "sticker", made, *self.span(), render_index=14000, **options)

    def track(self, kind: str, bucket: str, render_index: int = 11000, **material: Any) -> DraftBuilder:
        """A segment of a track of another kind: an effect, a filter, an adjustment, a sticker."""
        made = self.builder.material(bucket, **material)
        return self.builder.segment(kind, kind, made, *self.span(), render_index=render_index)


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something that is drawn, and how like the reference it must be.

    `wants` names what the timeline must hold for it (`kinds`); `why` a bound differs from the usual one; `best` is
    which of the compared frames shows it best.
    """

    group: str
    name: str
    draw: Callable[[Slot], object]
    wants: frozenset[str] = frozenset()
    ssim: float = SSIM
    difference: float = DIFFERENCE
    smooth_px: float = 0.0
    """The sigma by which frames are blurred before they are compared, where there is noise."""
    why: str = ""
    best: int = 1

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


class Study:
    """Rendered features; by a given ffmpeg if one is named."""

    def __init__(self, features: list[Feature], media: Path, folder: Path, ffmpeg: str = "") -> None:
        self._features = features
        self._chosen: dict[str, Any] = {"ffmpeg": ffmpeg} if ffmpeg else {}
        self._folder = folder
        folder.mkdir(parents=True)
        for path in media.iterdir():
            os.link(path, folder / path.name)
        builder = DraftBuilder(WIDTH, HEIGHT, FPS)
        for number, feature in enumerate(features):
            feature.draw(Slot(builder, number))
        (folder / "draft_content.json").write_bytes(builder.bytes())

    @cached_property
    def rendered(self) -> Rendered:
        """The renderer's output."""
        return run(request(self._folder, draft_folder=str(self._folder), **self._chosen))

    @cached_property
    def video(self) -> Video:
        """The rendered video."""
        return self.rendered.video

    @cached_property
    def timeline(self) -> Timeline:
        """The video's timeline."""
        return timeline_of(self._folder, self._folder / "reference")

    def frames(self, feature: Feature) -> list[int]:
        """The frames in which a feature is compared."""
        first = self._features.index(feature) * FRAMES
        return [first + frame for frame in COMPARED]

    def shown(self, frame: int) -> Pixels:
        """A frame of the video."""
        return rgb(self.video.planes(frame))

    def wanted(self, frame: int) -> Pixels:
        """The same frame, drawn by the reference."""
        return frame_at(self.timeline, frame)

    def likenesses(self, feature: Feature) -> list[Likeness]:
        """The similarity of a feature's frames to the reference's."""
        return [likeness(self.shown(frame), self.wanted(frame), feature.smooth_px) for frame in self.frames(feature)]

    def kinds(self, feature: Feature) -> frozenset[str]:
        """What the timeline holds in a feature's frames; "2 items" when there are at least so many."""
        first = self._features.index(feature) * FRAMES
        span = Span(first, first + FRAMES)
        here = [each for each in self.timeline.items if each.span.clipped(span).count > 0]
        counts = {f"{count + 1} items" for count in range(len(here))}
        return frozenset(kind for each in here for kind in kinds(each)) | counts


def kinds(item: Item) -> set[str]:
    """The special properties of a timeline's item, in the words of `services.drafts.design`."""
    if isinstance(item, TransitionItem):
        return {item.kind.value}
    if isinstance(item, TrackEffect):
        return {effect.kind.value for effect in item.effects}
    found = {effect.kind.value for effect in item.effects} | _moved(item)
    special = {
        "mask": item.mask is not None,
        "chroma": item.chroma is not None,
        "reverse": item.reverse,
        "cover": item.cover_blur_px > 0,
        "plate": isinstance(item.picture, SolidColor),
        f"blend {item.blend.value}": item.blend is not BlendMode.NORMAL,
    }
    return found | {name for name, there in special.items() if there}


def _moved(layer: Layer) -> set[str]:
    names = ("x", "y", "width", "height", "rotation_deg", "alpha", "brightness", "contrast", "saturation")
    return {f"moving {name}" for name in names if layer.motion and not getattr(layer.motion, name).still}
