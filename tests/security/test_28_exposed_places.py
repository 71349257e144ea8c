"""Row 28: nothing of the server's lies where renders read, and a machine without a sandbox is told of, or refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.errors import SettingsError
from services.sandbox import landlock
from services.sandbox.process_sandbox import sandbox_here
from services.settings import load
from services.startup_checks import check_exposure
from tests.support.drafts import DraftBuilder
from tests.support.process import served
from tests.support.render import render, run_program
from tests.support.server import ROOT

BELOW = ("lib/draftcast", "share/data", "bin")
BLINDNESS = "from services.sandbox import landlock as confine\nconfine.landlock_version = lambda: 0\n"
"""A container's runtime refuses the call, as older ones do."""
BLIND = f"{BLINDNESS}import sys\nfrom services.render.__main__ import main\nsys.exit(main())"


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("prefix", [sys.prefix, "/usr"])
def test_data_where_renders_read_refuses_the_start(prefix: str, below: str) -> None:
    with pytest.raises(SettingsError, match=r"DRAFTCAST_DATA_DIR: .* every render may read"):
        check_exposure(load(data_dir=Path(prefix) / below / "data"))


def test_data_beside_a_virtual_environments_own_parts_is_not_laid_open() -> None:
    check_exposure(load(data_dir=Path(sys.prefix) / "data"))


def test_every_place_of_ours_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (fonts / "draftcast.toml").write_text("port = 8000")
    (tmp_path / "link").symlink_to(fonts)
    at: dict[str, object] = {"font_dirs": (fonts,), "data_dir": tmp_path / "data"}
    places: dict[str, dict[str, object]] = {
        "DRAFTCAST_DATA_DIR": {"data_dir": tmp_path / "link" / "data"},
        "DRAFTCAST_FILES_URL": {"files_url": (fonts / "videos").as_uri()},
        "DRAFTCAST_DATABASE_URL": {"database_url": f"sqlite:///{fonts}/tasks.sqlite"},
    }
    for variable, settings in places.items():
        with pytest.raises(SettingsError, match=variable):
            check_exposure(load(**{**at, **settings}))
    monkeypatch.setenv("DRAFTCAST_CONFIG", str(fonts / "draftcast.toml"))
    with pytest.raises(SettingsError, match="DRAFTCAST_CONFIG"):
        check_exposure(load(**at))


def test_the_start_is_refused_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "DRAFTCAST_DATA_DIR": str(tmp_path / "data"), "DRAFTCAST_FONT_DIRS": str(tmp_path)}
    code = "import sys; sys.argv = ['draftcast', 'serve', '--port', '0']; from draftcast.cli.main import main; main()"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode
    assert "DRAFTCAST_DATA_DIR" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_machine_without_landlock_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = tmp_path / "blind"
    blind.mkdir()
    (blind / "sitecustomize.py").write_text(BLINDNESS)
    monkeypatch.setenv("PYTHONPATH", f"{blind}{os.pathsep}{ROOT}")
    with served(tmp_path) as running:
        running.forks = False  # a forked process has looked at the machine already
        server = running.start()
        assert server.get("/readyz").status == 200
        assert server.get("/readyz").json["checks"]["sandbox"] == "failing"
        assert 'draftcast_sandbox{part="files"} 0.0' in server.get("/metrics").body.decode()
    (warning,) = [
        line for line in (tmp_path / "log").read_text().splitlines() if "WARNING" in line and "sandbox" in line
    ]
    assert "Landlock" in warning


def test_a_machine_without_landlock_is_refused_where_a_sandbox_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_exposure(load(require_sandbox=True, data_dir=tmp_path))
    monkeypatch.setattr(landlock, "landlock_version", lambda: 0)
    assert not sandbox_here().complete
    with pytest.raises(SettingsError, match="DRAFTCAST_REQUIRE_SANDBOX"):
        check_exposure(load(require_sandbox=True, data_dir=tmp_path))


def test_no_render_begins_where_a_sandbox_is_required_and_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = DraftBuilder(64, 36).text("x", 0, 100_000)
    assert render(tmp_path, draft, run_program, require_sandbox=True).result
    monkeypatch.setattr("tests.support.render.COMMAND", (sys.executable, "-c", BLIND))
    refused = render(tmp_path, draft, run_program, require_sandbox=True, attempt=2)
    assert "DRAFTCAST_REQUIRE_SANDBOX" in refused.error["message"]["en"]
