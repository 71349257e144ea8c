"""What people see on the terminal."""

import re
from typing import Any

import pytest

from draftcast.cli.progress import LocalProgress, ProgressBar, ProgressState, task_progress
from draftcast.cli.tables import draft_name, tasks_table, timings_table
from draftcast.cli.terminal import print_table
from services.exporter_protocol.lines import StageLine, Step, StepCost
from services.store.records import Stage, Unit

TASK: dict[str, Any] = {
    "id": "t1", "draftUrl": "http://drafts.example/x", "status": "PROCESSING", "stage": "EXPORTING", "progress": 74,
    "createdAt": "2026-11-01T12:00:00.000Z", "updatedAt": "2026-11-01T12:00:30.000Z", "error": None,
    "estimatedCompletionAt": "2026-11-01T12:01:50.000Z", "queuePosition": None,
    "stages": [{"stage": "EXPORTING", "done": 1200, "total": 3600, "unit": "FRAMES"}],
}  # fmt: skip
CREATED_MS = 1_793_534_400_000


def test_the_cost_of_every_step_has_a_name_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, names in (("en_US", ["START", "2.50", "PICTURE"]), ("zh_CN", ["启动", "2.50", "画面"])):
        monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
        print_table(timings_table([StepCost(step, 2.5) for step in Step]))
        printed = capsys.readouterr().out
        assert len(printed.splitlines()) == 1 + len(Step)
        assert all(name.lower() in printed for name in names)


def test_a_stage_that_is_over_stays_above_the_bar(capfd: pytest.CaptureFixture[str]) -> None:
    with ProgressBar() as bar:
        for stage in ("PARSING_DRAFT", "PREPARING", "PREPARING", "EXPORTING"):
            bar.update(ProgressState(stage, 50))
        bar.finish()
    ended = [re.match(r" *(\D+)  [\d.]+ s$", line) for line in capfd.readouterr().err.splitlines()]
    assert [line[1] for line in ended if line] == ["reading the draft", "fetching materials", "rendering"]


def test_the_bar_tells_what_is_counted_and_what_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    now = task_progress(TASK)
    assert (now.count, now.left) == ("1,200 of 3,600 frames", "1 min 20 s left")
    with ProgressBar() as bar:
        bar.update(now)
    shown = capfd.readouterr().err
    assert ("rendering" in shown, "74%" in shown, "1,200 of 3,600" in shown) == (True, True, True)


def test_a_task_that_waits_tells_its_place(capfd: pytest.CaptureFixture[str]) -> None:
    waiting = task_progress(
        {**TASK, "stage": "QUEUED", "stages": [], "queuePosition": 3, "estimatedCompletionAt": None}
    )
    assert (waiting.count, waiting.left) == ("place 3 of the queue", "")
    assert capfd.readouterr().err == ""


def test_bytes_are_told_in_units_of_people() -> None:
    assert ProgressState("PREPARING", 40, 1_500_000, 3_000_000, "BYTES").count == "1.5 MB of 3.0 MB"


def test_a_render_without_a_task_tells_what_is_left_from_its_frames() -> None:
    way = LocalProgress()
    assert way.state(StageLine(Stage.PREPARING), 0).left == ""
    way.state(StageLine(Stage.EXPORTING, 0, 100, Unit.FRAMES), 1_000)
    assert way.state(StageLine(Stage.EXPORTING, 1, 100, Unit.FRAMES), 3_000).left == ""
    now = way.state(StageLine(Stage.EXPORTING, 50, 100, Unit.FRAMES), 11_000)
    assert now.percent == 80
    assert now.left == "9 s left"


def test_tasks_are_a_table_with_their_age_and_error(capfd: pytest.CaptureFixture[str]) -> None:
    failed = {**TASK, "status": "FAILED", "error": {"code": "DRAFT_EMPTY"}, "draftUrl": "http://x/\u001b[31m"}
    print_table(tasks_table([TASK, failed], CREATED_MS + 3_700_000))
    header, first, second = capfd.readouterr().out.splitlines()
    assert header.split() == ["task", "state", "age", "draft"]
    assert first.split() == ["t1", "rendering,", "74", "%", "1", "h", "1", "min", "http://drafts.example/x"]
    assert ("DRAFT_EMPTY" in second, "\u001b" in second) == (True, False)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:8000/sample/get_draft?draft_id=20261101120000c0ffee01", "20261101120000c0ffee01"),
        ("http://127.0.0.1:8000/drafts/get_draft?draft_id=5f0c&name=%E6%88%91%E7%9A%84%E8%8D%89%E7%A8%BF", "我的草稿"),
        ("https://drafts.example/a/draft%20one.zip", "draft one.zip"),
        ("https://drafts.example", "https://drafts.example"),
    ],
)
def test_a_draft_is_named_as_people_know_it(url: str, name: str) -> None:
    assert draft_name(url) == name
