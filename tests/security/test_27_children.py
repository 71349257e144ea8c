"""Row 27: a child and all that came of it end with their attempt; what it says costs the server little."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.exporter_protocol.lines import Result, StageLine
from services.exporter_protocol.request import ExportRequest
from services.store.records import Stage, Unit
from services.worker.exporter_process import OnLine, export
from tests.support.drafts import DraftBuilder
from tests.support.matrix import but_long
from tests.support.process import served
from tests.support.render import render
from tests.support.server import Server, serving
from tests.support.site import wait_until

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { status } } }"
TASK = "query($id: ID!) { videoTask(id: $id) { status error { code } warnings { message materialName } } }"
PREAMBLE = """import json, os, sys, time
request = json.load(sys.stdin)
def say(**line):
    print(json.dumps(line), flush=True)
say(stage="EXPORTING", done=0, total=10, unit="FRAMES")
"""
DAEMON = """
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.close(1), os.close(2)
        with open({marker!r}, "w") as marker:
            marker.write(str(os.getpid()))
        os.write(tell, b".")
        time.sleep(600)
    os._exit(0)
os.wait()
os.read(told, 1)
"""
HOLD = "while True: time.sleep(1)\n"
DONE = """
import shutil
shutil.copy({video!r}, request["output"])
say(result=dict(output=request["output"], width=64, height=36, duration_us=1000000, frames=25, frame_rate=25.0,
    has_sound=True, thumbnail=None))
"""


def exporter(folder: Path, body: str) -> str:
    """A command of an operator's own exporter."""
    program = folder / "exporter.py"
    program.write_text(PREAMBLE + body)
    return f"{sys.executable} {program}"


def daemon_of(marker: Path) -> int:
    """The process that has left its group and its parent."""
    wait_until(lambda: marker.exists() and marker.read_text() != "")
    return int(marker.read_text())


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def submitted(server: Server) -> str:
    return str(server.data(SUBMIT, url=server.draft_url())["submitVideoTask"]["task"]["id"])


@pytest.mark.parametrize("ending", ["cancel", "SIGTERM", "SIGKILL", "its own"])
def test_a_process_that_left_its_group_ends_with_its_attempt(tmp_path: Path, ending: str) -> None:
    marker, video = tmp_path / "marker", tmp_path / "video.mp4"
    video.write_bytes(b"\0\0\0\x20ftypisom")
    body = DAEMON.format(marker=str(marker)) + (DONE.format(video=str(video)) if ending == "its own" else HOLD)
    with served(tmp_path, exporter=exporter(tmp_path, body)) as running:
        server = running.start()
        task = submitted(server)
        daemon = daemon_of(marker)
        if ending == "cancel":
            server.data(CANCEL, id=task)
        elif ending == "SIGTERM":
            running.stop()
        elif ending == "SIGKILL":
            running.kill()
        wait_until(lambda: gone(daemon), seconds=10)
        if ending == "its own":
            wait_until(lambda: server.data(TASK, id=task)["videoTask"]["status"] == "COMPLETED")


def exported(folder: Path, body: str, on_line: OnLine) -> Coroutine[Any, Any, Result]:
    """An export by a program of that body."""
    attempt = folder / "work" / "task" / "1"
    attempt.mkdir(parents=True)
    output = str(attempt / "video.mp4")
    request = ExportRequest(task_id="task", attempt=1, draft_url="", folder=attempt, output=Path(output))
    return export(tuple(exporter(folder, body).split()), request, on_line)


@pytest.mark.parametrize("stream", but_long(["stdout", "stderr"], "stderr"))
def test_who_prints_without_pause_lets_others_have_their_turn(tmp_path: Path, stream: str) -> None:
    line = json.dumps({"stage": "EXPORTING", "done": 1, "total": 10, "unit": "FRAMES"})
    noise = {"stdout": line, "stderr": "x"}[stream]
    body = f"while True: sys.{stream}.write(1000 * {noise + chr(10)!r})"
    in_a_row, most_in_a_row = 0, 0

    def on_line(_: object) -> None:
        nonlocal in_a_row, most_in_a_row
        in_a_row += 1
        most_in_a_row = max(most_in_a_row, in_a_row)

    async def scenario() -> None:
        nonlocal in_a_row
        exporting = asyncio.create_task(exported(tmp_path, body, on_line))
        for _ in range(2000):
            in_a_row = 0
            await asyncio.sleep(0.0001)
        exporting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await exporting

    asyncio.run(scenario())
    assert 0 < most_in_a_row < 50


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1", "1" + "0" * 400, '"many"'])
def test_a_number_that_is_none_is_passed_over(tmp_path: Path, number: str) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(b"x")
    odd = "".join(
        f'print(\'{{"stage": "EXPORTING", "{name}": {number}, "{other}": 3}}\', flush=True)\n'
        for name, other in (("done", "total"), ("total", "done"))
    )
    lines: list[object] = []
    asyncio.run(exported(tmp_path, odd + DONE.format(video=str(video)), lines.append))
    assert lines == [StageLine(Stage.EXPORTING, 0, 10, Unit.FRAMES)]


def test_warnings_are_bounded_by_who_hears_them(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(b"\0\0\0\x20ftypisom")
    body = """
text = "\\0" + "x" * 2000
for number in range(300):
    say(warning=dict(code="MATERIAL_MISSING", message=dict(en=f"{number}", zh=text), material_name=text))
"""
    with serving(tmp_path, exporter=exporter(tmp_path, body + DONE.format(video=str(video)))) as server:
        task = submitted(server)
        wait_until(lambda: server.data(TASK, id=task)["videoTask"]["status"] == "COMPLETED")
        warnings = server.data(TASK, id=task)["videoTask"]["warnings"]
    assert [each["message"] for each in warnings[:100]] == [f"{number}" for number in range(100)]
    assert len(warnings) == 101
    assert "first 100" in warnings[100]["message"]
    assert max(len(each["materialName"] or "") for each in warnings) <= 1000


def test_a_draft_of_which_hundreds_of_pictures_are_missing_is_told_of_in_a_hundred_warnings(tmp_path: Path) -> None:
    draft = DraftBuilder(64, 36).text("x", 0, 1_000_000)
    for number in range(150):
        draft.photo(f"gone-{number}.png", 0, 1_000_000, track=f"t{number}")
    assert len(render(tmp_path, draft).warnings) <= 101
