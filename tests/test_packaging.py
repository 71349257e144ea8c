"""What is installed, and what the locks say."""

import json
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("draftcast", "schema", "resolvers", "services")
PINNED = r"[a-z0-9._-]+==[^ ;]+( ; [^/@]+)? \\"
HASHED = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
REASON = r"    # .*"


def test_no_installed_distribution_owns_our_top_level_names() -> None:
    owners = packages_distributions()
    for name in OURS:
        assert set(owners.get(name, [])) <= {"draftcast"}, name


def test_the_python_lock_holds_pinned_versions_and_hashes_and_nothing_else() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(f"{PINNED}|{HASHED}|{REASON}", line)] == []


def test_the_python_lock_names_no_host_and_no_path() -> None:
    comments = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if "#" in line]
    assert [line for line in comments if "/" in line] == []


@pytest.mark.parametrize("folder", ["web", "tests/web", "examples"])
def test_an_npm_lock_names_no_host_and_has_a_hash_for_every_package(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
