"""Replaced texts and files, in the finished video and in the report."""

from pathlib import Path

import numpy as np
import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import BLUE, RED
from tests.support.render import render
from tests.support.servers import DraftServer
from tests.support.video import near

S = 1_000_000


def greeting(text: str) -> DraftBuilder:
    return DraftBuilder(192, 108, 10).photo("red.png", 0, S).text(text, 0, S)


def test_a_variant_is_the_video_of_a_draft_with_its_texts(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    wanted = render(tmp_path, greeting("Dear Ann"))
    variant = render(tmp_path, greeting("Dear {{name}}"), attempt=2, replace=[{"name": "name", "text": "Ann"}])
    assert np.array_equal(variant.video.rgb(5), wanted.video.rgb(5))
    assert variant.warnings == []


def test_a_picture_takes_the_place_of_another_and_a_clip_is_held_to_its_segment(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    media.plain(tmp_path / "red2.png", RED)
    draft = DraftBuilder(192, 108, 10).photo("red.png", 0, S).photo("red2.png", S, 2 * S, source_start_us=S)
    with DraftServer() as server:
        blue = server.add_file("/x/red.png", media.plain(tmp_path / "blue.png", BLUE))  # named like a file of the draft
        clip = server.add_file("/clip", media.counting_video(tmp_path / "clip.mp4", seconds=1))
        replace = [{"name": "red.png", "url": blue}, {"name": "red2.png", "url": clip}]
        made = render(tmp_path, draft, replace=replace, allow_hosts=[server.host])
    assert near(made.video.color(5, 0.5, 0.5), BLUE)
    assert made.video.count_at(10) < 2  # of the 30 frames that the clip has
    assert np.array_equal(made.video.rgb(21), made.video.rgb(29))
    assert [warning["code"] for warning in made.warnings] == ["MATERIAL_FROZEN"]


def test_a_replaced_address_is_guarded_like_the_drafts_own(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    inside = [{"name": "red.png", "url": "http://127.0.0.1:9/secret.png"}]
    assert render(tmp_path, greeting("Hello"), replace=inside).error["code"] == "MATERIAL_REFUSED"


def test_what_the_draft_does_not_have_fails_the_render_and_is_reported_before(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    replace = [{"name": "nobody", "text": "Ann"}, {"name": "name", "text": "Ann"}]
    failed = render(tmp_path, greeting("{{name}} {{town}}"), replace=replace)
    assert (failed.error["code"], "'nobody'" in failed.error["message"]["en"]) == ("REPLACEMENT_UNKNOWN", True)
    looked = render(tmp_path, greeting("{{name}} {{town}}"), replace=replace, report=True).lines[-1]["report"]
    assert looked["error"]["code"] == "REPLACEMENT_UNKNOWN"
    found = {name: looked[name] for name in ("placeholders", "missing", "unknown")}
    assert found == {"placeholders": ["name", "town"], "missing": ["town"], "unknown": ["nobody"]}


@pytest.mark.parametrize("replace", [[{"text": "no name"}], [{"name": 5}], ["a"], {"a": "b"}], ids=str)
def test_a_request_with_other_replacements_is_invalid(tmp_path: Path, replace: object) -> None:
    assert "replace is invalid" in render(tmp_path, greeting("Hello"), replace=replace).error["message"]["en"]
