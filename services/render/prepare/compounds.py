"""A draft within a draft: rendered first, without loss and with its alpha, and then a clip like any other."""

from pathlib import Path

from services.render.export import Exporter
from services.render.finish import join
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.process.ffmpeg import Ffmpeg, OnFrame
from services.render.timeline.prepared import Compound
from services.render.timeline.scene import US, Timeline


async def render_compound(ffmpeg: Ffmpeg, timeline: Timeline, folder: Path, on_frames: OnFrame) -> Compound:
    """Render a clear timeline to files in `folder`. Raises `Failed` and `SourceFailed` as an export does."""
    exported = await Exporter(ffmpeg, timeline, folder, on_frames).export()
    output = folder / "compound.nut"
    await join(ffmpeg, timeline, exported, folder, output, on_frames)
    track = SoundTrack(path=exported.sound, demuxer="mov", stream=0, layout=("FL", "FR")) if exported.sound else None
    return Compound(_footage(timeline, output), track)


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
        matrix="bt709",
        has_alpha=True,
    )
