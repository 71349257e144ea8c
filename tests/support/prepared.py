"""Stand-ins for the files of a draft, so that it can be laid out without any."""

from pathlib import Path

from services.drafts.records import Draft, MediaKind, MediaMaterial
from services.render.box import Box
from services.render.media.probe import Footage
from services.render.media.sound_tracks import SoundTrack
from services.render.media.still import Still
from services.render.timeline.needed import needed
from services.render.timeline.prepared import Caption, Compound, Prepared, mask_key
from services.render.timeline.scene import Picture

STILL = Still(path=Path("/x/1.png"), width=320, height=180, pixel_width=320, pixel_height=180, has_alpha=True)
FOOTAGE = Footage(
    path=Path("/x/1.mp4"), demuxer="mov", stream=0, width=320, height=180, pixel_width=320, pixel_height=180,
    last_frame_us=1_966_667, end_us=2_000_000, matrix="bt709", plain=True,
)  # fmt: skip
TRACK = SoundTrack(path=Path("/x/1.mp4"), demuxer="mov", stream=1, layout=("FL", "FR"))
CAPTION = Caption(STILL, 0.0, 0.0, tuple(Box(64 * column, 0, 64 * column + 64, 180) for column in range(5)))


def stand_ins(draft: Draft) -> Prepared:
    """Everything that a draft needs, as if it had been fetched and looked into."""
    wanted = needed(draft)
    return Prepared(
        pictures={material: _picture(material) for material in wanted.shown},
        tracks=dict.fromkeys(wanted.sounded, TRACK),
        captions=dict.fromkeys(wanted.captions, CAPTION),
        compounds=dict.fromkeys(wanted.compounds, Compound(FOOTAGE, TRACK)),
        masks={mask_key(segment): STILL for segment in wanted.masked},
        backdrops={material.path: STILL for material in wanted.backdrops},
        luts={material.path: Path("/x/1.cube") for material in wanted.luts},
        recipes=dict.fromkeys(wanted.recipes, Path("/x/1.cube")),
    )


def _picture(material: MediaMaterial) -> Picture:
    return STILL if material.kind is MediaKind.PHOTO else FOOTAGE
