"""Spellings of single writers, drawn: boxes that are off, vectors, ids without names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.drafts import DraftBuilder, Json
from tests.support.media import BLUE, RED, WHITE, counting_video, plain, quadrants
from tests.support.render import render
from tests.support.video import Video, near

SECOND = 1_000_000
BOX: Json = {"background_color": "#FF0000", "background_alpha": 1.0, "background_width": 0.3, "background_height": 0.3}


def with_caption(folder: Path, *, animation: Json | None = None, **material: Any) -> Video:
    """A blue second with a caption in the middle."""
    plain(folder / "blue.png", BLUE)
    draft = DraftBuilder(540, 960).photo("blue.png", 0, SECOND, clip={"scale": {"x": 4.0, "y": 4.0}})
    draft.text("标题 Title", 0, SECOND, size=20, material={**BOX, **material})
    if animation:
        draft.using("material_animations", animations=[animation])
    rendered = render(folder, draft)
    assert rendered.warnings == []
    return rendered.video


def reds(video: Video, frame: int) -> int:
    """The number of pixels of the box's colour."""
    pixels = video.rgb(frame).astype(int)
    return int(((pixels[..., 0] > 200) & (pixels[..., 2] < 60)).sum())


@pytest.mark.parametrize(
    ("flags", "style", "drawn"), [(7, 1, False), (15, 2, False), (23, 0, True), (23, 1, True), (None, 0, True)]
)
def test_a_text_has_the_box_that_is_switched_on_whatever_its_style(
    tmp_path: Path, flags: int | None, style: int, drawn: bool
) -> None:
    assert (reds(with_caption(tmp_path, check_flag=flags, background_style=style), 15) > 1000) is drawn


@pytest.mark.parametrize(
    ("path", "missing"), [("splash.png", False), ("D:/Cache/effect/1/splash.png", False), ("", True)]
)
def test_letters_are_filled_with_the_picture_that_lies_with_the_draft(tmp_path: Path, path: str, missing: bool) -> None:
    plain(tmp_path / "splash.png", RED)
    fill = {"content": {"render_type": "texture", "texture": {"path": path or "gone.png"}}}
    draft = DraftBuilder(320, 180).text("口", 0, 100_000, styles=[{"range": [0, 1], "size": 40.0, "fill": fill}])
    rendered = render(tmp_path, draft)
    assert (reds(rendered.video, 0) > 500) is not missing
    told = ["EFFECT_APPROXIMATED", *(["MATERIAL_MISSING"] if missing else [])]
    assert [warning["code"] for warning in rendered.warnings] == told


def test_a_box_has_no_seams_where_its_text_has_been_typed(tmp_path: Path) -> None:
    typed: Json = {"type": "in", "name": "打字机 I", "duration": 300_000}
    video = with_caption(tmp_path, check_flag=23, background_style=1, animation=typed)
    pixels = video.rgb(20).astype(int)
    box = (pixels[..., 0] > 200) & (pixels[..., 2] < 60)
    top = int(np.flatnonzero(box.any(axis=1))[0]) + 3
    left, *_, right = np.flatnonzero(box[top])
    assert box[top, left : right + 1].all()
    assert 0 < reds(video, 4) < reds(video, 20)


def test_a_scale_that_is_a_vector_grows_both_ways_in_the_time_of_the_source(tmp_path: Path) -> None:
    counting_video(tmp_path / "count.mp4", seconds=2)
    plain(tmp_path / "white.png", WHITE)
    points = [{"time_offset": SECOND + at, "values": [size, size]} for at, size in ((0, 0.2), (SECOND // 2, 0.6))]
    draft = DraftBuilder(320, 180).photo("white.png", 0, SECOND)
    scale: Json = {"property_type": "KFTypeScale", "keyframe_list": points}
    draft.video("count.mp4", 0, SECOND, track="over", source_start_us=SECOND, speed=0.5, common_keyframes=[scale])
    rendered = render(tmp_path, draft)
    assert rendered.warnings == []
    for frame, size in ((0, 0.2), (15, 0.4), (29, 0.587)):
        gray = rendered.video.rgb(frame).max(axis=2) < 240
        rows, columns = np.flatnonzero(gray.any(axis=1)), np.flatnonzero(gray.any(axis=0))
        assert len(rows) == pytest.approx(180 * size, abs=3)
        assert len(columns) == pytest.approx(320 * size, abs=3)


@pytest.mark.parametrize("name", ["", "Màu đen trắng"])
def test_an_effect_of_a_track_is_drawn_by_its_id_where_its_name_says_nothing(tmp_path: Path, name: str) -> None:
    quadrants(tmp_path / "four.png")
    draft = DraftBuilder(320, 180).photo("four.png", 0, SECOND)
    effect = draft.material("video_effects", type="video_effect", name=name, resource_id="6706773534066086413")
    shade = draft.material("effects", type="filter", name=name, resource_id="6706773373562655243", value=1.0)
    draft.segment("effect", "grain", effect, 0, SECOND // 2)
    draft.segment("filter", "grey", shade, SECOND // 2, SECOND // 2)
    rendered = render(tmp_path, draft)
    grain, grey = rendered.video.rgb(5).astype(int), rendered.video.color(25, 0.25, 0.25)
    assert grain[20:60, 20:140].std(axis=(0, 1)).max() > 2
    assert max(grey) - min(grey) < 12
    assert not near(grey, RED)
    assert {warning["effect_id"] for warning in rendered.warnings} == {"6706773534066086413"}
