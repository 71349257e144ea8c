"""Sound and picture of one file keep their offset if one begins later."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Video

pytestmark = pytest.mark.long
S = 1_000_000
LATE_S = 0.4
MARK_S = 0.5
"""The time in its stream at which the picture turns white and the sound begins."""
FRAME_S = 1 / 30
SLOT_S = 1
CODECS = {
    "ts": ("-c:v", "libx264", "-c:a", "mp2"),
    "m2ts": ("-c:v", "libx264", "-c:a", "ac3", "-mpegts_m2ts_mode", "1"),
    "vob": ("-c:v", "mpeg2video", "-c:a", "ac3"),
    "mp4": ("-c:v", "libx264", "-c:a", "aac"),
    "mov": ("-c:v", "libx264", "-c:a", "pcm_s16le"),
    "mkv": ("-c:v", "libx264", "-c:a", "flac"),
    "flv": ("-c:v", "libx264", "-c:a", "aac"),
    "webm": ("-c:v", "libvpx", "-c:a", "libopus"),
}
CUTS = {"whole": (0.0, 1.0), "trimmed": (0.3, 1.0), "trimmed past the start": (0.45, 1.0), "fast": (0.1, 1.5)}
"""The segment's start in the file, in seconds, and its speed."""


@dataclass(frozen=True)
class Marks:
    """The times at which picture turns white and sound begins in a slot of the video, in seconds from its start."""

    flash_s: float
    beep_s: float


def marked(path: Path, *, late: str) -> Path:
    """A file of 1.6 s with late sound or picture."""
    white = f"color=black:s=64x36:r=30:d=1.6,format=yuv420p,geq=lum='if(gte(T,{MARK_S}),235,16)':cb=128:cr=128"
    beep = f"aevalsrc='gte(t,{MARK_S})*0.5*sin(2*PI*1000*t)|0':s=48000:d=1.6"
    offset = ("-itsoffset", str(LATE_S))
    picture = (*(offset if late == "picture" else ()), "-f", "lavfi", "-i", white)
    sound = (*(offset if late == "sound" else ()), "-f", "lavfi", "-i", beep)
    codecs = CODECS[path.suffix[1:]]
    media.ffmpeg(*picture, *sound, "-map", "0", "-map", "1", *codecs, "-g", "15", "-b:v", "300k", "-qmin", "1", path)
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    folder = tmp_path_factory.mktemp("late")
    draft = DraftBuilder(64, 36)
    for number, (ending, late, cut) in enumerate(SLOTS):
        path = folder / f"{late}.{ending}"
        if not path.exists():
            marked(path, late=late)
        start_s, speed = CUTS[cut]
        draft.video(path.name, number * SLOT_S * S, S, speed=speed, source_start_us=round(start_s * S))
    rendered = render(folder, draft)
    assert rendered.warnings == []
    return rendered.video


SLOTS = [(ending, late, cut) for ending in CODECS for late in ("picture", "sound") for cut in CUTS]


@pytest.mark.parametrize("slot", SLOTS, ids="-".join)
def test_sound_and_picture_keep_their_distance(video: Video, slot: tuple[str, str, str]) -> None:
    _, late, cut = slot
    found = marks(video, SLOTS.index(slot) * SLOT_S)
    start_s, speed = CUTS[cut]
    should = {each: (MARK_S + (LATE_S if late == each else 0) - start_s) / speed for each in ("picture", "sound")}
    assert found.flash_s == pytest.approx(should["picture"], abs=1.2 * FRAME_S)
    assert found.beep_s - found.flash_s == pytest.approx(should["sound"] - should["picture"], abs=1.2 * FRAME_S)


def marks(video: Video, start_s: int) -> Marks:
    """The picture's and sound's times in a slot."""
    bright = [video.planes(start_s * 30 + number)[0].mean() > 128 for number in range(30)]
    loud = np.abs(video.heard(start_s, start_s + 1).samples[:, 0]) > 0.25
    assert any(bright)
    assert loud.any()
    return Marks(bright.index(True) * FRAME_S, int(loud.argmax()) / 48_000)
