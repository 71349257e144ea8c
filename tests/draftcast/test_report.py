"""`draftcast report`, as a process of its own."""

import json
from pathlib import Path

import pytest

from services.drafts.sample import SAMPLE_DIR
from tests.draftcast.test_cli import run
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000


def test_a_report_is_a_table_for_people(tmp_path: Path) -> None:
    draft = DraftBuilder(640, 360).text("Hello", 0, 2 * SECOND).using("masks", type="mask", name="[/] \u001b[31mring")
    (tmp_path / "draft_content.json").write_text(draft.json())
    done = run(tmp_path, "report", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for said in (
        "renderable",
        "yes",
        "640x360, 2.0 s",
        "1 track, 1 segment",
        "EFFECT_SKIPPED",
        "text track 1, 0:00.0-0:02.0",
    ):
        assert said in " ".join(done.stdout.split())
    assert "\u001b" not in done.stdout


def test_a_report_is_one_object_for_programs(tmp_path: Path) -> None:
    done = run(tmp_path, "report", str(SAMPLE_DIR), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "draftUrl": SAMPLE_DIR.as_uri(), "renderable": True, "width": 1280, "height": 720, "durationSeconds": 6.0,
        "frameRate": 30.0, "tracks": 4, "segments": 6, "materials": 6,
        "exactLooks": 0, "nearLooks": 0, "leftOutLooks": 0, "designedSeconds": 6.0,
        "placeholders": [], "missingPlaceholders": [], "unknownReplacements": [],
        "warnings": [], "error": None,
    }  # fmt: skip


def test_a_draft_that_cannot_be_rendered_makes_the_exit_code_1(tmp_path: Path) -> None:
    draft = DraftBuilder().photo("gone.png", 0, SECOND).using("masks", type="mask", name="ring")
    (tmp_path / "draft_content.json").write_text(draft.json())
    done = run(tmp_path, "report", str(tmp_path), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["renderable"], report["width"]) == (1, False, 640)
    error, (warning,) = report["error"], report["warnings"]
    assert (error["code"], error["stage"], error["segmentId"]) == (
        "MATERIAL_UNREACHABLE", "PREPARING", draft.last["id"],
    )  # fmt: skip
    assert set(error) == {"code", "message", "hint", "retryable", "stage", "materialUrl", "segmentId"}
    assert set(warning) == {
        "code",
        "message",
        "segmentId",
        "materialName",
        "effectId",
        "startSeconds",
        "endSeconds",
        "track",
    }
    assert (warning["startSeconds"], warning["endSeconds"], warning["track"]) == (0, 1, "video 1")
    assert all(isinstance(text, str) for text in (error["message"], error["hint"], warning["message"]))


def test_a_refused_address_is_told_with_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "report", "http://127.0.0.1:1/x")
    assert done.returncode == 1
    assert "DRAFT_URL_REFUSED" in done.stdout
    assert "DRAFTCAST_ALLOW_HOSTS" in done.stdout


def test_people_are_told_in_the_language_of_their_locale_and_programs_in_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    (tmp_path / "empty").mkdir()
    assert "含有 draft_content.json 的文件夹" in run(tmp_path, "report", str(tmp_path / "empty")).stdout
    failed = run(tmp_path, "render", str(tmp_path / "empty"), "-o", str(tmp_path / "a.mp4"))
    assert ("中没有 draft_content.json" in failed.stderr, "reading" in failed.stderr) == (True, False)
    assert "Give the folder" in run(tmp_path, "report", str(tmp_path / "empty"), "--json").stdout
