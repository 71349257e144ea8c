"""The requested output: the frames and sounds of a timeline that it shows, and the file that is written."""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av

from services.drafts.ai_mark import MARK_EM, MARK_ID, PICTURE_EM
from services.errors import Bilingual, ErrorCode, failed
from services.exporter_protocol.lines import Step
from services.output import PICTURES, SILENT, Output, OutputFormat, Quality
from services.render.encoding import conversion, converts, encoder
from services.render.export import Exported, Exporter, Files, Pictures
from services.render.finish import check, join, thumbnail, writing_failure
from services.render.labels import label_arguments, write_xmp, xmp_packet
from services.render.media.still import Still
from services.render.process.costs import COSTS
from services.render.process.ffmpeg import Ffmpeg, FfmpegFailed, run
from services.render.timeline.scene import Layer, Span, Timeline, frame_at

if TYPE_CHECKING:
    from PIL import Image

PLAYED = frozenset((OutputFormat.MP4, OutputFormat.MP4_HEVC, OutputFormat.MP4_AV1, OutputFormat.GIF, OutputFormat.WEBP))
"""Formats whose picture may be rendered in parts."""
SHEET_FRAMES = 12
SHEET_WIDTH_PX = 1920
"""Maximum width of a contact sheet."""


def cut(timeline: Timeline, options: Output) -> Timeline:
    """The timeline with the range, sounds and encoder of the output, whose range is within the draft."""
    shown = timeline.sounds if options.sound and options.format not in SILENT else ()
    cut_out = replace(
        timeline,
        window=_window(timeline, options),
        sounds=shown,
        encoder=encoder(options),
        quick=options.quality is Quality.DRAFT,
    )
    return _without_mark(cut_out) if options.format in PICTURES else cut_out


def _without_mark(timeline: Timeline) -> Timeline:
    """The timeline with its mark apart: one on each frame of a contact sheet would be too small."""
    mark = next((item for item in timeline.items if item.segment_id == MARK_ID), None)
    still = mark.picture if isinstance(mark, Layer) and isinstance(mark.picture, Still) else None
    return replace(timeline, items=tuple(item for item in timeline.items if item is not mark), mark=still)


def _window(timeline: Timeline, options: Output) -> Span | None:
    """The frames of the range, of which one is at least; None for all."""
    first = min(frame_at(options.start_ms * 1000, timeline.rate), max(0, timeline.frames - 1))
    asked = timeline.frames if options.end_ms is None else frame_at(options.end_ms * 1000, timeline.rate)
    end = min(asked, timeline.frames)
    if options.format is OutputFormat.JPEG:
        return Span(first, first + 1)
    return None if (first, end) == (0, timeline.frames) else Span(first, max(first + 1, end))


def sheet_frames(shown: Span) -> list[int]:
    """The frames of a contact sheet: the middles of equal stretches."""
    count = min(SHEET_FRAMES, shown.count)
    return [shown.start + (2 * number + 1) * shown.count // (2 * count) for number in range(count)]


def frames_of(timeline: Timeline, options: Output) -> int:
    """The number of frames that are drawn."""
    if options.format is OutputFormat.M4A:
        return 0
    return len(sheet_frames(timeline.shown)) if options.format is OutputFormat.CONTACT_SHEET else timeline.shown.count


def can_copy(timeline: Timeline, options: Output) -> bool:
    """Whether coded frames may be copied into the output."""
    return options.format is OutputFormat.MP4 and timeline.window is None


def pictures(exporter: Exporter, timeline: Timeline, options: Output) -> Pictures | None:
    """What makes the picture's files; None for all shown frames."""

    async def nothing() -> Files:
        return ()

    async def sheet() -> Files:
        made = [await exporter.render_span(Span(frame, frame + 1)) for frame in sheet_frames(timeline.shown)]
        return tuple(file for files in made for file in files)

    return {OutputFormat.M4A: nothing, OutputFormat.CONTACT_SHEET: sheet}.get(options.format)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture of a written file: pixels, and number of frames; 0 without a picture."""

    width: int = 0
    height: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Writes exported files in the format of the output; `folder` has intermediate files."""

    ffmpeg: Ffmpeg
    timeline: Timeline
    exported: Exported
    options: Output
    fields: Mapping[str, str]
    """The metadata fields of labels of AI-generated content."""
    folder: Path
    on_progress: Callable[[], None]

    async def write(self, target: Path, small: Path) -> Drawn:
        """Write the file, and its thumbnail to `small`. Raises `Failed`."""
        if self.options.format is OutputFormat.M4A:
            return await self._sound(target)
        format_ = self.options.format
        converted = converts(self.options) or format_ in PICTURES
        joined, tags = (self.folder / "joined", []) if converted else (target, self._tags())
        with COSTS.step(Step.JOIN):
            await join(
                self.ffmpeg, self.timeline, self.exported, self.folder, joined, lambda _: self.on_progress(), tags
            )
        if format_ in PICTURES:
            size = await asyncio.to_thread(contact_sheet, joined, target, small, self.timeline.mark, self.fields)
            return Drawn(*size, frames=1)
        if converts(self.options):  # before decoders leave threads behind, with which a fork stood still on Python 3.13
            with COSTS.step(Step.CONVERT):
                await self._run(conversion(self.options, joined, self.exported.sound, target, self._tags()))
                canvas = self.timeline.width, self.timeline.height
                await asyncio.to_thread(write_xmp, target, format_, self.fields, canvas)
        has_sound = self.exported.sound is not None and not self.timeline.clear
        with COSTS.step(Step.CHECK):
            await asyncio.to_thread(check, joined, self.timeline, has_sound=has_sound)
        with COSTS.step(Step.THUMBNAIL):
            await asyncio.to_thread(thumbnail, joined, small, self.timeline)
        return Drawn(self.timeline.width, self.timeline.height, self.timeline.shown.count)

    async def _sound(self, target: Path) -> Drawn:
        sound = self.exported.sound
        if sound is None:
            raise failed(
                ErrorCode.DRAFT_EMPTY,
                "The draft has no sound in this range, so there is nothing to write as M4A.",
                "草稿在该范围内没有声音，无法导出 M4A。",
                hint=Bilingual("Ask for a video instead.", "请改为导出视频。"),
            )
        index = ["-movflags", "+faststart"]
        await self._run(["-i", str(sound), "-c", "copy", *index, *self._tags(), "-f", "ipod", str(target)])
        return Drawn()

    def _tags(self) -> list[str]:
        return label_arguments(self.options.format, self.fields)

    async def _run(self, arguments: list[str]) -> None:
        try:
            await run(self.ffmpeg, arguments, lambda _: self.on_progress())
        except FfmpegFailed as error:
            raise writing_failure(
                error,
                f"{self.options.format} could not be written (ffmpeg's exit code: {error.returncode})",
                f"无法写入 {self.options.format}",
            ) from error


def contact_sheet(
    made: Path, target: Path, small: Path, mark: Still | None = None, fields: Mapping[str, str] | None = None
) -> tuple[int, int]:
    """Write the frames of a file side by side as a JPEG with the mark and the metadata fields, and the first one to
    `small`. A single frame keeps its size. Returns width and height.
    """
    from PIL import Image

    with av.open(str(made), format="mov") as container:
        images = [cast("Image.Image", cast("Any", frame).to_image()) for frame in container.decode(video=0)]
    width, height = images[0].size
    columns = round(math.sqrt(len(images) * height / width)) or 1
    columns = min(len(images), columns)
    across = width if len(images) == 1 else min(width, SHEET_WIDTH_PX // columns)
    down = max(1, round(height * across / width))
    sheet = Image.new("RGB", (across * columns, down * math.ceil(len(images) / columns)))
    for number, image in enumerate(images):
        tile = image if image.size == (across, down) else image.resize((across, down), Image.Resampling.LANCZOS)
        sheet.paste(tile, (number % columns * across, number // columns * down))
    if mark is not None:
        _lay_mark(sheet, mark, min(width, height))
    sheet.save(target, "JPEG", quality=92, **({"xmp": xmp_packet(fields)} if fields else {}))
    images[0].save(small, "JPEG", quality=82)
    return sheet.size


def _lay_mark(sheet: "Image.Image", mark: Still, frame_side: int) -> None:
    """Lay the mark, which is drawn for frames of this shorter side, into the top left corner of a picture."""
    from PIL import Image

    em_px = MARK_EM * min(sheet.size)
    factor = em_px / (PICTURE_EM * frame_side)
    with Image.open(mark.path, formats=["PNG"]) as drawn:
        size = max(1, round(drawn.width * factor)), max(1, round(drawn.height * factor))
        shown = drawn.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    sheet.paste(shown, (round(em_px / 3), round(em_px / 3)), shown)
