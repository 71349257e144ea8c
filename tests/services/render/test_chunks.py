"""Long videos are rendered in parallel chunks without visible seams."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.render import render
from tests.support.video import Frame, Video

S = 1_000_000
SECONDS = 6
SEAM = 3 * 30
"""Two cores share six seconds in two chunks."""


def draft() -> DraftBuilder:
    """Movement, rotation, dissolve and blur across the seam."""
    builder = DraftBuilder(160, 90)
    dissolve = builder.material("transitions", name="叠化", effect_id="1", duration=S, is_overlap=True)
    builder.video("clip.mp4", 0, 3 * S, extra_material_refs=[dissolve]).video("clip.mp4", 3 * S, 3 * S)
    moves = {"property_type": "KFTypePositionX", "keyframe_list": [point(0, -0.8), point(6 * S, 0.8)]}
    turns = {"property_type": "KFTypeRotation", "keyframe_list": [point(0, 0.0), point(6 * S, 300.0)]}
    small = {"scale": {"x": 0.4, "y": 0.4}}
    builder.photo("corners.png", 0, 6 * S, track="over", clip=small, common_keyframes=[moves, turns])
    return builder.text("接缝", 0, 6 * S)


def point(time_us: int, value: float) -> dict[str, Any]:
    return {"time_offset": time_us, "values": [value], "curveType": "Line"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("chunks")
    media.ffmpeg(
        *("-f", "lavfi", "-i", "gradients=s=160x90:r=30:speed=0.2:seed=1:n=4", "-t", str(SECONDS)),
        *("-c:v", "libx264", "-qp", "4", "-pix_fmt", "yuv420p", *media.TAGS, made / "clip.mp4"),
    )
    media.quadrants(made / "corners.png")
    return made


def on_one_core(folder: Path) -> Video:
    """The same render on one core, in one chunk."""
    script = (
        "import os, pathlib, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from tests.services.render.test_chunks import draft; from tests.support.render import render\n"
        "print(render(pathlib.Path(sys.argv[1]), draft()).result['output'])"
    )
    command = [sys.executable, "-c", script, str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return Video(Path(said.stdout.strip()))


@pytest.mark.long
def test_frames_at_a_seam_are_those_of_a_video_made_in_one_piece(folder: Path) -> None:
    assert len(os.sched_getaffinity(0)) > 1, "chunks are made side by side on several cores"
    whole = on_one_core(folder)
    video = render(folder, draft()).video
    assert len(video) == len(whole) == SECONDS * 30
    for frame in range(SEAM - 8, SEAM + 8):
        same, earlier, later = (off(video.rgb(frame), whole.rgb(other)) for other in (frame, frame - 1, frame + 1))
        assert same < min(3.5, earlier / 2, later / 2), frame


def off(one: Frame, other: Frame) -> float:
    """The mean difference of two frames, of 255; the two were coded apart."""
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("name", ["闪黑", "闪白"])
def test_a_dip_that_a_seam_cuts_is_a_video(folder: Path, name: str) -> None:
    builder = DraftBuilder(160, 90)
    dip = builder.material("transitions", name=name, effect_id="1", duration=S // 2, is_overlap=False)
    builder.video("clip.mp4", 0, 2 * S - 200_000, extra_material_refs=[dip])
    builder.video("clip.mp4", 2 * S - 200_000, 2 * S + 200_000)
    assert len(render(folder, builder).video) == 4 * 30
