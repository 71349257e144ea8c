"""Drafts laid out in time with their materials, drafts within drafts first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.drafts.records import Draft, MediaMaterial
from services.drafts.source import DraftSource
from services.exporter_protocol import Reporter
from services.render.prepare.compounds import render_compound
from services.render.prepare.item_counter import Items
from services.render.prepare.materials import Preparer, fetch
from services.render.process.ffmpeg import Ffmpeg
from services.render.text.fonts import FontBook
from services.render.timeline.builder import lay_out
from services.render.timeline.needed import Needed, needed
from services.render.timeline.prepared import Compound, Prepared
from services.render.timeline.scene import Timeline


@dataclass(slots=True)
class Compounds:
    """Renders drafts within drafts, each once, in folders of their own below `folder`."""

    ffmpeg: Ffmpeg
    folder: Path
    _made: int = 0

    async def rendered(self, timeline: Timeline, items: Items) -> Compound:
        """The compound clip of a material. Raises as an export does."""

        def on_frames(frames: int) -> None:
            items.partly(min(1.0, frames / timeline.frames))

        return await render_compound(self.ffmpeg, timeline, self.next_folder(), on_frames)

    def next_folder(self) -> Path:
        """A new folder: materials of different drafts may have the same id."""
        self._made += 1
        folder = self.folder / f"compound-{self._made}"
        folder.mkdir()
        return folder


class Layouts:
    """Lays out drafts that come from one source; pictures made for it lie in `folder`."""

    def __init__(
        self,
        source: DraftSource,
        book: FontBook,
        folder: Path,
        reporter: Reporter,
        ffmpeg: Ffmpeg,
        compounds: Compounds | None,
    ) -> None:
        self._source = source
        self._book = book
        self._folder = folder
        self._reporter = reporter
        self._items = Items(reporter)
        self._ffmpeg = ffmpeg
        self._compounds = compounds
        self._drafts = 0
        self._files: dict[MediaMaterial, Path] = {}

    async def fetch(self, draft: Draft) -> None:
        """Have every file that the draft and the drafts in it need. Raises `Failed`."""
        media = {material: segment for each in _with_nested(draft) for material, segment in each.media.items()}
        self._files = await fetch(self._source, media, self._reporter)

    async def lay_out(self, draft: Draft, *, clear: bool = False) -> Timeline:
        """The timeline of a draft whose files are here; every warning about it is told. Raises `Failed` and
        `SourceFailed`.
        """
        wanted = needed(draft)
        files = {material: self._files[material] for material in wanted.media if material in self._files}
        folder = self._next_folder() if clear else self._folder
        preparer = Preparer(draft, self._source, self._book, folder, self._reporter, self._items, self._ffmpeg)
        prepared = await preparer.prepare(wanted, files)
        await self._nested(wanted, prepared)
        timeline = lay_out(draft, prepared, clear=clear)
        for warning in timeline.warnings:
            self._reporter.warn(warning)
        return timeline

    def _next_folder(self) -> Path:
        self._drafts += 1
        folder = self._folder / f"draft-{self._drafts}"
        folder.mkdir()
        return folder

    async def _nested(self, wanted: Needed, prepared: Prepared) -> None:
        for material in wanted.compounds.values():
            timeline = await self.lay_out(material.draft, clear=True)
            if self._compounds is not None:
                prepared.compounds[material.id] = await self._compounds.rendered(timeline, self._items)
            self._items.step()


def _with_nested(draft: Draft) -> Iterator[Needed]:
    """What a draft needs, and what the drafts in it do."""
    wanted = needed(draft)
    yield wanted
    for material in wanted.compounds.values():
        yield from _with_nested(material.draft)
