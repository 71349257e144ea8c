"""Row 9: a decoder that a hostile file took over reaches neither other files, nor processes, nor the network."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from services.errors import Failed
from services.exporter_protocol.request import ExportRequest
from services.sandbox.process_sandbox import sandbox_here
from services.worker.exporter_process import OWN_EXPORTER, export
from tests.support.drafts import DraftBuilder
from tests.support.render import Rendered, render, run_program

S = 1_000_000
SECRET = "another person's draft"
TAKEN_OVER = """#!/bin/sh
'''exec' '{python}' -I "$0" "$@"
' '''
import os, socket, sys
if sys.argv[1] == "-version":
    print("ffmpeg version 9.0 Copyright --enable-libx264")
    raise SystemExit
def tried(name, deed):
    try:
        print(name, "done", deed(), file=sys.stderr)
    except OSError as error:
        print(name, error.errno, file=sys.stderr)
tried("read", lambda: open({secret!r}).read())
tried("list", lambda: os.listdir({folder!r}))
tried("write", lambda: open({folder!r} + "/made", "w"))
tried("replace", lambda: os.rename({secret!r}, {secret!r} + "2"))
tried("environment", lambda: open("/proc/{pid}/environ").read(1) and "")
tried("connect", lambda: socket.create_connection(("127.0.0.1", {port}), 2))
tried("unix", lambda: socket.socket(socket.AF_UNIX))
raise SystemExit(3)
"""


def taken_over(folder: Path, outside: Path, port: int) -> Rendered:
    """A render whose ffmpeg is an attacker's program."""
    program = folder / "ffmpeg"
    program.write_text(
        TAKEN_OVER.format(
            python=sys.executable, secret=str(outside / "secret"), folder=str(outside), pid=os.getpid(), port=port
        )
    )
    program.chmod(0o755)
    return render(folder, DraftBuilder(64, 36).text("x", 0, S), run_program, ffmpeg=str(program))


@pytest.fixture
def log(tmp_path: Path) -> dict[str, str]:
    """What came of each deed: the number of an error, or "done"."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret").write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.setblocking(False)
        rendered = taken_over(inside, outside, canary.getsockname()[1])
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert rendered.error["code"] == "RENDER_FAILED"
    assert SECRET not in rendered.log
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    return dict(line.split(" ")[:2] for line in rendered.log.splitlines() if line)


@pytest.mark.skipif(not sandbox_here().files, reason="the kernel has no Landlock")
def test_nothing_outside_the_task_is_read_or_written(log: dict[str, str]) -> None:
    refused = {"read", "list", "write", "replace", "environment"}
    assert {name for name in refused if log[name] == "13"} == refused


@pytest.mark.skipif(not sandbox_here().network, reason="the kernel has no seccomp for this machine")
def test_no_socket_is_had_once_everything_is_fetched(log: dict[str, str]) -> None:
    assert (log["connect"], log["unix"]) == ("13", "13")


def test_the_render_has_none_of_the_servers_secrets_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAFTCAST_DATABASE_URL", "postgresql://user:canary@db/draftcast")
    folder = tmp_path / "task" / "1"
    folder.mkdir(parents=True)
    program = tmp_path / "ffmpeg"
    program.write_text(
        "#!/bin/sh\nif [ $1 = -version ]; then echo ffmpeg version 9.0 --enable-libx264; exit; fi\n"
        f"env >{folder.parent}/materials/environment\nexit 3\n"
    )
    program.chmod(0o755)
    (tmp_path / "draft_content.json").write_bytes(DraftBuilder(64, 36).text("x", 0, S).bytes())
    asked = ExportRequest(
        task_id="task",
        attempt=1,
        draft_url="",
        draft_folder=tmp_path,
        folder=folder,
        output=folder / "video.mp4",
        ffmpeg=str(program),
    )
    with pytest.raises(Failed):
        asyncio.run(export(OWN_EXPORTER, asked, lambda _: None))
    environment = (folder.parent / "materials" / "environment").read_text()
    assert "PATH=" in environment
    assert "canary" not in environment
