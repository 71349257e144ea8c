"""Unpacking of a zip to a draft's folder, within the folder and the limits."""

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from unicodedata import category

from services.drafts.locate import DRAFT_NAMES
from services.drafts.uploads.quota import DiskBudget, disk_full
from services.drafts.uploads.zip_directory import check_count, check_directory
from services.errors import Bilingual, DiskFull, InvalidInput, UploadTooLarge, is_disk_full

CHUNK_BYTES = 1 << 20
_UTF8_NAME = 0x800
"""The flag of an entry whose name is UTF-8 (APPNOTE.TXT, 4.4.4)."""
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:(/|$)")
_SYSTEM_FILES = ("__MACOSX", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """The largest file and the sum of all files in bytes after unpacking; the bytes that stay free on the disk; and
    the most bytes that are written (None: no further limit).
    """

    file_bytes: int
    total_bytes: int
    min_free_bytes: int = 0
    budget_bytes: int | None = None


def unpack(archive: Path, folder: Path, limits: UnpackLimits) -> None:
    """Write the draft of a zip to an empty folder, with draft_content.json at its root.

    Raises `InvalidInput` for a file that is not a zip or holds no draft, `UploadTooLarge`, and `DiskFull`.
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
    """The error of a file that is damaged or not a zip."""
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
    """Whether the entry is a file: no folder, no link, no file of the operating system. Raises `InvalidInput`."""
    link = stat.S_ISLNK(entry.external_attr >> 16)
    litter = any(part in _SYSTEM_FILES for part in PurePosixPath(entry.filename).parts)
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidInput(
            Bilingual("The zip has a password. Send it without one.", "该 zip 设有密码，请去掉密码后重新发送。"),
            path=("zip",),
        )
    return not (entry.is_dir() or link or litter)


def _check_method(entry: zipfile.ZipInfo, name: str) -> None:
    """Only stored and deflate: other methods need as much memory as the zip asks for, and no app uses them."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInput(
            Bilingual(
                f"{name[:200]!r} uses compression method {entry.compress_type}; only stored and deflate are supported.",
                f"{name[:200]!r} 使用了压缩方法 {entry.compress_type}；仅支持“存储”和 deflate。",
            ),
            path=("zip",),
        )


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """The path of an entry in the zip. Raises `InvalidInput` for a dangerous name."""
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
    """The checks of a name: whether it fails, and the message. Python cuts names at their first NUL."""
    yield path.is_absolute(), Bilingual("begins at the root of a disk", "从磁盘根目录开始")
    yield _DRIVE.match(name) is not None, Bilingual("begins with a drive", "以盘符开头")
    yield ".." in path.parts, Bilingual("leads out of the zip by '..'", "含有“..”，指向 zip 之外")
    control = any(category(each) == "Cc" for each in name + entry.orig_filename)
    yield control, Bilingual("has control characters", "含有控制字符")


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name. Chinese Windows writes GBK, other systems UTF-8 without the flag; Python decodes cp437."""
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
    """The folder of the draft nearest to the zip's root. Raises `InvalidInput` when there is none."""
    drafts = [path for path in files if path.name in DRAFT_NAMES]
    if not drafts:
        raise InvalidInput(
            Bilingual(f"There is no {DRAFT_NAMES[0]} in the zip.", f"该 zip 中没有 {DRAFT_NAMES[0]}。"), path=("zip",)
        )
    return min(drafts, key=lambda path: (len(path.parts), DRAFT_NAMES.index(path.name), str(path))).parent


def _write(source: IO[bytes], target: Path, most: int, room: DiskBudget) -> int:
    """Write a file of at most `most` bytes, whatever size the zip states. Returns its size."""
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
                            f"{name[:200]!r} exceeds the {most} bytes that are left of the limit.",
                            f"{name[:200]!r} 超出了剩余的 {most} 字节。",
                        )
                    )
                room.take(len(chunk))
                file.write(chunk)
    except OSError as error:
        if is_disk_full(error):
            raise
        # a duplicate name, or one that the file system rejects
        raise InvalidInput(
            Bilingual(
                f"{name[:200]!r} cannot be unpacked ({error.strerror}).",
                f"无法解压 {name[:200]!r}（{error.strerror}）。",
            ),
            path=("zip",),
        ) from error
    return size
