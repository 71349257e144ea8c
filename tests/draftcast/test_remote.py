"""The commands that speak to a running server."""

import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from services.errors import HINTS, ErrorCode
from tests.draftcast.test_cli import lines, problem, run
from tests.support.keys import new_key
from tests.support.process import DRAFTCAST, environment, served
from tests.support.programs import free_port
from tests.support.server import ROOT, Server
from tests.support.subscriber import subscriber


def test_submit_and_watch_speak_to_a_running_server(server: Server, tmp_path: Path) -> None:
    url = server.draft_url()
    submitted = run(tmp_path, "submit", url, "--server", server.url)
    assert submitted.returncode == 0, submitted.stderr
    watched = run(tmp_path, "watch", submitted.stdout.strip(), "--json", server=server.url)
    events = lines(watched)
    assert events[-1]["status"] == "COMPLETED"
    again = run(tmp_path, "watch", url, "--server", server.url)
    assert again.stdout.strip() == events[-1]["task"]["videoUrl"]


def test_a_folder_and_its_zip_are_sent_to_a_running_server(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "my draft"
    folder.mkdir()
    (folder / "draft_content.json").write_text("{}")
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", folder)
    for draft, name in ((folder, "my draft"), (Path(archive), "zipped")):
        done = run(tmp_path, "submit", str(draft), "--json", "--server", server.url)
        assert done.returncode == 0, done.stderr
        draft_url: str = lines(done)[0]["draftUrl"]
        assert parse_qs(urlsplit(draft_url).query)["name"] == [name]
        assert server.get(draft_url).json["code"] == 0


def test_commands_of_a_server_speak_chinese_where_the_locale_is_chinese(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    failed = run(tmp_path, "submit", server.draft_url("fail"), "--watch", server=server.url)
    assert failed.stderr.splitlines()[-2:] == ["DRAFT_EMPTY: 草稿为空。", HINTS[ErrorCode.DRAFT_EMPTY].zh]
    url = server.draft_url("hold")
    task_id = run(tmp_path, "submit", url, server=server.url).stdout.strip()
    early = run(tmp_path, "retry", url, server=server.url).stderr
    assert re.search("[\u4e00-\u9fff].*INVALID_STATE", early), early
    assert run(tmp_path, "cancel", url, server=server.url).stderr == f"{task_id}：已取消。\n"
    assert "没有此 ID 的任务" in run(tmp_path, "watch", "nothing", server=server.url).stderr
    assert "There is no task" in problem(run(tmp_path, "watch", "nothing", "--json", server=server.url))["message"]


def test_a_failed_task_ends_the_watching_with_its_error(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "submit", server.draft_url("fail"), "--watch", "--server", server.url)
    said = done.stderr.splitlines()
    assert (done.returncode, said[-2:]) == (1, ["DRAFT_EMPTY: The draft is empty.", HINTS[ErrorCode.DRAFT_EMPTY].en])


def test_a_task_is_listed_canceled_and_retried(server: Server, tmp_path: Path) -> None:
    url = server.draft_url("hold")
    task_id = run(tmp_path, "submit", url, server=server.url).stdout.strip()
    shown = run(tmp_path, "tasks", "--status", "pending", "--status", "processing", server=server.url)
    assert any(line.split()[0] == task_id and url in line for line in shown.stdout.splitlines()), shown.stdout
    canceled = run(tmp_path, "cancel", url, server=server.url)
    assert (canceled.returncode, canceled.stderr) == (0, f"{task_id} is canceled.\n")
    listed = run(tmp_path, "tasks", "--status", "canceled", "--limit", "1", "--json", server=server.url)
    (task,) = lines(listed)
    assert (task["id"], task["status"], task["draftUrl"]) == (task_id, "CANCELED", url)
    retried = run(tmp_path, "retry", task_id, "--json", server=server.url)
    assert lines(retried)[0]["status"] in ("PENDING", "PROCESSING")
    again = run(tmp_path, "retry", task_id, "--json", server=server.url)
    assert (again.returncode, problem(again)["code"]) == (4, "INVALID_STATE")
    assert run(tmp_path, "cancel", task_id, "--json", server=server.url).returncode == 0


def test_connections_are_listed_and_ended_by_command(server: Server, tmp_path: Path) -> None:
    with subscriber(server.socket_url) as client:
        (ours,) = (each for each in lines(run(tmp_path, "connections", "list", "--json", server=server.url)))
        shown = run(tmp_path, "connections", "list", server=server.url)
        assert shown.stdout.splitlines()[1].split()[:4] == [ours["id"], "websocket", "open", "127.0.0.1"]
        ended = run(tmp_path, "connections", "end", ours["id"], server=server.url)
        assert (ended.returncode, ended.stderr) == (0, f"{ours['id']} is ended.\n")
        with pytest.raises(ConnectionClosed):
            client.receive()
    again = run(tmp_path, "connections", "end", ours["id"], server=server.url)
    assert (again.returncode, "no connection of this id" in again.stderr) == (4, True)
    assert "connections list" in again.stderr


def test_the_list_fits_a_terminal_and_its_short_ids_name_tasks(server: Server, tmp_path: Path) -> None:
    url = server.draft_url("hold")
    task_id = run(tmp_path, "submit", url, server=server.url).stdout.strip()
    other = run(tmp_path, "submit", server.draft_url("hold"), server=server.url).stdout.strip()
    shown = on_terminal(tmp_path, 80, "tasks", server=server.url)
    assert max(map(len, shown)) <= 80
    (row,) = [line for line in shown if line.split()[0] == task_id[:12]]
    assert url.rpartition("draft_id=")[2][:20] in row
    canceled = run(tmp_path, "cancel", task_id[:12], "0123456789", other[:12], server=server.url)
    said = canceled.stderr.splitlines()
    assert (canceled.returncode, said[0], said[-1]) == (4, f"{task_id} is canceled.", f"{other} is canceled.")
    assert "There is no task of this id: 0123456789" in canceled.stderr
    watching = run(tmp_path, "retry", task_id, other, "--watch", server=server.url)
    assert (watching.returncode, "--watch follows one task" in watching.stderr) == (2, True)


def test_the_server_is_where_its_own_settings_say(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "tasks", "--limit", "1", host="0.0.0.0", port=str(server.port))
    assert (done.returncode, "does not answer" in done.stderr) == (0, False), done.stderr


def on_terminal(folder: Path, columns: int, *arguments: str, **settings: str) -> list[str]:
    """The lines that a command prints on a terminal of this width, without colours."""
    own, theirs = pty.openpty()
    env = {**environment(folder, **settings), "COLUMNS": str(columns), "TERM": "dumb", "NO_COLOR": "1"}
    subprocess.run([*DRAFTCAST, *arguments], cwd=ROOT, env=env, stdout=theirs, timeout=60, check=True)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the end of a terminal is an error
        while more := os.read(own, 4096):
            shown += more
    os.close(own)
    return shown.decode().splitlines()


def test_a_retried_task_can_be_watched(server: Server, tmp_path: Path) -> None:
    url = server.draft_url("fail")
    run(tmp_path, "submit", url, "--watch", server=server.url)
    done = run(tmp_path, "retry", url, "--watch", "--json", server=server.url)
    last = lines(done)[-1]
    assert (done.returncode, last["task"]["attempt"], last["status"]) == (1, 2, "FAILED")


@pytest.mark.parametrize(("command", "named"), [("watch", "nothing"), ("cancel", "http://drafts.example/unknown")])
def test_a_task_that_is_not_there_is_said_with_what_to_do(
    server: Server, tmp_path: Path, command: str, named: str
) -> None:
    done = run(tmp_path, command, named, server=server.url)
    assert (done.returncode, named in done.stderr, "draftcast tasks" in done.stderr) == (4, True, True)
    assert done.stdout == ""


def test_a_draft_that_the_server_refuses_is_said_with_what_to_do(server: Server, tmp_path: Path) -> None:
    refused = run(tmp_path, "submit", "http://", "--json", server=server.url)
    assert (refused.returncode, "absolute http" in problem(refused)["message"]) == (4, True)
    missing = run(tmp_path, "submit", str(tmp_path / "nothing"), "--json", server=server.url)
    assert (missing.returncode, problem(missing)["code"]) == (2, "INVALID_INPUT")
    empty = run(tmp_path, "submit", str(tmp_path), "--json", server=server.url)
    assert (empty.returncode, problem(empty)["code"]) == (2, "DRAFT_NOT_FOUND")
    assert "folder that holds draft_content.json" in problem(empty)["hint"]


@pytest.mark.parametrize("command", ["submit", "watch", "tasks"])
def test_a_server_that_is_not_there_is_said_in_one_line_with_what_to_do(tmp_path: Path, command: str) -> None:
    arguments = () if command == "tasks" else ("http://drafts.example/x",)
    done = run(tmp_path, command, *arguments, "--server", f"http://127.0.0.1:{free_port()}")
    said, hint = done.stderr.splitlines()
    assert (done.returncode, "does not answer" in said, "make run" in hint, "--server" in hint) == (3, True, True, True)


def test_something_else_than_draftcast_is_told_apart(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "tasks", "--json", "--server", f"{server.url}/somewhere")
    assert (done.returncode, problem(done)["code"]) == (3, "SERVER_UNREACHABLE")
    assert "HTTP 404, and is no draftcast" in problem(done)["message"]


def test_an_address_without_a_scheme_is_mended_in_words(tmp_path: Path) -> None:
    done = run(tmp_path, "tasks", "--server", "localhost:8000")
    assert (done.returncode, "write http://localhost:8000" in done.stderr) == (2, True)


def test_keys_that_are_missing_wrong_or_too_weak_are_said_with_what_to_do(tmp_path: Path) -> None:
    weak = new_key(tmp_path, "reader", "--scopes", "read")
    with served(tmp_path) as process:
        server = process.start()
        none = run(tmp_path, "watch", "x", server=server.url)
        wrong = run(tmp_path, "watch", "x", server=server.url, key="dk_wrong")
        reader = run(tmp_path, "submit", "http://drafts.example/x", "--json", server=server.url, key=weak)
        listed = run(tmp_path, "tasks", server=server.url, key=weak)
    assert (none.returncode, "Put your key into DRAFTCAST_KEY" in none.stderr) == (4, True)
    assert (wrong.returncode, "does not know the key in DRAFTCAST_KEY" in wrong.stderr) == (4, True)
    assert (reader.returncode, problem(reader)["code"]) == (4, "FORBIDDEN")
    assert "--scopes submit,read" in problem(reader)["hint"]
    assert (listed.returncode, listed.stderr) == (0, "There are no such tasks.\n")
