"""The command line, as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image, ImageOps
from typer import Context
from typer.main import get_command

from draftcast.cli.app import app
from draftcast.cli.chinese import HELP
from services.drafts.sample import SAMPLE_DIR
from tests.support.drafts import DraftBuilder
from tests.support.forked import run_command
from tests.support.process import DRAFTCAST, environment, served
from tests.support.server import ROOT
from tests.support.video import Video


def run(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return run_command(arguments, ROOT, environment(folder, **settings), seconds=120)


def lines(done: "subprocess.CompletedProcess[str]") -> list[Any]:
    """The JSON lines that a command printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def problem(done: "subprocess.CompletedProcess[str]") -> Any:
    """The error that a command told programs of: one object on stderr."""
    error = json.loads(done.stderr)["error"]
    assert list(error) == ["code", "message", "hint"]
    return error


ALL_HELP = """
import sys
from draftcast.cli.app import command_line
def show(command, *names):
    try:
        command_line()([*names, "--help"])
    except SystemExit:
        pass
    for name, each in getattr(command, "commands", {}).items():
        show(each, *names, name)
show(command_line())
"""


@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_the_help_of_every_command_is_whole_in_80_columns_and_in_the_language_of_the_locale(locale: str) -> None:
    env = {**os.environ, "LC_ALL": locale, "COLUMNS": "80"}
    command = [sys.executable, "-c", ALL_HELP]
    shown = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "…" not in shown
    assert len(re.findall("Usage:", shown)) > 20
    chinese = re.search("[\u4e00-\u9fff]", shown)
    assert (chinese is not None) == locale.startswith("zh")


def test_no_text_of_the_help_lacks_its_chinese() -> None:
    assert not [text for text in help_texts(get_command(app)) if text not in HELP]


def help_texts(command: Any) -> Iterator[str]:
    """All texts of a command's help, and of the commands below it."""
    command.get_help_option(Context(command))
    texts = [command.help, command.epilog, command.rich_help_panel]
    for parameter in command.get_params(Context(command)):
        texts += [parameter.help, parameter.show_default if isinstance(parameter.show_default, str) else None]
    yield from (text for text in texts if text)
    for each in getattr(command, "commands", {}).values():
        yield from help_texts(each)


def test_a_draft_folder_renders_without_a_server(tmp_path: Path) -> None:
    output = tmp_path / "out" / "sample.mp4"
    done = run(tmp_path, "render", str(SAMPLE_DIR), "-o", str(output))
    assert done.returncode == 0, done.stderr
    assert "180 frames" in done.stderr
    assert len(Video(output)) == 180


def test_render_prints_the_exporters_lines(tmp_path: Path) -> None:
    done = run(tmp_path, "render", str(SAMPLE_DIR), "-o", str(tmp_path / "a.mp4"), "--json", "--timings")
    assert done.returncode == 0, done.stderr
    told = lines(done)
    assert told[0]["stage"] == "PARSING_DRAFT"
    assert told[-1]["result"]["frames"] == 180
    assert Path(told[-1]["result"]["output"]) == tmp_path / "a.mp4"
    assert (tmp_path / "a.mp4").is_file()
    costs = {each["step"]: each for each in told[-1]["result"]["timings"]}
    parts = "DECODE", "FILTER", "ENCODE"
    assert list(costs) == [
        *("START", "FETCH", "READ", "PROBE", "PLAN", "PICTURE", *parts, "SOUND", "JOIN", "CHECK", "THUMBNAIL"),
    ]
    assert all(costs[step]["cpu_seconds"] > 0 for step in ("START", "PROBE", "PICTURE", "SOUND", "JOIN", "THUMBNAIL"))
    assert sum(costs[step]["cpu_seconds"] for step in parts) == pytest.approx(costs["PICTURE"]["cpu_seconds"], rel=0.02)
    assert costs["SOUND"]["wall_seconds"] < costs["PICTURE"]["wall_seconds"], "the sound is made beside the picture"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_render_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    photo = DraftBuilder(1080, 1920).text("Hello", 0, 600_000_000)
    (tmp_path / "draft_content.json").write_text(photo.json())
    started = ("env", "--default-signal=INT", *DRAFTCAST)  # a background job of a shell ignores it
    command = [*started, "render", str(tmp_path), "-o", str(tmp_path / "a.mp4"), "--json"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as going:
        assert going.stdout is not None
        assert any('"EXPORTING"' in line for line in going.stdout)
        family = psutil.Process(going.pid).children(recursive=True)
        going.send_signal(number)
        going.wait(30)
    assert len(family) >= 2
    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_a_draft_that_cannot_be_rendered_says_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_text(DraftBuilder().json())
    done = run(tmp_path, "render", str(tmp_path), "-o", str(tmp_path / "a.mp4"))
    assert done.returncode == 1
    assert "DRAFT_EMPTY" in done.stderr
    assert "Add at least one" in done.stderr
    assert not (tmp_path / "a.mp4").exists()
    as_json = run(tmp_path, "render", str(tmp_path), "-o", str(tmp_path / "a.mp4"), "--json")
    assert (as_json.returncode, problem(as_json)["code"]) == (1, "DRAFT_EMPTY")
    (tmp_path / "empty").mkdir()
    empty = run(tmp_path, "report", str(tmp_path / "empty"), "--json")
    assert "the folder that holds draft_content.json" in json.loads(empty.stdout)["error"]["hint"]
    missing = run(tmp_path, "render", str(tmp_path / "nothing"))
    assert (missing.returncode, "neither an http(s) URL nor a folder" in missing.stderr) == (2, True)


def test_a_render_without_ffmpeg_says_how_to_get_one(tmp_path: Path) -> None:
    done = run(tmp_path, "render", str(SAMPLE_DIR), "-o", str(tmp_path / "a.mp4"), ffmpeg="/nowhere/ffmpeg")
    assert done.returncode == 1
    assert "/nowhere/ffmpeg does not run" in done.stderr
    assert "DRAFTCAST_FFMPEG" in done.stderr


def test_a_video_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "draft_content.json").write_text(DraftBuilder(64, 36).text("Hello", 0, 100_000).json())
    for output in (tmp_path / "file" / "a.mp4", tmp_path):
        done = run(tmp_path, "render", str(tmp_path), "-o", str(output), "--json")
        assert (done.returncode, problem(done)["code"], done.stdout) == (1, "OS_ERROR", "")  # nothing was rendered
        assert f"{output} cannot be written" in problem(done)["message"]


def test_a_video_is_kept_where_its_place_is_lost_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_text(DraftBuilder(64, 36).text("Hello", 0, 100_000).json())
    (tmp_path / "temporary").mkdir()
    place = tmp_path / "out"
    command = [*DRAFTCAST, "render", str(tmp_path), "-o", str(place / "a.mp4"), "--json"]
    env = {**environment(tmp_path), "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as going:
        assert going.stdout is not None
        assert going.stderr is not None
        going.stdout.readline()  # the place was looked at, and the render has begun
        place.rmdir()
        place.touch()
        going.stdout.read()
        error = json.loads(going.stderr.read())["error"]
    kept = Path(error["hint"].removeprefix("The video is kept: "))
    assert (going.returncode, len(Video(kept))) == (1, 3)
    assert [kept.parent] == list((tmp_path / "temporary").iterdir())


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout == f"draftcast {version('draftcast')}\n"


def test_keys_are_listed_for_programs_without_their_secrets(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "create", "alice").stdout.strip()
    run(tmp_path, "keys", "create", "bob", "--expires-in-days", "3")
    run(tmp_path, "keys", "revoke", "bob")
    done = run(tmp_path, "keys", "list", "--json")
    alice, bob = lines(done)
    assert list(alice) == ["name", "id", "scopes", "state", "created_at", "expires_at", "revoked_at"]
    assert (alice["name"], alice["scopes"], alice["state"]) == ("alice", ["read", "submit"], "valid")
    assert (bob["name"], bob["state"], bob["revoked_at"] is None) == ("bob", "revoked", False)
    assert key not in done.stdout
    unknown = run(tmp_path, "keys", "revoke", "carol")
    assert (unknown.returncode, "draftcast keys list" in unknown.stderr) == (1, True)


def test_the_doctor_finds_everything_after_set_up(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json")
    findings = {finding["name"]: finding for finding in lines(done)}
    assert done.returncode == 0, done.stdout
    assert {"ffmpeg", "Chinese font", "disk", "database", "broadcaster", "port"} <= set(findings)
    assert list(findings["port"]) == ["name", "ok", "detail", "needed"]
    assert findings["Chinese font"]["ok"]


def test_the_doctor_fails_when_something_needed_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json", ffmpeg="/nowhere/ffmpeg")
    findings = {finding["name"]: finding for finding in lines(done)}
    assert done.returncode == 1
    assert "/nowhere/ffmpeg" in findings["ffmpeg"]["detail"]


def test_a_filters_table_is_made_from_a_chart_before_and_after_it(tmp_path: Path) -> None:
    chart, after = tmp_path / "chart.png", tmp_path / "海边.png"
    assert run(tmp_path, "looks", "chart", "-o", str(chart)).returncode == 0
    with Image.open(chart) as drawn:
        ImageOps.invert(drawn).save(after)
    (fitted,) = lines(run(tmp_path, "looks", "fit", str(chart), str(after), "--json"))
    assert fitted == {"file": str(tmp_path / "海边.cube"), "rmse": pytest.approx(0, abs=0.5), "seen": 1.0}
    finding = next(
        each for each in lines(run(tmp_path, "doctor", "--json", looks=str(tmp_path))) if each["name"] == "looks"
    )
    assert (finding["ok"], finding["detail"].startswith("1 colour table")) == (True, True)
    refused = run(tmp_path, "looks", "fit", str(chart), str(tmp_path / "gone.png"), "--json")
    assert (refused.returncode, problem(refused)["code"]) == (1, "LOOK_NOT_FITTED")


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    for name, value in (("port", "many"), ("render_slots", "0"), ("allow_hosts", "http://x"), ("rest_envelope", "x")):
        done = run(tmp_path, "serve", **{name: value})
        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert f"DRAFTCAST_{name.upper()}" in line
        assert value in line
    config = tmp_path / "draftcast.toml"
    config.write_text("port = 'many'")
    in_file = run(tmp_path, "serve", config=str(config))
    assert (in_file.returncode, in_file.stderr.startswith(f"draftcast: port in {config}: ")) == (1, True)
    unknown = run(tmp_path, "serve", colour="blue")
    assert (unknown.returncode, "DRAFTCAST_COLOUR: no such setting" in unknown.stderr) == (1, True)


def test_a_password_in_a_wrong_setting_is_not_shown(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate", database_url="mysql://me:secret@db.example/x")
    assert (done.returncode, "DRAFTCAST_DATABASE_URL: must begin with postgresql://" in done.stderr) == (1, True)
    assert "secret" not in done.stderr


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("draftcast.sqlite"))


def test_neither_a_second_worker_on_the_same_data_nor_a_second_server_on_the_port_starts(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        running.start()
        done = run(tmp_path, "work")
        assert (done.returncode, "another worker" in done.stderr) == (1, True)
        taken = run(tmp_path / "other", "serve", port=str(running.port))
        assert (taken.returncode, f"127.0.0.1:{running.port} cannot be listened on" in taken.stderr) == (1, True)
        assert "serves on" not in taken.stderr
