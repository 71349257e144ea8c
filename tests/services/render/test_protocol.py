"""The renderer's end of the exporter protocol."""

import json
from typing import Any

import pytest

from services.errors import Bilingual, DraftWarning, ErrorCode, Failed, WarningCode, failed
from services.exporter_protocol.lines import Stage, Unit
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportLimits, read_request

ASKED = {"task_id": "1", "draft_url": "http://x/draft", "folder": "/srv/1", "output": "/srv/1/video.mp4"}
WARNING = DraftWarning(
    code=WarningCode.MATERIAL_FROZEN, message=Bilingual("It stands still.", "画面静止。"), segment_id="s1"
)


class Recorded:
    """Collects a reporter's lines; its clock is manual."""

    def __init__(self, *, strict: bool = False) -> None:
        self.now = 100.0
        self.lines: list[dict[str, Any]] = []
        self.reporter = Reporter(
            lambda line: self.lines.append(json.loads(line)), strict=strict, clock=lambda: self.now
        )

    def frames(self, done: float, total: float | None = 100) -> None:
        self.reporter.progress(Stage.EXPORTING, done, total, Unit.FRAMES)

    @property
    def done(self) -> list[float]:
        return [line["done"] for line in self.lines]


def test_limits_that_are_0_or_absent_have_their_defaults() -> None:
    asked = read_request(json.dumps({**ASKED, "limits": {"pixels": 0, "seconds": 5, "unheard_of": 1}}))
    assert asked.limits == ExportLimits(seconds=5)


def test_unknown_keys_are_passed_over() -> None:
    assert read_request(json.dumps({**ASKED, "new": {"deep": [1]}})).draft_url == "http://x/draft"


def test_attempts_of_a_task_share_their_materials() -> None:
    assert str(read_request(json.dumps(ASKED)).materials_dir) == "/srv/materials"


def test_the_first_and_the_last_line_of_a_stage_always_come() -> None:
    recorded = Recorded()
    recorded.frames(0)
    recorded.frames(100)
    assert recorded.done == [0, 100]


def test_lines_come_ten_times_a_second_at_most() -> None:
    recorded = Recorded()
    for done in range(100):
        recorded.frames(done)
        recorded.now += 0.01
    assert len(recorded.lines) == 10


def test_done_never_falls() -> None:
    recorded = Recorded()
    for done in (10, 5, 20):
        recorded.now += 1
        recorded.frames(done)
    assert recorded.done == [10, 20]


def test_a_stage_where_nothing_new_is_done_says_so_now_and_then() -> None:
    recorded = Recorded()
    for _ in range(25):
        recorded.frames(7)
        recorded.now += 1
    assert recorded.done == [7, 7, 7]


def test_a_line_is_plain_ascii_so_that_nothing_can_break_it() -> None:
    lines: list[str] = []
    Reporter(lines.append).warn(WARNING)
    assert lines[0].isascii()
    assert json.loads(lines[0]) == {
        "warning": {
            "code": "MATERIAL_FROZEN",
            "message": {"en": "It stands still.", "zh": "画面静止。"},
            "segment_id": "s1",
        }
    }


def test_an_error_line_holds_all_that_is_known() -> None:
    recorded = Recorded()
    error = failed(ErrorCode.MATERIAL_UNREADABLE, "No.", "不。", material_url="http://x/a.png", segment_id="s1")
    recorded.reporter.finish(error.failure)
    line = recorded.lines[0]["error"]
    assert line["code"] == "MATERIAL_UNREADABLE"
    assert line["message"] == {"en": "No.", "zh": "不。"}
    assert (line["material_url"], line["segment_id"], line["retryable"]) == ("http://x/a.png", "s1", False)


def test_strict_raises_the_warning() -> None:
    recorded = Recorded(strict=True)
    with pytest.raises(Failed, match="FEATURE_UNSUPPORTED: It stands still"):
        recorded.reporter.warn(WARNING)
    assert recorded.lines == []
