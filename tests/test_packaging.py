"""What is installed, and what the locks say."""

import json
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-run.lock")
EVERY_LOCK = (*LOCKS, "setup/ffmpeg-7.0.2.lock", "setup/sdk/requirements.lock", "setup/chart.lock")
OURS = ("draftcast", "draftcast_client", "schema", "resolvers", "services")
PINNED = r"[a-z0-9._-]+==[^ ;]+( ; [^/@]+)? \\"
HASHED = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
REASON = r"    # .*"


def test_no_installed_distribution_owns_our_top_level_names() -> None:
    owners = packages_distributions()
    for name in OURS:
        assert set(owners.get(name, [])) <= {"draftcast"}, name


@pytest.mark.parametrize("lock", EVERY_LOCK)
def test_a_python_lock_holds_pinned_versions_and_hashes_and_nothing_else(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(f"{PINNED}|{HASHED}|{REASON}", line)] == []


@pytest.mark.parametrize("lock", EVERY_LOCK)
def test_a_python_lock_names_no_host_and_no_path(lock: str) -> None:
    comments = [line for line in (ROOT / lock).read_text().splitlines() if "#" in line]
    assert [line for line in comments if "/" in line] == []


def test_what_runs_is_locked_as_what_is_tested() -> None:
    tested, runs = (re.findall(r"^[a-z0-9._-]+==[^ ;]+", (ROOT / lock).read_text(), re.MULTILINE) for lock in LOCKS)
    assert runs
    assert set(runs) < set(tested)


@pytest.mark.parametrize("folder", ["web", "tests/web", "examples", "sdk/typescript", "setup/sdk", "tests/audit/node"])
def test_an_npm_lock_names_no_host_and_has_a_hash_for_every_package(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
