"""The timeline that the renderer makes of a draft, for the reference to draw. Drafts within it are drawn by the
reference, too.
"""

import asyncio
from pathlib import Path

import numpy as np

from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.read.draft import read_draft
from services.drafts.source import LocalDraft
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportLimits
from services.render.media.probe import Footage
from services.render.prepare.materials import ItemCounter
from services.render.prepare.timeline_builder import CompoundRenderer, TimelineBuilder
from services.render.process.ffmpeg import find_ffmpeg
from services.render.text.fonts import find_fonts
from services.render.timeline.prepared import Compound
from services.render.timeline.scene import US, Timeline
from tests.oracle.compositor import drawn_at
from tests.oracle.pixels import Pixels, straight
from tests.support.media import ffmpeg_fed


def timeline_of(draft_folder: Path, work: Path) -> Timeline:
    """The timeline of the draft in a folder; `work` holds its intermediate pictures."""
    work.mkdir(parents=True)
    return asyncio.run(_timeline(draft_folder, work))


async def _timeline(draft_folder: Path, work: Path) -> Timeline:
    limits = ExportLimits()
    of_files = FetchLimits(
        draft_bytes=limits.draft_bytes, material_bytes=limits.material_bytes, task_bytes=limits.task_bytes
    )
    async with Fetcher(cache_dir=work / "materials", allow_hosts=(), limits=of_files) as fetcher:
        source = LocalDraft(draft_folder, fetcher)
        draft = read_draft(await source.content(lambda _: None))
        ffmpeg = find_ffmpeg("")
        builder = TimelineBuilder(
            source, find_fonts(()), work, Reporter(lambda _: None), ffmpeg, DrawnCompounds(ffmpeg, work)
        )
        await builder.fetch(draft)
        return await builder.lay_out(draft)


class DrawnCompounds(CompoundRenderer):
    """Compounds drawn by the reference into lossless files with alpha. They are silent."""

    async def rendered(self, timeline: Timeline, counter: ItemCounter) -> Compound:
        """See `CompoundRenderer`."""
        del counter
        path = self.next_folder() / "drawn.nut"
        frames = b"".join(_rgba(drawn_at(timeline, frame)) for frame in range(timeline.frames))
        size, rate = f"{timeline.width}x{timeline.height}", str(timeline.rate)
        raw = ("-f", "rawvideo", "-pix_fmt", "rgba", "-s", size, "-r", rate, "-i", "-")
        ffmpeg_fed(frames, *raw, "-c:v", "png", path)
        return Compound(_footage(timeline, path), None)


def _rgba(canvas: Pixels) -> bytes:
    return np.round(np.clip(straight(canvas), 0, 1) * 255).astype(np.uint8).tobytes()


def _footage(timeline: Timeline, path: Path) -> Footage:
    return Footage(
        path=path,
        demuxer="nut",
        stream=0,
        width=timeline.width,
        height=timeline.height,
        pixel_width=timeline.width,
        pixel_height=timeline.height,
        last_frame_us=round((timeline.frames - 1) * US / timeline.rate),
        end_us=timeline.duration_us,
        matrix=None,
        has_alpha=True,
    )
