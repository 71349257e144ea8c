"""Draft reports by the renderer."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import RED
from tests.support.render import Rendered, render, request, run, start
from tests.support.servers import DraftServer, silent

S = 1_000_000


def look(folder: Path, draft: DraftBuilder, **changes: Any) -> Rendered:
    return render(folder, draft, report=True, **changes)


def report_of(looked: Rendered) -> dict[str, Any]:
    """The last line's report. No files remain, and no frame was drawn."""
    assert looked.exit_code == 0, looked.log
    assert {line["stage"] for line in looked.stages} <= {"PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS"}
    assert [next(iter(line)) for line in looked.lines].count("report") == 1
    assert list(looked.folder.iterdir()) == []
    report: dict[str, Any] = looked.lines[-1]["report"]
    return report


def test_a_report_shows_the_properties_of_a_draft(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    draft = DraftBuilder(320, 180, fps=29.97).photo("red.png", 0, S).photo("red.png", S, S).text("Hello", 0, S)
    looked = look(tmp_path, draft)
    report = report_of(looked)
    assert report.pop("frame_rate") == pytest.approx(30000 / 1001)
    assert report == {
        "width": 320, "height": 180, "duration_us": 2 * S, "tracks": 2, "segments": 3, "materials": 3,
        "exact": 0, "near": 0, "left_out": 0, "designed_us": 2 * S,
    }  # fmt: skip
    assert looked.warnings == []
    assert looked.stages[-1]["stage"] == "PROCESSING_MATERIALS"


def test_warnings_of_reading_drawing_and_laying_out_come_before_the_report(tmp_path: Path) -> None:
    media.counting_video(tmp_path / "short.mp4", seconds=1)
    draft = DraftBuilder(320, 180).video("short.mp4", 0, 3 * S).using("video_shadows", type="video_shadow")
    draft.text("\U000e0f00", 0, S)
    looked = look(tmp_path, draft)
    assert "error" not in report_of(looked)
    found = {warning["code"] for warning in looked.warnings}
    assert {"EFFECT_SKIPPED", "GLYPH_MISSING", "MATERIAL_FROZEN"} <= found


def test_a_report_has_the_warnings_and_the_error_of_the_render(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG broken")
    draft = DraftBuilder(64, 36).photo("bad.png", 0, S).using("video_shadows", type="video_shadow")
    rendered, looked = render(tmp_path, draft), look(tmp_path, draft)
    report = report_of(looked)
    assert report["error"] == rendered.error
    assert report["error"]["code"] == "MATERIAL_UNREADABLE"
    assert (report["width"], report["segments"]) == (64, 1)
    assert looked.warnings == rendered.warnings != []


def lossy(folder: Path) -> DraftBuilder:
    """A draft with every kind of warning."""
    media.counting_video(folder / "short.mp4", seconds=0.5, size="64x36")
    curve = {
        "property_type": "KFTypeAlpha",
        "keyframe_list": [{"time_offset": 0, "values": [1], "curveType": "Bezier"}],
    }
    unknown = {"name": "无人知晓", "effect_id": "77"}
    inner = DraftBuilder(64, 36).video("short.mp4", 0, S, id="inner")
    inner.using("effects", type="filter", value=1.0, **unknown)
    draft = DraftBuilder(64, 36).video("short.mp4", 0, S, crop={"upper_left_x": 0.2}, common_keyframes=[curve])
    draft.using("transitions", duration=200_000, **unknown)
    draft.video("short.mp4", S, S).using("masks", type="mask", **unknown)
    draft.using("speeds", mode=1, curve_speed={"name": "hero"})
    draft.using("material_animations", animations=[{"type": "in", "duration": S // 2, **unknown}])
    draft.using("effects", type="lut", value=1.0, path="gone.cube", **unknown)
    draft.using("effects", type="text_effect", **{**unknown, "effect_id": "78"})
    draft.video("", 0, S, track="compound").using("drafts", type="combination", draft=inner.content())
    missing = draft.material("stickers", type="sticker", name="gone", path="gone.png", resource_id="1")
    draft.segment("sticker", "stickers", missing, 0, S)
    style = {"range": [0, 2], "size": 8, "font": {"id": "5", "path": "C:/Fonts/Unheard Of.ttf"}}
    return draft.text("a\U000e0f00", 0, S, styles=[style])


def test_a_report_warns_of_exactly_what_a_render_warns_of(tmp_path: Path) -> None:
    draft = lossy(tmp_path)
    rendered, looked = render(tmp_path, draft), look(tmp_path, draft)
    assert sorted(map(str, looked.warnings)) == sorted(map(str, rendered.warnings))
    assert {each["code"] for each in looked.warnings} == {
        "EFFECT_SKIPPED", "EFFECT_APPROXIMATED", "KEYFRAME_SIMPLIFIED", "FONT_SUBSTITUTED", "GLYPH_MISSING",
        "MATERIAL_MISSING", "MATERIAL_FROZEN",
    }  # fmt: skip
    assert {each["track"] for each in looked.warnings} == {"video 1", "video 2", "sticker 1", "text 1"}
    for each in looked.warnings:
        assert each["segment_id"], each
        assert 0 <= each["start_us"] < each["end_us"] <= 2 * S
        assert each["message"]["en"].endswith("."), each
        assert each["message"]["zh"].endswith("。"), each
    named = [each for each in looked.warnings if each.get("material_name") == "无人知晓"]
    assert sorted(each.get("effect_id", "") for each in named) == ["", "77", "77", "77", "77", "78"]


def test_strict_fails_with_the_first_warning_of_a_report(tmp_path: Path) -> None:
    draft = lossy(tmp_path)
    looked, strict = look(tmp_path, draft), render(tmp_path, draft, strict=True)
    assert strict.error["message"] == looked.warnings[0]["message"]
    assert strict.error["segment_id"] == looked.warnings[0]["segment_id"]


def test_a_draft_over_a_limit_is_still_described(tmp_path: Path) -> None:
    report = report_of(look(tmp_path, DraftBuilder(640, 360).text("x", 0, 9 * S), limits={"video_seconds": 8}))
    assert (report["error"]["code"], report["duration_us"]) == ("DRAFT_TOO_LARGE", 9 * S)


def test_a_report_that_takes_too_long_has_the_properties_found_so_far(tmp_path: Path) -> None:
    with DraftServer() as drafts:
        drafts.answers["/slow.png"] = silent()
        draft = DraftBuilder(64, 36).photo(f"{drafts.base}/slow.png", 0, S)
        report = report_of(look(tmp_path, draft, limits={"seconds": 2}, allow_hosts=[drafts.host]))
    assert (report["error"]["code"], report["width"]) == ("RENDER_TIMEOUT", 64)
    assert "The report took longer than 2 seconds" in report["error"]["message"]["en"]


def test_an_unexpected_error_is_part_of_the_report(tmp_path: Path) -> None:
    (tmp_path / "task").write_text("a file where the folder should be")
    looked = run(request(tmp_path, draft_folder=str(tmp_path), report=True))
    assert (looked.exit_code, looked.lines[-1]["report"]["error"]["code"]) == (0, "INTERNAL")
    assert "Traceback" in looked.log


def test_sigterm_stops_a_report_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    with DraftServer() as drafts:
        drafts.answers["/slow.png"] = silent()
        draft = DraftBuilder(64, 36).photo(f"{drafts.base}/slow.png", 0, S)
        (tmp_path / "draft_content.json").write_bytes(draft.bytes())
        asked = request(tmp_path, draft_folder=str(tmp_path), report=True, allow_hosts=[drafts.host])
        with start(asked) as process:
            assert process.stdout is not None
            assert any(json.loads(line).get("stage") == "PREPARING" for line in process.stdout)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 128 + signal.SIGTERM
    assert list(Path(asked["folder"]).iterdir()) == []
