"""The check of a zip's directory before `zipfile` reads it, which creates an object for each listed file."""

import os
import struct
from typing import IO

from services.errors import Bilingual, UploadTooLarge

MAX_FILES = 10_000
MAX_DIRECTORY_BYTES = 4 << 20
_END = struct.Struct("<4s4H2LH")
"""End of central directory record (APPNOTE.TXT, 4.3.16)."""
_LOCATOR = struct.Struct("<4sLQL")
"""The position of zip64's end record (4.3.15); it precedes the end record."""
_END_64 = struct.Struct("<4sQ2H2L4Q")
"""zip64's end of central directory record (4.3.14)."""
_LONGEST_COMMENT = 0xFFFF


def check_directory(file: IO[bytes]) -> None:
    """Raises `UploadTooLarge` for a zip with too many files or too large a directory.

    Files that are not zips pass: `zipfile` rejects them. It trusts the directory's size, but not the count.
    """
    size = file.seek(0, os.SEEK_END)
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR.size)
    file.seek(tail_at)
    tail = file.read()
    at = len(tail) - _END.size
    if at < 0:
        return
    if tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":  # there is a comment
        at = tail.rfind(b"PK\5\6")
    if 0 <= at <= len(tail) - _END.size:
        _, _, _, _, count, directory_bytes, _, _ = _END.unpack_from(tail, at)
        _check(count, directory_bytes)
        _check_zip64(file, tail, at)
    file.seek(0)


def _check_zip64(file: IO[bytes], tail: bytes, end_at: int) -> None:
    """Check zip64's end record, which takes precedence. `zipfile` reads it directly before its locator, whatever
    position the locator names; both places are checked.
    """
    at = end_at - _LOCATOR.size
    if at < 0 or tail[at : at + 4] != b"PK\6\7":
        return
    named_at = _LOCATOR.unpack_from(tail, at)[2]
    size = file.seek(0, os.SEEK_END)
    for place in {named_at, size - len(tail) + at - _END_64.size}:
        if 0 <= place <= size - _END_64.size:
            file.seek(place)
            mark, _, _, _, _, _, _, count, directory_bytes, _ = _END_64.unpack(file.read(_END_64.size))
            if mark == b"PK\6\6":
                _check(count, directory_bytes)


def _check(count: int, directory_bytes: int) -> None:
    if count != 0xFFFF:  # else zip64's record has it
        check_count(count)
    if directory_bytes != 0xFFFFFFFF and directory_bytes > MAX_DIRECTORY_BYTES:
        raise UploadTooLarge(
            Bilingual(
                f"The zip's list of files has {directory_bytes} bytes; the limit is {MAX_DIRECTORY_BYTES}.",
                f"该 zip 的文件目录有 {directory_bytes} 字节，上限为 {MAX_DIRECTORY_BYTES} 字节。",
            )
        )


def check_count(count: int) -> None:
    """Raises `UploadTooLarge` for more than `MAX_FILES`."""
    if count > MAX_FILES:
        raise UploadTooLarge(
            Bilingual(
                f"The zip holds {count} files; the limit is {MAX_FILES}.",
                f"该 zip 含有 {count} 个文件，上限为 {MAX_FILES} 个。",
            )
        )
