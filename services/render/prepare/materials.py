"""Preparation of a draft's materials: fetched, examined, and drawn to pictures that ffmpeg overlays."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from services.drafts.curves import MASKED
from services.drafts.design import EffectKind
from services.drafts.fields import MAX_LABEL_LENGTH
from services.drafts.records import Crop, Draft, MediaKind, MediaMaterial, Segment, TextMaterial
from services.drafts.source import DraftSource
from services.errors import Bilingual, DraftWarning, Failed, WarningCode, failed
from services.exporter_protocol.lines import Stage, Unit
from services.exporter_protocol.reporter import Reporter
from services.render.box import Box
from services.render.effects.filters import prepare_lut
from services.render.effects.recipes import write_recipe
from services.render.export import one_failure
from services.render.media.damage import decode
from services.render.media.errors import BadMedia, unreadable
from services.render.media.hdr import Colors, tone_table, write_cube
from services.render.media.probe import Footage, Media, is_gif, is_still, probe
from services.render.media.provenance import Provenance, provenance
from services.render.media.still import Still, save_still
from services.render.media.unsupported import decoding
from services.render.process.ffmpeg import Ffmpeg
from services.render.text.fonts import FontBook
from services.render.timeline.covers import covers, masks_at
from services.render.timeline.layers import pixels
from services.render.timeline.needed import Needed
from services.render.timeline.prepared import Caption, Prepared, fitted_size, largest_scale, mask_key
from services.render.timeline.scene import Picture, StillSequence, frame_rate, span_of, time_of
from services.render.timeline.sounds import source_span

LARGEST_MASK = 2048
"""Maximum side of a drawn mask in pixels; it is stretched from there."""
LARGEST_MOVING_MASK = 960
"""The same of a mask that moves, of which a picture is drawn for each frame."""
LARGEST_BLUR_MARGIN = 400
"""Maximum margin of a caption that blurs, in pixels."""
FETCHED_AT_ONCE = 4


class ItemCounter:
    """Counts prepared items of a draft and its compounds; compounds add items."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._done = self._total = 0

    def expect(self, count: int) -> None:
        """Add items to the total."""
        self._total += count
        self._report()

    def partly(self, part: float) -> None:
        """Report that a part (0..1) of the next item is done."""
        self._report(part)

    def step(self) -> None:
        """Count an item as done."""
        self._done += 1
        self._report()

    def _report(self, part: float = 0.0) -> None:
        self._reporter.progress(Stage.PROCESSING_MATERIALS, self._done + part, self._total, Unit.ITEMS)


async def fetch(
    source: DraftSource, media: Mapping[MediaMaterial, Segment], reporter: Reporter
) -> dict[MediaMaterial, Path]:
    """The files of all materials, each given with a segment, fetched a few at a time. Raises `Failed` (MATERIAL_*)."""
    files: dict[MediaMaterial, Path] = {}
    done, total = 0, len(media)
    reporter.progress(Stage.PREPARING, 0, total, Unit.FILES)
    at_once = asyncio.Semaphore(FETCHED_AT_ONCE)

    async def one(material: MediaMaterial, segment: Segment) -> None:
        nonlocal done
        try:
            async with at_once:
                files[material] = await source.material(
                    material,
                    segment_id=segment.id,
                    on_bytes=lambda _: reporter.progress(Stage.PREPARING, done, total, Unit.FILES),
                )
        except Failed as error:
            if not material.optional:
                raise
            reporter.warn(_without(material, segment, error))
        done += 1
        reporter.progress(Stage.PREPARING, done, total, Unit.FILES)

    with one_failure():
        async with asyncio.TaskGroup() as group:
            for material, segment in media.items():
                group.create_task(one(material, segment))
    return files


def _without(material: MediaMaterial, segment: Segment, error: Failed) -> DraftWarning:
    """The warning for an optional file that is missing."""
    why = error.failure.message
    return DraftWarning(
        code=WarningCode.MATERIAL_MISSING,
        message=Bilingual(f"It is drawn without this file. {why.en}", f"缺少该文件，已略过。{why.zh}"),
        segment_id=segment.id,
        material_name=material.display_name,
    )


class Preparer:
    """Examines files and draws captions and masks; the pictures lie in `folder`. `labels` receives the labels of
    AI-generated content by file, empty for files without one.
    """

    def __init__(
        self,
        draft: Draft,
        source: DraftSource,
        book: FontBook,
        folder: Path,
        reporter: Reporter,
        counter: ItemCounter,
        ffmpeg: Ffmpeg,
        labels: dict[Path, str],
    ) -> None:
        self._draft = draft
        self._source = source
        self._book = book
        self._folder = folder
        self._reporter = reporter
        self._counter = counter
        self._ffmpeg = ffmpeg
        self._labels = labels
        self._probed = cache(probe)  # several materials may share a file
        self._tone_tables: dict[Colors, Path] = {}
        self._warned: set[Bilingual] = set()
        self._warned_losses: set[tuple[str, Bilingual]] = set()
        self._made = 0

    async def prepare(self, wanted: Needed, files: Mapping[MediaMaterial, Path]) -> Prepared:
        """All visible and audible materials. Raises `Failed` (MATERIAL_UNREADABLE, MATERIAL_TOO_LARGE)."""
        self._counter.expect(len(files) + len(wanted.captions) + len(wanted.masked) + len(wanted.compounds))
        prepared = Prepared()
        for material, path in files.items():
            await self._file(prepared, material, path, wanted)
            self._counter.step()
        for (text, scale), segments in wanted.captions.items():
            await self._caption(prepared, text, scale, segments)
            self._counter.step()
        for segment in wanted.masked:
            await self._mask(prepared, segment)
            self._counter.step()
        for table, segment in wanted.tables.items():
            await self._look(prepared, Path(table), segment)
        for recipe in wanted.recipes:
            prepared.recipes[recipe] = await asyncio.to_thread(write_recipe, recipe, self._next_path("look", "cube"))
        return prepared

    async def _file(self, prepared: Prepared, material: MediaMaterial, path: Path, wanted: Needed) -> None:
        try:
            await self._prepare_file(prepared, material, path, wanted)
            if path not in self._labels and material not in wanted.luts:
                self._trace(material, path, await asyncio.to_thread(self._provenance, path), wanted.media[material])
        except BadMedia as error:
            segment = wanted.media[material]
            failure = material_failure(segment, material, self._source, error)
            if not material.optional:
                raise failure from error
            self._reporter.warn(_without(material, segment, failure))

    async def _prepare_file(self, prepared: Prepared, material: MediaMaterial, path: Path, wanted: Needed) -> None:
        """Raises `BadMedia`."""
        if material in wanted.luts:
            prepared.luts[material.path] = await asyncio.to_thread(prepare_lut, path, self._next_path("lut", "cube"))
        elif material in wanted.backdrops:
            backdrop = await asyncio.to_thread(self._backdrop, path)
            prepared.backdrops[material.path] = backdrop
            self._warn_losses(backdrop, material, wanted.media[material])
        else:
            shown = wanted.shown.get(material, [])
            picture, media = await asyncio.to_thread(self._inspect, material, path, shown)
            if picture is not None:
                prepared.pictures[material] = picture
                self._warn_losses(picture, material, wanted.media[material])
            if material in wanted.sounded:
                await self._prepare_sound(prepared, material, media, wanted.sounded[material])

    async def _look(self, prepared: Prepared, table: Path, segment: Segment) -> None:
        """Prepare a colour table of the operator; one that is broken is told and not used."""
        try:
            made = await asyncio.to_thread(prepare_lut, table, self._next_path("look", "cube"))
        except (BadMedia, OSError) as error:
            why = error if isinstance(error, BadMedia) else unreadable(str(error.strerror), "无法读取")
            self._reporter.warn(
                DraftWarning(
                    code=WarningCode.MATERIAL_MISSING,
                    message=Bilingual(
                        f"The colour table {table.name} of DRAFTCAST_LOOKS is not used: {why.en}.",
                        f"DRAFTCAST_LOOKS 中的颜色表 {table.name} 未使用：{why.zh}。",
                    ),
                    segment_id=segment.id,
                    material_name=table.stem,
                )
            )
            return
        prepared.luts[str(table)] = made

    async def _prepare_sound(
        self, prepared: Prepared, material: MediaMaterial, media: Media, sounded: Sequence[Segment]
    ) -> None:
        """Prepare a material's sound, and record what of it cannot be played."""
        if media.lost is not None:
            prepared.lost[material] = media.lost
        if media.sound is not None:
            starts_us, ends_us = zip(*map(source_span, sounded), strict=True)
            decoded = await asyncio.to_thread(decode, media.sound, min(starts_us), max(ends_us))
            prepared.decoded[material] = decoded
            prepared.tracks[material] = replace(
                media.sound, changes=decoded.changes, partly_mono="mono" in decoded.layouts
            )

    def _provenance(self, path: Path) -> Provenance:
        picture = is_still(path)
        return provenance(path, "" if picture else self._probed(path).label, picture=picture)

    def _trace(self, material: MediaMaterial, path: Path, found: Provenance, segment: Segment) -> None:
        """Keep the label of a file, and warn of what else of its provenance is lost."""
        self._labels[path] = found.label
        for loss in found.losses:
            self._reporter.warn(
                DraftWarning(
                    code=WarningCode.PROVENANCE_LOST,
                    message=loss,
                    segment_id=segment.id,
                    material_name=(material.name or material.path)[:200],
                )
            )

    def _backdrop(self, path: Path) -> Still:
        """A picture of a background or of letters, no larger than the canvas needs."""
        from services.render.media.photos import photo_size, prepare_photo  # with Pillow, here and below: see Still

        width, height = photo_size(path)
        shrink = max(self._draft.width / width, self._draft.height / height)
        return prepare_photo(path, self._next_path("backdrop"), shrink=min(1.0, shrink))

    async def _mask(self, prepared: Prepared, segment: Segment) -> None:
        visual = prepared.visual(segment)
        if visual is None:
            return
        picture = visual.still if isinstance(visual, Caption) else visual
        crop = segment.material.crop if isinstance(segment.material, MediaMaterial) else Crop()
        region = pixels(crop, picture.pixel_width, picture.pixel_height)
        canvas = Box(0, 0, self._draft.width, self._draft.height)
        width, height = fitted_size(visual, region, canvas)
        scale = min(largest_scale(segment), LARGEST_MASK / max(width, height))
        size = max(2, round(width * scale)), max(2, round(height * scale))
        moves = bool(covers(segment)) or any(curve.property in MASKED for curve in segment.curves)
        draw = self._moving_mask if moves else self._standing_mask
        prepared.masks[mask_key(segment)] = await asyncio.to_thread(draw, segment, size)

    def _standing_mask(self, segment: Segment, size: tuple[int, int]) -> Still:
        from services.render.effects.masks import draw_masks

        masks = masks_at(segment, 0, *size)  # they are the same in all of its frames
        return save_still(draw_masks(masks, *size), self._next_path("mask"), width=size[0], height=size[1])

    def _moving_mask(self, segment: Segment, size: tuple[int, int]) -> StillSequence:
        """A picture for each frame of the segment up to the last change; a frame of the same masks as the one before is
        a copy of its file. The folder is named by what it shows: commands name the folder, and kept chunks are known by
        their commands.
        """
        from services.render.effects.masks import draw_masks

        rate = frame_rate(self._draft.fps)
        span = span_of(segment.target, rate)
        shrink = min(1.0, LARGEST_MOVING_MASK / max(size))
        width, height = (max(2, round(side * shrink)) for side in size)
        shown = [
            masks_at(segment, time_of(frame, rate) - segment.target.start_us, *size)
            for frame in range(span.start, max(span.end, span.start + 1))
        ]
        while shown[-2:-1] == shown[-1:]:
            shown.pop()
        digest = hashlib.sha256(repr((shown, span.start, width, height)).encode()).hexdigest()
        frames = StillSequence(self._folder / f"masks-{digest[:32]}", span.start, len(shown))
        if not frames.folder.exists():
            frames.folder.mkdir()
            for frame, here in enumerate(shown, span.start):
                if not here:
                    continue  # nothing covers the segment, and it is drawn without a mask
                if frame > span.start and here == shown[frame - span.start - 1]:
                    frames.path(frame).write_bytes(frames.path(frame - 1).read_bytes())  # the sandbox knows no links
                else:
                    save_still(draw_masks(here, width, height), frames.path(frame), width=width, height=height)
        return frames

    def _inspect(self, material: MediaMaterial, path: Path, shown: Sequence[Segment]) -> tuple[Picture | None, Media]:
        """The picture of a file, if needed, and its media. Raises `BadMedia`."""
        if shown and (material.kind is MediaKind.PHOTO or is_still(path)) and not is_gif(path):
            return self._picture(material, path, shown), Media(None, None)
        media = self._audible(self._probed(path))
        if shown and media.footage is None:
            raise unreadable("it holds no picture", "其中没有画面")
        if material.kind is MediaKind.AUDIO and media.sound is None and media.lost is None:
            raise unreadable("it holds no sound", "其中没有声音")
        return self._readable(media.footage) if shown and media.footage else None, media

    def _audible(self, media: Media) -> Media:
        """The media without a sound that ffmpeg cannot decode."""
        why = self._ffmpeg.undecoded(media.sound.codec) if media.sound else None
        return replace(media, sound=None, lost=media.lost or why) if why else media

    def _readable(self, footage: Footage) -> Footage:
        """The footage with decoder and tone table for the graph. Raises `BadMedia` if ffmpeg cannot decode it."""
        why = self._ffmpeg.undecoded(footage.codec)
        if why:
            raise unreadable(why.en, why.zh)
        if footage.hidden_alpha:
            how = decoding(footage.hidden_alpha, self._ffmpeg)
            losses = (*footage.losses, *([how.loss] if how.loss else []))
            footage = replace(footage, decoder=how.decoder, has_alpha=how.has_alpha, losses=losses)
        if footage.colors.hdr:
            footage = replace(footage, tone_table=self._tone_table(footage.colors))
        return footage

    def _tone_table(self, colors: Colors) -> Path:
        if colors not in self._tone_tables:
            path = self._next_path("tones", "cube")
            write_cube(tone_table(colors), path)
            self._tone_tables[colors] = path
        return self._tone_tables[colors]

    def _picture(self, material: MediaMaterial, path: Path, shown: Sequence[Segment]) -> Picture:
        from services.render.media.animated_pictures import is_animation, prepare_animation
        from services.render.media.photos import photo_size, prepare_photo

        width, height = photo_size(path)
        canvas = Box(0, 0, self._draft.width, self._draft.height)
        region = pixels(material.crop, width, height)
        fit = max(canvas.width / region.width, canvas.height / region.height)
        shrink = min(1.0, fit * max(largest_scale(segment) for segment in shown))
        if is_animation(path):
            return prepare_animation(path, self._next_path("animation", "nut"), shrink=shrink)
        return prepare_photo(path, self._next_path("photo"), shrink=shrink)

    async def _caption(self, prepared: Prepared, text: TextMaterial, scale: float, segments: Sequence[Segment]) -> None:
        from PIL import ImageOps

        from services.render.text.captions import draw_text  # its libraries take a while, and many drafts have no text

        drawn_text, warnings = await asyncio.to_thread(
            draw_text,
            text,
            self._book,
            canvas_width=self._draft.width,
            canvas_height=self._draft.height,
            scale=scale,
            pictures={path: still.path for path, still in prepared.backdrops.items()},
        )
        for warning in warnings:
            self._warn_once(warning, text, segments[0])
        if drawn_text is None:
            return
        margin = _blur_margin(drawn_text.image.height, segments)
        image = ImageOps.expand(drawn_text.image, margin) if margin else drawn_text.image
        width, height = image.size
        path = self._next_path("caption")
        still = await asyncio.to_thread(save_still, image, path, width=width, height=height)
        middle = drawn_text.left_px - margin + width / 2, drawn_text.top_px - margin + height / 2
        clusters = tuple(each.moved(margin, margin) for each in drawn_text.clusters)
        prepared.captions[text, scale] = Caption(still, *middle, clusters)

    def _warn_losses(self, picture: Picture, material: MediaMaterial, segment: Segment) -> None:
        """Warn of contents of a file that are not drawn, once for each file."""
        name = (material.name or material.path)[:200]
        for loss in picture.losses:
            if (material.path, loss) not in self._warned_losses:
                self._warned_losses.add((material.path, loss))
                code = WarningCode.MATERIAL_APPROXIMATED
                self._reporter.warn(DraftWarning(code=code, message=loss, segment_id=segment.id, material_name=name))

    def _warn_once(self, warning: DraftWarning, text: TextMaterial, segment: Segment) -> None:
        """Warn about a caption, unless another caption had the same warning: a draft may have hundreds in one font."""
        if warning.message not in self._warned:
            self._warned.add(warning.message)
            name = warning.material_name or " ".join(text.text.split())[:MAX_LABEL_LENGTH]
            self._reporter.warn(replace(warning, segment_id=segment.id, material_name=name or None))

    def _next_path(self, kind: str, ending: str = "png") -> Path:
        self._made += 1
        return self._folder / f"{kind}-{self._made}.{ending}"


def _blur_margin(height: int, segments: Sequence[Segment]) -> int:
    """Clear pixels around a caption of a height in which it can blur."""
    blurred = any(each.kind is EffectKind.BLUR for segment in segments for each in segment.effects)
    return min(height, LARGEST_BLUR_MARGIN) if blurred else 0


def material_failure(segment: Segment, material: MediaMaterial, source: DraftSource, error: BadMedia) -> Failed:
    """The failure of a segment's material, with its URL; the file is removed from the cache, so that a retry fetches it
    again.
    """
    source.forget(material)
    url = source.url(material)
    name = material.display_name
    where = f" ({url[:500]})" if url else ""
    where_zh = f"（{url[:500]}）" if url else ""
    return failed(
        error.code,
        f"The material {name!r}{where} of segment {segment.id} cannot be used: {error.en}.",
        f"片段 {segment.id} 的素材“{name}”{where_zh}无法使用：{error.zh}。",
        material_url=url,
        segment_id=segment.id,
    )
