"""From a zip to a draft's folder. Nothing is written outside of the folder, nor more than the limits allow."""

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from unicodedata import category

from services.drafts.locate import DRAFT_NAMES
from services.drafts.uploads.room import DiskBudget, disk_full
from services.drafts.uploads.zip_directory import check_count, check_directory
from services.errors import Bilingual, DiskFull, InvalidInput, UploadTooLarge, is_disk_full

CHUNK_BYTES = 1 << 20
_UTF8_NAME = 0x800
"""The bit of a zip entry whose name is UTF-8 (APPNOTE.TXT, 4.4.4)."""
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:(/|$)")
_SYSTEM_FILES = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """The largest single file, and all files together, in bytes after unpacking; and what stays free on the disk.
    Of that disk no more than `budget_bytes` are taken.
    """

    file_bytes: int
    total_bytes: int
    min_free_bytes: int = 0
    budget_bytes: int | None = None


def unpack(archive: Path, folder: Path, limits: UnpackLimits) -> None:
    """Write the draft that a zip holds into an empty folder: draft_content.json comes to lie at its root.

    Raises `InvalidInput` for what is no zip or holds no draft, `UploadTooLarge`, and `DiskFull`.
    """
    try:
        with archive.open("rb") as file:
            check_directory(file)
            with zipfile.ZipFile(file) as opened:
                _unpack(opened, folder, limits)
    except (InvalidInput, UploadTooLarge, DiskFull):
        raise
    except Exception as error:
        if is_disk_full(error):
            raise disk_full() from error
        raise unreadable(error) from error


def unreadable(error: object) -> InvalidInput:
    """For a zip that is broken, or that is none."""
    return InvalidInput(Bilingual(f"The zip cannot be read ({error}).", f"无法读取该 zip（{error}）。"), path=("zip",))


def _unpack(opened: zipfile.ZipFile, folder: Path, limits: UnpackLimits) -> None:
    entries = opened.infolist()
    check_count(len(entries))
    files = {_path(entry): entry for entry in entries if _wanted(entry)}
    root = _root(files)
    left, room = limits.total_bytes, DiskBudget(folder, limits.min_free_bytes, limits.budget_bytes)
    for path, entry in files.items():
        if path.is_relative_to(root):
            _check_method(entry, path.name)
            with opened.open(entry) as source:
                left -= _write(source, folder / path.relative_to(root), min(left, limits.file_bytes), room)


def _wanted(entry: zipfile.ZipInfo) -> bool:
    """Files only: no folders, no links, nothing that systems leave in zips."""
    link = stat.S_ISLNK(entry.external_attr >> 16)
    litter = any(part in _SYSTEM_FILES for part in PurePosixPath(entry.filename).parts)
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidInput(Bilingual("The zip has a password.", "该 zip 设有密码。"), path=("zip",))
    return not (entry.is_dir() or link or litter)


def _check_method(entry: zipfile.ZipInfo, name: str) -> None:
    """Others than these need memory that the zip itself says the size of, and no app writes them."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInput(
            Bilingual(
                f"{name[:200]!r} is compressed by method {entry.compress_type}; zips are taken that store or deflate.",
                f"{name[:200]!r} 使用了压缩方法 {entry.compress_type}；仅支持存储或 deflate 压缩的 zip。",
            ),
            path=("zip",),
        )


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Where an entry lies in the zip. Raises `InvalidInput` for a name that is dangerous, not for one that is odd."""
    name = _name(entry).replace("\\", "/")
    path = PurePosixPath(name)
    fault = next((fault for found, fault in _name_faults(entry, name, path) if found), None)
    if fault is not None:
        raise InvalidInput(
            Bilingual(
                f"The zip holds a file whose name {fault.en}: {name[:200]!r}.",
                f"该 zip 中有文件的名称{fault.zh}：{name[:200]!r}。",
            ),
            path=("zip",),
        )
    return path


def _name_faults(entry: zipfile.ZipInfo, name: str, path: PurePosixPath) -> Iterator[tuple[bool, Bilingual]]:
    """What may be wrong with a name, and whether it is. Python cuts names at their first NUL."""
    yield path.is_absolute(), Bilingual("begins at the root of a disk", "从磁盘根目录开始")
    yield _DRIVE.match(name) is not None, Bilingual("begins with a drive", "以盘符开头")
    yield ".." in path.parts, Bilingual("leads out of the zip by '..'", "含有“..”，指向 zip 之外")
    control = any(category(each) == "Cc" for each in name + entry.orig_filename)
    yield control, Bilingual("has control characters", "含有控制字符")


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name. Windows in China writes GBK without saying so, others UTF-8; Python takes both for cp437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    raw = entry.filename.encode("cp437")
    for encoding in ("utf-8", "gbk"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _root(files: dict[PurePosixPath, zipfile.ZipInfo]) -> PurePosixPath:
    """The folder of the zip's least deep draft. Raises `InvalidInput` when there is none."""
    drafts = [path for path in files if path.name in DRAFT_NAMES]
    if not drafts:
        raise InvalidInput(
            Bilingual(f"There is no {DRAFT_NAMES[0]} in the zip.", f"该 zip 中没有 {DRAFT_NAMES[0]}。"), path=("zip",)
        )
    return min(drafts, key=lambda path: (len(path.parts), DRAFT_NAMES.index(path.name), str(path))).parent


def _write(source: IO[bytes], target: Path, most: int, room: DiskBudget) -> int:
    """Write a file of at most so many bytes; what the zip says of its size is not believed. Gives its size."""
    name = target.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            size = 0
            while chunk := source.read(CHUNK_BYTES):
                size += len(chunk)
                if size > most:
                    raise UploadTooLarge(
                        Bilingual(
                            f"{name[:200]!r} is larger than the {most} bytes that are left for it.",
                            f"{name[:200]!r} 超过剩余可用的 {most} 字节。",
                        )
                    )
                room.take(len(chunk))
                file.write(chunk)
    except OSError as error:
        if is_disk_full(error):
            raise
        # a name twice, or one that no file system takes
        raise InvalidInput(
            Bilingual(
                f"{name[:200]!r} cannot be unpacked ({error.strerror}).",
                f"无法解压 {name[:200]!r}（{error.strerror}）。",
            ),
            path=("zip",),
        ) from error
    return size
