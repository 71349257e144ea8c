"""How set-up chooses a Python, and how the project is found from `.venv`."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from services.interpreter import unsupported_reason
from services.migrate import UnfitPython, migrate

ROOT = Path(__file__).parent.parent
CHOOSE = ROOT / "setup" / "python.sh"


def python(path: Path, version: tuple[int, ...], sqlite: tuple[int, ...]) -> Path:
    """A program that is this Python but takes itself, and its SQLite, for other versions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    says = f"import sqlite3, sys; sys.version_info = {version}; sqlite3.sqlite_version_info = {sqlite}"
    run = "runpy.run_path(sys.argv[1], run_name='__main__')"
    asked = f"exec '{sys.executable}' -c \"{says}; import runpy; {run}\" $1"
    path.write_text(f"#!/bin/sh\ncase $1 in -c) echo '{path}' ;; *) {asked} ;; esac\n")
    path.chmod(0o755)
    return path


def chosen(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """What is said with nothing but a folder's programs, and those of the shell, on PATH."""
    for name in ("dirname", "tail"):
        (folder / name).symlink_to(str(shutil.which(name)))
    env = {"PATH": str(folder), **variables}
    return subprocess.run(["/bin/sh", str(CHOOSE)], env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("version", "sqlite", "says"),
    [
        ((3, 10, 13), (3, 46, 0), "3.11 or newer is needed"),
        ((3, 11, 2), (3, 34, 1), "SQLite 3.34.1: 3.35 or newer is needed"),  # Debian 11's SQLite
        ((3, 12, 1), (3, 35, 0), ""),
        ((3, 14, 0), (3, 40, 1), ""),  # Debian 12's SQLite
        ((3, 13, 5), (3, 46, 1), ""),  # Debian 13
        ((3, 13, 5), (), "without SQLite"),
    ],
)
def test_a_python_runs_draftcast_if_its_sqlite_is_new_enough(
    version: tuple[int, ...], sqlite: tuple[int, ...], says: str
) -> None:
    assert says in unsupported_reason(version, sqlite)
    assert bool(says) == bool(unsupported_reason(version, sqlite))


def test_set_up_passes_over_a_python_whose_sqlite_is_too_old(tmp_path: Path) -> None:
    python(tmp_path / "python3", (3, 12, 1), (3, 34, 1))
    fit = python(tmp_path / "python3.11", (3, 11, 2), (3, 40, 1))
    assert chosen(tmp_path).stdout == f"{fit}\n"


def test_set_up_says_of_each_python_why_it_does_not_fit(tmp_path: Path) -> None:
    newer = python(tmp_path / "python3", (3, 13, 0), (3, 34, 1))
    older = python(tmp_path / "old" / "python", (3, 9, 2), (3, 40, 1))
    named = chosen(tmp_path, PYTHON=str(older))
    assert (named.returncode, named.stdout) == (1, "")
    assert f"{older}: Python 3.9.2 is too old" in named.stderr
    assert str(newer) not in named.stderr


def test_the_database_is_not_begun_by_a_python_whose_sqlite_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr("sys.version_info", (3, 12, 1, "final", 0))
        old.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
        with pytest.raises(UnfitPython, match=r"Python 3\.12\.1 uses SQLite 3\.34\.1: 3\.35 or newer is needed"):
            migrate(f"sqlite:///{tmp_path / 'draftcast.sqlite'}")


@pytest.mark.parametrize("name", ["草稿 é", "plain", "with a blank"])
def test_the_project_is_found_from_its_venv_whatever_its_folder_and_the_locale_are_called(
    name: str, tmp_path: Path
) -> None:
    project = tmp_path / name
    venv.create(project / ".venv", symlinks=True)
    (link,) = Path(sys.prefix).glob("lib/python3*/site-packages/_draftcast.pth")
    shutil.copy(link, project / ".venv" / link.parent.relative_to(sys.prefix))
    (project / "draftcast").mkdir()
    (project / "draftcast" / "__init__.py").touch()
    for locale in ("C", "C.UTF-8"):
        code = "import draftcast; print(ascii(draftcast.__file__))"
        env = {"PATH": os.environ["PATH"], "LC_ALL": locale}
        command = [str(project / ".venv" / "bin" / "python"), "-c", code]
        done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=False)
        assert done.stdout.strip() == ascii(str(project / "draftcast" / "__init__.py")), done.stderr


def planned(folder: Path, *arguments: str) -> str:
    """What make would do in a fresh copy of the project."""
    for path in ROOT.iterdir():
        if path.name not in (".venv", ".tools", "assets"):
            (folder / path.name).symlink_to(path)
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("goals", "lock"), [("run-parts", "-run.lock"), ("parts PACKAGES=.venv/ready", ".lock")])
def test_running_installs_what_running_needs_and_setup_what_tests_need(tmp_path: Path, goals: str, lock: str) -> None:
    synced = [line for line in planned(tmp_path, *goals.split()).splitlines() if "pip sync" in line]
    assert [line.partition("--require-hashes ")[2].split()[0] for line in synced] == [f"requirements{lock}"]


def test_programs_of_the_system_are_named_before_they_are_installed_and_may_be_left_out(tmp_path: Path) -> None:
    for name in ("sh", "id", "ls"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    asked = tmp_path / "apt-get"
    asked.write_text(f"#!/bin/sh\necho called >>{tmp_path}/calls\n")
    asked.chmod(0o755)
    command = ["/bin/sh", str(ROOT / "setup" / "test_programs.sh")]
    env = {"PATH": str(tmp_path), "NO_APT": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert re.search(r"NOT INSTALLED:.* redis-server .*curl", done.stderr)
    assert not (tmp_path / "calls").exists()
