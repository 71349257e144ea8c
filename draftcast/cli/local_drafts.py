"""A draft that lies on this machine: a folder, a zip, or a draft_content.json, with files of it that lie elsewhere."""

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
from services.drafts.records import drafts_of
from services.drafts.source import LocalDraft
from services.drafts.uploads.unpack import UnpackLimits, unpack
from services.errors import Failed
from services.render.media.containers import demuxer, head_of, still_reader
from services.render.timeline.needed import needed
from services.settings import Settings

LUT_ENDING = ".cube"


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A draft's folder, and the files that lie elsewhere, by the paths under which the draft names them."""

    folder: Path
    files: Mapping[str, Path] = field(default_factory=dict[str, Path])


@contextmanager
def opened(draft: str) -> Generator[LocalSource]:
    """The draft that lies at a path, as long as the block lasts. Raises `Stopped`, `InvalidInput`, `UploadTooLarge`,
    `DiskFull`.
    """
    path, settings = Path(draft).absolute(), settings_of()
    if path.is_dir():
        yield LocalSource(path, _elsewhere(path, path, settings))
        return
    if not path.is_file():
        raise invalid(f"{draft} is neither an http(s) URL nor a folder, a zip or a draft_content.json")
    with tempfile.TemporaryDirectory(prefix="draftcast-draft-") as made:
        folder = Path(made)
        if path.suffix.lower() == ".json":
            shutil.copyfile(path, folder / DRAFT_NAMES[0])
            yield LocalSource(folder, _elsewhere(folder, path.parent, settings))
        else:
            unpack(path, folder, UnpackLimits(settings.max_material_bytes, settings.max_task_bytes))
            yield LocalSource(folder, _elsewhere(folder, folder, settings))


def _elsewhere(folder: Path, beside: Path, settings: Settings) -> dict[str, Path]:
    """Where the files lie that a draft in `folder` names and that do not lie in it: at their own paths, or `beside`.

    What is no picture, video, sound or colour table is left where it is: a stranger's draft may name anything.
    """
    inside, around = DraftFolder(folder), DraftFolder(beside)
    found: dict[str, Path] = {}
    for path in _wanted(folder, settings):
        file = _at(path) or (around.find(path) if inside.find(path) is None else None)
        if file is not None and not file.is_relative_to(inside.path) and _is_material(file):
            found[path] = file
    return found


def _wanted(folder: Path, settings: Settings) -> list[str]:
    """The paths of the materials that are seen or heard; none of a draft that cannot be read, which is told later."""
    limit = settings.max_draft_bytes
    limits = FetchLimits(draft_bytes=limit, material_bytes=limit, task_bytes=limit)
    source = LocalDraft(folder, Fetcher(cache_dir=folder, allow_hosts=(), limits=limits))
    with suppress(Failed):
        draft = read_draft(run(source.content(lambda _: None)))
        return list(dict.fromkeys(material.path for each in drafts_of(draft) for material in needed(each).media))
    return []


def _at(path: str) -> Path | None:
    """The file that an absolute path or a file: URL leads to on this machine."""
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
