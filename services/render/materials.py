"""Getting what a draft shows and sounds: fetched, looked into, and drawn to pictures that ffmpeg can lay down."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.drafts.records import Draft, MediaKind, MediaMaterial, Segment, TextMaterial, Track
from services.drafts.source import DraftSource
from services.errors import Failed, failed
from services.render.fonts import FontBook
from services.render.geometry import Box
from services.render.media import BadMedia, SoundTrack, is_gif, is_still, probe, unreadable
from services.render.photos import Still, photo_size, prepare_photo, save_still
from services.render.protocol import Reporter, Stage, Unit
from services.render.text import draw_text
from services.render.timeline import Caption, Picture, Prepared, caption_scale, drawn, heard, needed_shrink

FETCHED_AT_ONCE = 4


@dataclass(slots=True)
class Needed:
    """The materials that are seen or heard, each with the segments it is for; the others are not even fetched."""

    shown: dict[MediaMaterial, list[Segment]] = field(default_factory=dict[MediaMaterial, list[Segment]])
    sounded: dict[MediaMaterial, list[Segment]] = field(default_factory=dict[MediaMaterial, list[Segment]])
    captions: dict[tuple[TextMaterial, float], list[Segment]] = field(
        default_factory=dict[tuple[TextMaterial, float], list[Segment]]
    )

    @property
    def media(self) -> dict[MediaMaterial, Segment]:
        """Every file, with the first segment that uses it."""
        return {material: segments[0] for material, segments in {**self.sounded, **self.shown}.items()}


def needed(draft: Draft) -> Needed:
    """What of a draft's materials must be there."""
    found = Needed()
    for track in draft.tracks:
        for segment in track.segments:
            _note(found, draft, track, segment)
    return found


def _note(found: Needed, draft: Draft, track: Track, segment: Segment) -> None:
    material = segment.material
    if isinstance(material, TextMaterial):
        if drawn(track, segment):
            found.captions.setdefault((material, caption_scale(segment)), []).append(segment)
        return
    if drawn(track, segment):
        found.shown.setdefault(material, []).append(segment)
    if heard(draft, track, segment) and material.kind in (MediaKind.VIDEO, MediaKind.AUDIO):
        found.sounded.setdefault(material, []).append(segment)


async def fetch(source: DraftSource, wanted: Needed, reporter: Reporter) -> dict[MediaMaterial, Path]:
    """The files of all materials, a few at a time. Raises `Failed` (MATERIAL_*)."""
    files: dict[MediaMaterial, Path] = {}
    total = len(wanted.media)
    reporter.progress(Stage.PREPARING, 0, total, Unit.FILES)
    at_once = asyncio.Semaphore(FETCHED_AT_ONCE)

    async def one(material: MediaMaterial, segment: Segment) -> None:
        async with at_once:
            files[material] = await source.material(
                material,
                segment_id=segment.id,
                on_bytes=lambda _: reporter.progress(Stage.PREPARING, len(files), total, Unit.FILES),
            )
        reporter.progress(Stage.PREPARING, len(files), total, Unit.FILES)

    try:
        async with asyncio.TaskGroup() as group:
            for material, segment in wanted.media.items():
                group.create_task(one(material, segment))
    except* Failed as failures:
        raise _first(failures) from None
    return files


def _first(group: BaseExceptionGroup[Failed]) -> Failed:
    """One of the failures: the others are of the same kind, or came of the first."""
    inner = group.exceptions[0]
    return inner if isinstance(inner, Failed) else _first(inner)


class Preparer:
    """Looks into files and draws captions; the pictures it makes lie in `folder`."""

    def __init__(self, draft: Draft, source: DraftSource, book: FontBook, folder: Path, reporter: Reporter) -> None:
        self._draft = draft
        self._source = source
        self._book = book
        self._folder = folder
        self._reporter = reporter
        self._made = 0

    async def prepare(self, wanted: Needed, files: Mapping[MediaMaterial, Path]) -> Prepared:
        """Everything that is drawn or heard. Raises `Failed` (MATERIAL_UNREADABLE, MATERIAL_TOO_LARGE)."""
        total = len(files) + len(wanted.captions)
        self._reporter.progress(Stage.PROCESSING_MATERIALS, 0, total, Unit.ITEMS)
        prepared = Prepared(pictures={}, tracks={}, captions={})
        for done, (material, path) in enumerate(files.items(), 1):
            await self._file(prepared, material, path, wanted)
            self._reporter.progress(Stage.PROCESSING_MATERIALS, done, total, Unit.ITEMS)
        for done, ((text, scale), segments) in enumerate(wanted.captions.items(), len(files) + 1):
            await self._caption(prepared, text, scale, segments)
            self._reporter.progress(Stage.PROCESSING_MATERIALS, done, total, Unit.ITEMS)
        return prepared

    async def _file(self, prepared: Prepared, material: MediaMaterial, path: Path, wanted: Needed) -> None:
        try:
            shown, sounded = wanted.shown.get(material, []), material in wanted.sounded
            picture, track = await asyncio.to_thread(self._look, material, path, shown, sounded)
        except BadMedia as error:
            raise material_failure(wanted.media[material], self._source, error) from error
        if picture is not None:
            prepared.pictures[material] = picture
        if track is not None:
            prepared.tracks[material] = track

    def _look(
        self, material: MediaMaterial, path: Path, shown: Sequence[Segment], sounded: bool
    ) -> tuple[Picture | None, SoundTrack | None]:
        """What a file shows and sounds, as far as that is asked for. Raises `BadMedia`."""
        if shown and (material.kind is MediaKind.PHOTO or is_still(path)) and not is_gif(path):
            return self._photo(material, path, shown), None
        media = probe(path)
        if shown and media.footage is None:
            raise unreadable("it holds no picture", "其中没有画面")
        if material.kind is MediaKind.AUDIO and media.sound is None:
            raise unreadable("it holds no sound", "其中没有声音")
        return media.footage if shown else None, media.sound if sounded else None

    def _photo(self, material: MediaMaterial, path: Path, shown: Sequence[Segment]) -> Still:
        width, height = photo_size(path)
        canvas = Box(0, 0, self._draft.width, self._draft.height)
        shrink = needed_shrink(material.crop, width, height, canvas, shown)
        return prepare_photo(path, self._next_path("photo"), shrink=shrink)

    async def _caption(self, prepared: Prepared, text: TextMaterial, scale: float, segments: Sequence[Segment]) -> None:
        drawn_text, warnings = await asyncio.to_thread(
            draw_text, text, self._book, canvas_width=self._draft.width, canvas_height=self._draft.height, scale=scale
        )
        for warning in warnings:
            self._reporter.warn(replace(warning, segment_id=segments[0].id))
        if drawn_text is None:
            return
        width, height = drawn_text.image.size
        path = self._next_path("caption")
        still = await asyncio.to_thread(save_still, drawn_text.image, path, width=width, height=height)
        middle = drawn_text.left_px + width / 2, drawn_text.top_px + height / 2
        prepared.captions[text, scale] = Caption(still, *middle)

    def _next_path(self, kind: str) -> Path:
        self._made += 1
        return self._folder / f"{kind}-{self._made}.png"


def material_failure(segment: Segment, source: DraftSource, error: BadMedia) -> Failed:
    """The failure that names a segment's material and where it came from; its file is not kept for a retry."""
    material = segment.material
    if isinstance(material, MediaMaterial):
        source.forget(material)
    url = source.url(material) if isinstance(material, MediaMaterial) else None
    name = (material.name or material.path) if isinstance(material, MediaMaterial) else material.id
    where = f" ({url[:500]})" if url else ""
    where_zh = f"（{url[:500]}）" if url else ""
    return failed(
        error.code,
        f"The material {name[:200]!r}{where} of segment {segment.id} cannot be used: {error.en}.",
        f"片段 {segment.id} 的素材“{name[:200]}”{where_zh}无法使用：{error.zh}。",
        material_url=url,
        segment_id=segment.id,
    )
