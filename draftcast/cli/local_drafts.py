"""A draft on this machine: a folder, a zip or a draft_content.json, with its files in other folders."""

import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from draftcast.cli.terminal import invalid, run, settings_of
from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.folder import DraftFolder
from services.drafts.locate import DRAFT_NAMES
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, drafts_of
from services.drafts.source import DraftSource, LocalDraft, RemoteDraft
from services.drafts.uploads.unpack import UnpackLimits, unpack
from services.errors import Bilingual, Failed
from services.render.media.containers import demuxer, head_of, still_reader
from services.render.timeline.needed import needed
from services.settings import Settings

LUT_ENDING = ".cube"


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A draft's folder, and its files in other folders by their paths in the draft."""

    folder: Path
    files: Mapping[str, Path] = field(default_factory=dict[str, Path])


@contextmanager
def opened(draft: str) -> Generator[LocalSource]:
    """The draft at a path, while the block lasts. Raises `Stopped`, `InvalidInput`, `UploadTooLarge`,
    `DiskFull`.
    """
    path, settings = Path(draft).absolute(), settings_of()
    if path.is_dir():
        yield LocalSource(path, _elsewhere(path, path, settings))
        return
    if not path.is_file():
        raise invalid(
            Bilingual(
                f"{draft} is neither an http(s) URL nor a folder, a zip or a draft_content.json",
                f"{draft} 既不是 http(s) 地址，也不是草稿文件夹、zip 或 draft_content.json",
            )
        )
    with tempfile.TemporaryDirectory(prefix="draftcast-draft-") as made:
        folder = Path(made)
        if path.suffix.lower() == ".json":
            shutil.copyfile(path, folder / DRAFT_NAMES[0])
            yield LocalSource(folder, _elsewhere(folder, path.parent, settings))
        else:
            unpack(path, folder, UnpackLimits(settings.max_material_bytes, settings.max_task_bytes))
            yield LocalSource(folder, _elsewhere(folder, folder, settings))


def _elsewhere(folder: Path, beside: Path, settings: Settings) -> dict[str, Path]:
    """The files that a draft in `folder` names outside of it: at their own paths, or in `beside`.

    Files that are no picture, video, sound or colour table are left out: a draft of someone else may name any file.
    """
    inside, around = DraftFolder(folder), DraftFolder(beside)
    found: dict[str, Path] = {}
    for path in _wanted(folder, settings):
        file = _at(path) or (around.find(path) if inside.find(path) is None else None)
        if file is not None and not file.is_relative_to(inside.path) and _is_material(file):
            found[path] = file
    return found


def _wanted(folder: Path, settings: Settings) -> list[str]:
    """The paths of the visible and audible materials; none for a draft that cannot be read, which is reported later."""
    with suppress(Failed):
        draft = _read(LocalDraft(folder, _fetcher(folder, settings)))
        return list(dict.fromkeys(material.path for each in drafts_of(draft) for material in needed(each).media))
    return []


def draft_at(draft: str) -> Draft:
    """The draft at a URL or path, without its materials. Raises `Failed`, and what `opened` raises."""
    if draft.startswith(("http://", "https://")):
        with tempfile.TemporaryDirectory(prefix="draftcast-draft-") as folder:
            return _read(RemoteDraft(_fetcher(Path(folder), settings_of()), draft))
    with opened(draft) as source:
        return _read(LocalDraft(source.folder, _fetcher(source.folder, settings_of())))


def _read(source: DraftSource) -> Draft:
    async def content() -> bytes:
        try:
            return await source.content(lambda _: None)
        finally:
            await source.close()

    return read_draft(run(content()))


def _fetcher(folder: Path, settings: Settings) -> Fetcher:
    limit = settings.max_draft_bytes
    limits = FetchLimits(draft_bytes=limit, material_bytes=limit, task_bytes=limit)
    return Fetcher(cache_dir=folder, allow_hosts=settings.allow_hosts, limits=limits)


def _at(path: str) -> Path | None:
    """The file of an absolute path or file: URL; None when there is none."""
    with suppress(OSError, ValueError):
        plain = unquote(urlsplit(path).path) if path.lower().startswith("file:") else path
        if Path(plain).is_absolute() and Path(plain).is_file():
            return Path(plain).resolve()
    return None


def _is_material(file: Path) -> bool:
    with suppress(OSError):
        head = head_of(file)
        return still_reader(head) is not None or demuxer(head) is not None or file.suffix.lower() == LUT_ENDING
    return False
