"""Timelines of drafts with their materials; compounds first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from services.drafts.colors import BLACK
from services.drafts.records import Draft, MediaMaterial
from services.drafts.source import DraftSource
from services.exporter_protocol.lines import Step
from services.exporter_protocol.reporter import Reporter
from services.render.export import Exporter
from services.render.finish import demuxer, join
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.picture.graph import LOSSLESS
from services.render.prepare.materials import ItemCounter, Preparer, fetch
from services.render.process.costs import COSTS
from services.render.process.ffmpeg import Ffmpeg, OnFrame
from services.render.text.fonts import FontBook
from services.render.timeline.layout import lay_out
from services.render.timeline.needed import Needed, needed
from services.render.timeline.prepared import Compound, Prepared
from services.render.timeline.scene import US, Timeline


@dataclass(slots=True)
class CompoundRenderer:
    """Renders compounds, each once, in folders of their own below `folder`."""

    ffmpeg: Ffmpeg
    folder: Path
    made: int = 0
    """The number of folders."""

    async def rendered(self, timeline: Timeline, counter: ItemCounter) -> Compound:
        """The rendered compound of a timeline. Raises as an export does."""

        def on_frames(frames: int) -> None:
            counter.partly(min(1.0, frames / timeline.frames))

        return await render_compound(self.ffmpeg, timeline, self.next_folder(), on_frames)

    def next_folder(self) -> Path:
        """A new folder: materials of different drafts may have the same id."""
        self.made += 1
        folder = self.folder / f"compound-{self.made}"
        folder.mkdir()
        return folder


class TimelineBuilder:
    """Builds the timelines of a draft and its compounds, which share a source; drawn pictures lie in `folder`."""

    def __init__(
        self,
        source: DraftSource,
        book: FontBook,
        folder: Path,
        reporter: Reporter,
        ffmpeg: Ffmpeg,
        compounds: CompoundRenderer | None,
    ) -> None:
        self._source = source
        self._book = book
        self._folder = folder
        self._reporter = reporter
        self._counter = ItemCounter(reporter)
        self._ffmpeg = ffmpeg
        self._compounds = compounds
        self._drafts = 0
        self._files: dict[MediaMaterial, Path] = {}
        self._labels: dict[Path, str] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels of AI-generated content of all prepared files, as JSON."""
        return tuple(dict.fromkeys(label for label in self._labels.values() if label))

    async def fetch(self, draft: Draft) -> None:
        """Fetch all files of the draft and its compounds. Raises `Failed`."""
        media = {material: segment for each in _with_nested(draft) for material, segment in each.media.items()}
        self._files = await fetch(self._source, media, self._reporter)

    async def lay_out(self, draft: Draft, *, clear: bool = False) -> Timeline:
        """The timeline of a draft whose files are fetched; all warnings are reported. Raises `Failed` and
        `SourceFailed`.
        """
        wanted = needed(draft)
        files = {material: self._files[material] for material in wanted.media if material in self._files}
        folder = self._next_folder() if clear else self._folder
        preparer = Preparer(
            draft, self._source, self._book, folder, self._reporter, self._counter, self._ffmpeg, self._labels
        )
        with COSTS.step(Step.PROBE):
            prepared = await preparer.prepare(wanted, files)
        if wanted.compounds:
            with COSTS.step(Step.COMPOUNDS):
                await self._nested(wanted, prepared)
        with COSTS.step(Step.PLAN):
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
                prepared.compounds[material.id] = await self._compounds.rendered(timeline, self._counter)
            self._counter.step()


def _with_nested(draft: Draft) -> Iterator[Needed]:
    """The needed materials of a draft and of its compounds."""
    wanted = needed(draft)
    yield wanted
    for material in wanted.compounds.values():
        yield from _with_nested(material.draft)


async def render_compound(ffmpeg: Ffmpeg, timeline: Timeline, folder: Path, on_frames: OnFrame) -> Compound:
    """Render a timeline losslessly to files in `folder`, without alpha where pictures hide its canvas in all frames:
    that costs half. Raises `Failed` and `SourceFailed` as an export does.
    """
    if timeline.hidden:
        timeline = replace(timeline, background=BLACK, encoder=LOSSLESS)
    exported = await Exporter(ffmpeg, timeline, folder, on_frames).export()
    output = folder / "compound"
    await join(ffmpeg, timeline, exported, folder, output, on_frames)
    track = SoundTrack(path=exported.sound, demuxer="mov", stream=0, layout=("FL", "FR")) if exported.sound else None
    return Compound(_footage(timeline, output), track)


def _footage(timeline: Timeline, path: Path) -> Footage:
    return Footage(
        path=path,
        demuxer=demuxer(timeline),
        stream=0,
        width=timeline.width,
        height=timeline.height,
        pixel_width=timeline.width,
        pixel_height=timeline.height,
        last_frame_us=round((timeline.frames - 1) * US / timeline.rate),
        end_us=timeline.duration_us,
        matrix="bt709",
        has_alpha=timeline.clear,
    )
