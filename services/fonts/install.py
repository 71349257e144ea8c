"""Font files taken out of packages: as TrueType or OpenType files, each face in one."""

import os
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from fontTools.merge import Merger  # type: ignore[import-untyped]  # it has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from services.render.text.open_font import OpenFont


def install(font: OpenFont, archive: Path, folder: Path) -> list[Path]:
    """Write the font's faces and its licence into a folder; the paths of the faces.

    A face that the package has cut into pieces is merged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package:
        files = [member for member in package if member.isfile() and is_file_of(font.files, member.name)]
        faces = _faces(_read(package, member.name) for member in files)
        root = PurePosixPath(files[0].name).parts[0]
        licence = _read(package, f"{root}/{font.licence_file}")
    family = font.family.replace(" ", "")
    _write(folder / f"{family}-LICENSE", licence)
    return [_saved(face, style, folder, family) for style, face in faces.items()]


def is_file_of(patterns: str, name: str) -> bool:
    """Whether a file of a package is one of those that the patterns of `OpenFont.files` name."""
    return any(PurePosixPath(name).match(pattern) for pattern in patterns.split())


def _faces(contents: Iterator[bytes]) -> dict[str, list[bytes]]:
    """The files of each face, by its style."""
    faces: defaultdict[str, list[bytes]] = defaultdict(list)
    for content in contents:
        faces[_style(content)].append(content)
    return faces


def _style(content: bytes) -> str:
    font: Any = TTFont(BytesIO(content), lazy=True)
    return (font["name"].getBestSubFamilyName() or "Regular").replace(" ", "")


def _saved(pieces: list[bytes], style: str, folder: Path, family: str) -> Path:
    files = [BytesIO(piece) for piece in pieces]
    merger: Any = Merger()
    font: Any = TTFont(files[0]) if len(files) == 1 else merger.merge(files)
    font.flavor = None  # else a web font stays compressed
    font.recalcTimestamp = False  # the same file on every machine
    written = BytesIO()
    font.save(written)
    path = folder / f"{family}-{style}{'.otf' if 'CFF ' in font else '.ttf'}"
    _write(path, written.getvalue())
    return path


def _read(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    if file is None:
        raise FileNotFoundError(name)
    with file:
        return file.read()


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: renders may read the folder."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
