"""Finished chunks and sounds, kept for later renders of the same owner: only what changed is rendered.

A file is kept under the digest of the commands that make it and of all files that these read. It is complete, as it is
written under another name and synced before it gets its own, which has its checksum.
"""

import asyncio
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from services.exporter_protocol.request import KEEP_FREE_BYTES, ExportRequest
from services.render.effects.luts import escaped
from services.render.picture.chains import fraction
from services.render.picture.graph import container, output_arguments
from services.render.process.ffmpeg import Ffmpeg, FfmpegFailed, run
from services.render.timeline.scene import Span, Timeline

CHECKSUM_CHARACTERS = 32
COMING = ".coming"
"""The ending of a file that is being written."""


async def encoder_digest(ffmpeg: Ffmpeg, timeline: Timeline, folder: Path) -> str:
    """A digest of draftcast's and ffmpeg's versions, and of a frame encoded for a trial."""
    from importlib.metadata import version  # takes 14 ms, and a local render keeps nothing

    trial = folder / f"kept-trial.{container(timeline)}"
    source = f"color=c=black:s={timeline.width}x{timeline.height}:r={fraction(timeline.rate)},format=yuv420p[out]"
    encoding = output_arguments(timeline, Span(0, 1), lossless=False, threads=1)
    await run(ffmpeg, ["-filter_complex", source, *encoding, str(trial)])
    found = hashlib.sha256(f"{version('draftcast')} {ffmpeg.version} {_sha256(trial)}".encode())
    trial.unlink()
    return found.hexdigest()


class Elsewhere(Protocol):
    """The kept files of the owner that are not in the folder."""

    async def fetch(self, key: str) -> None:
        """Fetch a file to the folder, if there is one."""

    def tell(self, name: str) -> None:
        """Tell of a file in the folder that was made or used."""


@dataclass(slots=True)
class KeptFiles:
    """The kept files of an owner in `folder`. `drawn` is the folder with the files drawn for this render; those of
    `materials` are named by their content.
    """

    folder: Path
    drawn: Path
    materials: Path
    files: tuple[Path, ...]
    """All other files that commands may name: drawn ones, and those of a draft's folder."""
    encoder: str
    """See `encoder_digest`."""
    elsewhere: "Elsewhere | None" = None
    _contents: dict[Path, str] = field(default_factory=dict[Path, str])

    @classmethod
    async def open(
        cls, request: ExportRequest, folder: Path, ffmpeg: Ffmpeg, timeline: Timeline, elsewhere: "Elsewhere | None"
    ) -> "KeptFiles | None":
        """The kept files in `folder` for a render whose files are all drawn; None where ffmpeg fails, whose cause the
        render itself finds.
        """
        drawn = request.pieces
        folders = (drawn, *([request.draft_folder] if request.draft_folder else []))
        files = (path for each in folders for path in each.rglob("*") if path.is_file())
        named = tuple({*files, *request.draft_files.values()})
        try:
            encoder = await encoder_digest(ffmpeg, timeline, drawn)
        except FfmpegFailed:
            return None
        return cls(folder, drawn, request.materials_dir, named, encoder, elsewhere)

    def key(self, words: Iterable[str]) -> str:
        """The digest of a file made by commands of these words. Blocks."""
        text = "\n".join(words)
        for path in self.files:
            for written in {escaped(str(path)), str(path)}:
                if written in text:
                    text = text.replace(written, self._content(path))
        text = text.replace(f"{self.materials}/", "").replace(str(self.drawn), "")
        return hashlib.sha256(f"{self.encoder}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()

    def _content(self, path: Path) -> str:
        if path not in self._contents:
            self._contents[path] = _sha256(path)
        return self._contents[path]

    async def take(self, key: str, target: Path) -> bool:
        """Copy the kept file to `target`, where there is one, here or elsewhere."""
        name = await asyncio.to_thread(self._take, key, target)
        if name is None and self.elsewhere is not None:
            await self.elsewhere.fetch(key)
            name = await asyncio.to_thread(self._take, key, target)
        self._tell(name)
        return name is not None

    async def keep(self, key: str, made: Path) -> None:
        """Keep a finished file; not where there is no room."""
        self._tell(await asyncio.to_thread(self._keep, key, made))

    def _tell(self, name: str | None) -> None:
        if name is not None and self.elsewhere is not None:
            self.elsewhere.tell(name)

    def _take(self, key: str, target: Path) -> str | None:
        """Copy the file of this folder, and return its name. A damaged one is removed. Blocks."""
        for found in self.folder.glob(f"{key}-*"):
            with suppress(OSError):
                shutil.copyfile(found, target)
                if _sha256(target)[:CHECKSUM_CHARACTERS] == found.name.removeprefix(f"{key}-"):
                    with found.open("rb") as file:
                        os.utime(file.fileno())  # the sandbox allows it for open files only
                    return found.name
                found.unlink()
        return None

    def _keep(self, key: str, made: Path) -> str | None:
        """Keep a file in this folder, and return its name. Blocks."""
        coming = self.folder / f"{uuid.uuid4().hex}{COMING}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < KEEP_FREE_BYTES + made.stat().st_size:
                return None
            shutil.copyfile(made, coming)
            with coming.open("rb") as file:
                os.fsync(file.fileno())
            return coming.replace(self.folder / f"{key}-{_sha256(coming)[:CHECKSUM_CHARACTERS]}").name
        except OSError:
            with suppress(OSError):
                coming.unlink(missing_ok=True)
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
