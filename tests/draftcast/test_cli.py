"""The command line, as a process of its own."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from services.drafts.sample import SAMPLE_DIR
from tests.support.drafts import DraftBuilder
from tests.support.process import DRAFTCAST, environment, served
from tests.support.server import ROOT, Server
from tests.support.video import Video


def run(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    command = [*DRAFTCAST, *arguments]
    env = environment(folder, **settings)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_a_draft_folder_renders_without_a_server(tmp_path: Path) -> None:
    output = tmp_path / "out" / "sample.mp4"
    done = run(tmp_path, "render", str(SAMPLE_DIR), "-o", str(output))
    assert done.returncode == 0, done.stderr
    assert "180 frames" in done.stderr
    assert len(Video(output)) == 180


def test_render_prints_the_exporters_lines(tmp_path: Path) -> None:
    done = run(tmp_path, "render", str(SAMPLE_DIR), "-o", str(tmp_path / "a.mp4"), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert lines[0]["stage"] == "PARSING_DRAFT"
    assert lines[-1]["result"]["frames"] == 180
    assert (tmp_path / "a.mp4").is_file()


def test_a_draft_that_cannot_be_rendered_says_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "draft_content.json").write_text(DraftBuilder().json())
    done = run(tmp_path, "render", str(tmp_path), "-o", str(tmp_path / "a.mp4"))
    assert done.returncode == 1
    assert "DRAFT_EMPTY" in done.stderr
    assert "Add at least one" in done.stderr
    assert not (tmp_path / "a.mp4").exists()
    missing = run(tmp_path, "render", str(tmp_path / "nothing"))
    assert (missing.returncode, "neither an http(s) URL nor a folder" in missing.stderr) == (1, True)


def test_submit_and_watch_speak_to_a_running_server(server: Server, tmp_path: Path) -> None:
    url = server.draft_url()
    submitted = run(tmp_path, "submit", url, "--server", server.url)
    assert submitted.returncode == 0, submitted.stderr
    watched = run(tmp_path, "watch", submitted.stdout.strip(), "--json", server=server.url)
    events = [json.loads(line) for line in watched.stdout.splitlines()]
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
        draft_url: str = json.loads(done.stdout)["draftUrl"]
        assert parse_qs(urlsplit(draft_url).query)["name"] == [name]
        assert server.get(draft_url).json["code"] == 0


def test_a_failed_task_ends_the_watching_with_its_error(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "submit", server.draft_url("fail"), "--watch", "--server", server.url)
    assert (done.returncode, "DRAFT_EMPTY" in done.stderr) == (1, True)


def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    for command in ("submit", "watch"):
        done = run(tmp_path, command, "http://drafts.example/x", "--server", "http://127.0.0.1:9")
        assert done.returncode == 1
        assert "make run" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_doctor_finds_everything_after_set_up(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert {"ffmpeg", "Chinese font", "disk", "database", "broadcaster", "port"} <= set(findings)
    assert findings["Chinese font"]["ok"]


def test_the_doctor_fails_when_something_needed_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json", ffmpeg="/nowhere/ffmpeg")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert "/nowhere/ffmpeg" in findings["ffmpeg"]["detail"]


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    for name, value in (("port", "many"), ("render_slots", "0"), ("allow_hosts", "http://x"), ("rest_envelope", "x")):
        done = run(tmp_path, "serve", **{name: value})
        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert f"DRAFTCAST_{name.upper()}" in line
        assert value in line
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


def test_a_second_worker_on_the_same_data_does_not_start(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        running.start()
        done = run(tmp_path, "work")
        assert (done.returncode, "another worker" in done.stderr) == (1, True)
