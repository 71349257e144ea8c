"""Executes the Dockerfile without a container engine: each stage in a folder filled by debootstrap."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.dockerfile import Instruction, instructions, kept_out
from tests.support.server import ROOT

SECONDS = 900
SYSTEM = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
REGISTRIES = ("/etc/pip.conf", "~/.npmrc", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches its package registries; the folders are told, as a container engine's mirror would be."""
PASSED_ON = (
    "PIP_",
    "UV_",
    "NPM_CONFIG_",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "HTTP",
    "http",
    "no_proxy",
    "NO_PROXY",
)


@dataclass
class Stage:
    """A folder in which the instructions since a FROM have been executed."""

    root: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(SYSTEM))
    folder: str = "/"
    user: str = "root"
    entrypoint: list[str] = field(default_factory=list[str])

    def command(self, words: list[str], settings: dict[str, str], data: Path | None = None) -> list[str]:
        """The command that runs words in the folder as in a container; `data` is its /data, where one is given."""
        told = [f"{name}={value}" for name, value in {**self.settings, **settings}.items()]
        inside = ["env", "-i", *told, "sh", "-c", 'cd "$0" && exec "$@"', self.folder, *words]
        enter = [
            f"mount -t proc proc '{self.root}/proc'",
            f"mount --rbind /dev '{self.root}/dev'",
            *([f"mount --bind '{data}' '{self.root}/data'"] if data else []),
            f"""exec chroot --userspec={self.user} '{self.root}' "$@" """,
        ]
        return ["unshare", "--mount", "sh", "-c", " && ".join(enter), "chroot", *inside]

    def run(self, words: list[str], settings: dict[str, str]) -> None:
        """Run words in the folder. Raises CalledProcessError."""
        subprocess.run(self.command(words, settings), check=True, timeout=SECONDS)

    def path(self, inside: str) -> Path:
        """The path outside of a path in the folder."""
        return Path(f"{self.root}{inside}")


def build(work: Path, base: Path) -> Stage:
    """Execute the Dockerfile on copies of `base`, below `work`; returns its last stage."""
    stages: list[tuple[str, Stage]] = []
    for step in instructions():
        print(step.word, step.rest[:100], flush=True)
        if step.word == "FROM":
            root = work / f"stage{len(stages)}"
            subprocess.run(["cp", "--archive", base, root], check=True, timeout=SECONDS)
            stages.append((step.words[-1], Stage(root)))
        else:
            _carry_out(step, stages[-1][1], dict(stages))
    return stages[-1][1]


def _carry_out(step: Instruction, stage: Stage, stages: dict[str, Stage]) -> None:
    match step.word:
        case "RUN":
            _tell_registries(stage)  # each time: a package may have brought its own
            stage.run(["sh", "-c", step.rest], {n: v for n, v in os.environ.items() if n.startswith(PASSED_ON)})
        case "COPY" if step.words[0].startswith("--from="):
            source, path, target = step.words
            shutil.copytree(stages[source.removeprefix("--from=")].path(path), stage.path(target), symlinks=True)
        case "COPY":
            _copy_context(stage.path(stage.folder))
        case "WORKDIR":
            stage.folder = step.rest
            stage.path(stage.folder).mkdir(parents=True, exist_ok=True)
        case "ENV":
            stage.settings.update(dict(pair.split("=", 1) for pair in step.words))
        case "USER":
            stage.user, stage.settings["HOME"] = step.rest, f"/home/{step.rest}"
        case "ENTRYPOINT":
            stage.entrypoint = step.words
        case _:  # what only an engine needs
            assert step.word in ("VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"), step


def _tell_registries(stage: Stage) -> None:
    for path in REGISTRIES:
        found = Path(path).expanduser()
        if found.is_file():
            stage.path(str(found)).parent.mkdir(parents=True, exist_ok=True)
            stage.path(str(found)).write_bytes(found.read_bytes())


def _copy_context(target: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if not kept_out(name.partition("/")[0]) and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


@contextmanager
def debian() -> Generator[Path]:
    """A folder with Debian in it, as the image begins."""
    with tempfile.TemporaryDirectory(prefix="draftcast-image-") as folder:
        sources = next(Path("/etc/apt").glob("sources.list.d/*.sources"), Path("/etc/apt/sources.list")).read_text()
        lines = (line.split() for line in sources.splitlines())
        mirror = next(words[1] for words in lines if words[:1] in (["URIs:"], ["deb"]))
        base = Path(folder, "debian")
        command = ["debootstrap", "--variant=minbase", "bookworm", str(base), mirror]
        subprocess.run(command, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)
        subprocess.run(["cp", "--archive", "/etc/apt/.", base / "etc/apt"], check=True, timeout=SECONDS)
        yield base
