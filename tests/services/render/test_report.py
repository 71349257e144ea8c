"""The renderer, asked for a report only."""

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
    """The last line's report. Nothing is left of the looking, and no frame was drawn."""
    assert looked.exit_code == 0, looked.log
    assert {line["stage"] for line in looked.stages} <= {"PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS"}
    assert [next(iter(line)) for line in looked.lines].count("report") == 1
    assert list(looked.folder.iterdir()) == []
    report: dict[str, Any] = looked.lines[-1]["report"]
    return report


def test_a_report_tells_what_a_draft_holds(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED)
    draft = DraftBuilder(320, 180, fps=29.97).photo("red.png", 0, S).photo("red.png", S, S).text("Hello", 0, S)
    looked = look(tmp_path, draft)
    report = report_of(looked)
    assert report.pop("frame_rate") == pytest.approx(30000 / 1001)
    assert report == {
        "width": 320, "height": 180, "duration_us": 2 * S, "tracks": 2, "segments": 3, "materials": 3,
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


def test_a_draft_over_a_limit_is_still_described(tmp_path: Path) -> None:
    report = report_of(look(tmp_path, DraftBuilder(640, 360).text("x", 0, 9 * S), limits={"video_seconds": 8}))
    assert (report["error"]["code"], report["duration_us"]) == ("DRAFT_TOO_LARGE", 9 * S)


def test_a_report_that_takes_too_long_tells_what_it_found(tmp_path: Path) -> None:
    with DraftServer() as drafts:
        drafts.answers["/slow.png"] = silent()
        draft = DraftBuilder(64, 36).photo(f"{drafts.base}/slow.png", 0, S)
        report = report_of(look(tmp_path, draft, limits={"seconds": 2}, allow_hosts=[drafts.host]))
    assert (report["error"]["code"], report["width"]) == ("RENDER_TIMEOUT", 64)
    assert "The report took longer than 2 seconds" in report["error"]["message"]["en"]


def test_what_nobody_foresaw_is_told_in_the_report(tmp_path: Path) -> None:
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
