"""The log: a line for people or an object for programs, which task it is about, and no secrets."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.errors import SettingsError
from services.settings import load
from tests.support.process import gated_exporter, served
from tests.support.server import ROOT, Server
from tests.support.subscriber import subscriber

CANARY = "canary7f3a"
COMPLAINT = f"no answer from https://user:{CANARY}@files.example/a/b.mp4?signature={CANARY}#{CANARY} today"
SHOWN = "no answer from https://files.example/a/b.mp4 today"
EXPORTER = f"sh -c 'echo \"{COMPLAINT}\" >&2; exit 3'"
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
CUT = "----"
WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { status } }"
LIBRARIES = f"""
import logging, sys, warnings
from services.telemetry.logs import configure_logging
configure_logging("text")
def speak():
    logging.getLogger("procrastinate").warning("slow")
    warnings.warn("old", stacklevel=1)
    try:
        raise OSError("{COMPLAINT}")
    except OSError:
        logging.getLogger("alembic").exception(
            "GET /graphql?token={CANARY} and postgresql+psycopg://me:{CANARY}@db/x failed"
        )
speak()
print("{CUT}", file=sys.stderr)
configure_logging("json")
speak()
"""


def log_of(folder: Path, form: str) -> tuple[str, str]:
    """A server whose one task has failed and that was asked nonsense: the task's id, and the log."""
    with served(folder, log_format=form, exporter=EXPORTER) as process:
        server = process.start()
        task_id = server.data(SUBMIT, url=server.draft_url() + CANARY)["submitVideoTask"]["task"]["id"]
        with subscriber(server.socket_url) as watching:
            watching.subscribe(WATCH, id=task_id)
            assert [event["videoTaskProgress"]["status"] for event in watching.rest()][-1] == "FAILED"
        with socket.create_connection(("127.0.0.1", server.port)) as asking:
            asking.sendall(b"nonsense\r\n\r\n")
            assert b"400" in asking.recv(1000)
        process.stop()
        return task_id, process.log


def objects(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines()]


def test_in_json_each_line_is_an_object_that_names_its_task(tmp_path: Path) -> None:
    task_id, log = log_of(tmp_path, "json")
    lines = objects(log)
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert set(line) - {"task_id", "attempt"} == {"time", "level", "logger", "message"}
    (complaint,) = [line for line in lines if line["message"].startswith("exporter stderr")]
    assert (complaint["level"], complaint["task_id"], complaint["attempt"]) == ("WARNING", task_id, 1)
    assert complaint["message"].endswith(SHOWN)
    assert [line["level"] for line in lines if line["logger"] == "uvicorn.error"] == ["WARNING"]
    assert "draftcast serves on" in log
    assert CANARY not in log


def test_in_text_a_line_names_its_task(tmp_path: Path) -> None:
    task_id, log = log_of(tmp_path, "text")
    (complaint,) = [line for line in log.splitlines() if "exporter stderr" in line]
    assert complaint.endswith(SHOWN)
    assert f" WARNING services.worker.exporter_process: [task {task_id} attempt 1] " in complaint
    assert " WARNING uvicorn.error: " in log
    assert CANARY not in log


def test_a_task_is_logged_from_its_submit_to_its_end(tmp_path: Path) -> None:
    with served(tmp_path, exporter=gated_exporter(tmp_path)) as process:
        server = process.start()
        acts = {act: finished(server, server.draft_url(act)) for act in ("render", "fail")}
        finished(server, server.draft_url("fail"))  # the slot is free once the end of the former one is logged
        process.stop()
    lines = {
        act: [line.partition(task_id)[2] for line in process.log.splitlines() if task_id in line]
        for act, task_id in acts.items()
    }
    address = "http://127.0.0.1:9/get_draft"
    submitted, started, completed = lines["render"]
    assert (submitted, started) == (f"] submitted: {address}", f" attempt 1] started: {address}")
    assert re.fullmatch(rf" attempt 1\] completed after \d+\.\d s: {address}", completed)
    assert lines["fail"][2:] == [" attempt 1] failed: DRAFT_EMPTY: The draft is empty."]


def finished(server: Server, draft_url: str) -> str:
    """The id of a task that has ended."""
    task_id: str = server.data(SUBMIT, url=draft_url)["submitVideoTask"]["task"]["id"]
    with subscriber(server.socket_url) as watching:
        watching.subscribe(WATCH, id=task_id)
        list(watching.rest())
    return task_id


def test_what_libraries_say_has_the_same_form() -> None:
    command = [sys.executable, "-W", "always", "-c", LIBRARIES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    text, _, in_json = done.stderr.partition(f"{CUT}\n")
    assert " WARNING procrastinate: slow\n" in text
    assert f"OSError: {SHOWN}\n" in text
    engine, warning, failure = objects(in_json)
    assert (engine["logger"], engine["message"]) == ("procrastinate", "slow")
    assert (warning["logger"], warning["level"]) == ("py.warnings", "WARNING")
    assert failure["message"] == "GET /graphql and postgresql+psycopg://db/x failed"
    assert failure["exception"].startswith("Traceback")
    assert failure["exception"].endswith(SHOWN)
    assert CANARY not in done.stderr


def test_a_form_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAFTCAST_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match=r"^DRAFTCAST_LOG_FORMAT: Input should be 'text' or 'json' \(got 'xml'\)$"):
        load()
