"""Row 24: what is installed is what was locked, and a known hole in it ends `make check`. That every package of the
locks has a hash is tested in `tests/test_packaging.py`.
"""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from setup.audit import ACCEPTED, LOCKS, NPM
from tests.support.server import ROOT
from tests.support.servers import DraftServer

PACKAGE, VERSION, HOLE, MENDED = "holey", "1.0.0", "GHSA-aaaa-bbbb-cccc", "1.0.1"
OSV, NPM_BULK = "/v1/query", "/-/npm/v1/security/advisories/bulk"
KNOWN = {
    "id": HOLE,
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": PACKAGE},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": MENDED}]}],
        }
    ],
}
KNOWN_BY_NPM = {
    "id": 1,
    "url": f"https://github.com/advisories/{HOLE}",
    "title": "a hole",
    "severity": "low",
    "vulnerable_versions": f"<{MENDED}",
}


@pytest.fixture
def source() -> Iterator[DraftServer]:
    """Knows of one hole in one version of one package, as OSV does and as npm's registry does."""
    with DraftServer() as running:
        running.answers[OSV] = _osv
        running.answers[NPM_BULK] = _npm
        yield running


async def _osv(request: web.Request) -> web.Response:
    asked = json.loads(await request.read())
    holey = (asked["package"]["name"], asked["version"]) == (PACKAGE, VERSION)
    return web.json_response({"vulns": [KNOWN]} if holey else {})


async def _npm(request: web.Request) -> web.Response:
    body = await request.read()
    asked = json.loads(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
    return web.json_response({PACKAGE: [KNOWN_BY_NPM]} if VERSION in asked.get(PACKAGE, ()) else {})


def locked(folder: Path, kind: str, version: str) -> Path:
    """A lock that holds the package in a version."""
    if kind == "python":
        lock = folder / "requirements.lock"
        lock.write_text(f"{PACKAGE}=={version} \\\n    --hash=sha256:{'0' * 64}\n")
        return lock
    wanted = {"name": "x", "version": "1.0.0", "dependencies": {PACKAGE: version}}
    (folder / "package.json").write_text(json.dumps(wanted))
    packages: dict[str, Any] = {"": wanted, f"node_modules/{PACKAGE}": {"version": version, "integrity": "sha512-AA=="}}
    lock = folder / "package-lock.json"
    lock.write_text(json.dumps({"name": "x", "lockfileVersion": 3, "requires": True, "packages": packages}))
    return lock


def audit(lock: Path, source: str) -> "subprocess.CompletedProcess[str]":
    """`make audit` of one lock, with one source."""
    asked = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": source + OSV}
    cache = {"npm_config_cache": str(lock.parent / "cache"), "npm_config_fetch_retries": "0"}
    return subprocess.run(
        [sys.executable, "-m", "setup.audit", str(lock)],
        cwd=ROOT,
        env={**os.environ, **asked, **cache, "npm_config_registry": source},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("kind", ["python", "npm"])
def test_a_known_hole_fails_the_check_and_is_named(tmp_path: Path, source: DraftServer, kind: str) -> None:
    found = audit(locked(tmp_path, kind, VERSION), source.base)
    assert found.returncode == 1, found.stderr
    assert PACKAGE in found.stderr
    assert HOLE in found.stderr


@pytest.mark.parametrize("kind", ["python", "npm"])
def test_what_has_no_known_hole_passes(tmp_path: Path, source: DraftServer, kind: str) -> None:
    found = audit(locked(tmp_path, kind, MENDED), source.base)
    assert (found.returncode, found.stderr) == (0, "")
    assert "no known hole" in found.stdout
    assert source.requests


@pytest.mark.parametrize("kind", ["python", "npm"])
def test_a_source_that_does_not_answer_is_no_proof_and_that_is_said(tmp_path: Path, kind: str) -> None:
    with DraftServer() as silent:  # every path is 404
        found = audit(locked(tmp_path, kind, VERSION), silent.base)
    assert found.returncode == 0
    assert "NOT AUDITED" in found.stderr
    assert "no known hole" not in found.stdout


def test_every_lock_is_audited_by_what_ci_runs() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    npm = {name for name in tracked if name.endswith("package-lock.json")}
    assert set(LOCKS) == {"requirements.lock", *npm}
    assert "make check" in (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^check:.*\n(\t.*\n)*\t.* audit$", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_a_hole_is_accepted_with_a_reason_only() -> None:
    assert all(len(reason.split()) > 3 for reason in ACCEPTED.values())


def test_set_up_installs_what_is_locked_and_nothing_else() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text()
        synced = re.findall(r"pip sync .*", text)
        assert synced
        assert all("--require-hashes" in line for line in synced)
    assert not re.search(r"\$\(NPM\) (i|install|update)\b", (ROOT / "Makefile").read_text())


@pytest.mark.parametrize("lock", [name for name in LOCKS if name.endswith(".json")])
def test_packages_of_npm_run_no_scripts_of_their_own(lock: str) -> None:
    said = subprocess.run(
        [*NPM, "config", "get", "ignore-scripts"], cwd=(ROOT / lock).parent, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "true"
