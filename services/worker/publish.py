"""Publishing: from the folder of an attempt to the file storage."""

import asyncio
import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from services.errors import ErrorCode, Failed, failed, out_of_disk
from services.exporter_protocol.lines import Result
from services.files.beneath import open_beneath, read_beneath
from services.files.names import file_name, name_in_url
from services.files.store import PIECE_BYTES, VIDEO, VIDEOS, FileStore
from services.output import Output
from services.store.records import Task, Video

log = logging.getLogger(__name__)

LARGEST_PREVIEW_BYTES = 20_000
LARGEST_THUMBNAIL_BYTES = 5_000_000
RETRY_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Pauses between attempts to store a file: a whole render would be lost."""
SIGNATURES = {
    ".mp4": (4, b"ftyp"),
    ".m4a": (4, b"ftyp"),
    ".mov": (4, b"ftyp"),
    ".webm": (0, b"\x1a\x45\xdf\xa3"),
    ".gif": (0, b"GIF8"),
    ".webp": (8, b"WEBP"),
    ".jpg": (0, b"\xff\xd8\xff"),
}
"""(offset, first bytes) of a file by its name's ending."""


async def publish(files: FileStore, task: Task, folder: Path, result: Result) -> Video:
    """Store the video and its thumbnail. Raises `Failed`: RENDER_FAILED, PUBLISH_FAILED, OUT_OF_DISK."""
    base = artifact_folder(task.id, task.attempt)
    key = f"{base}/{VIDEO}{task.output.ending}"
    named = file_name(result.name or "") or file_name(name_in_url(task.draft_url))
    thumbnail = await asyncio.to_thread(_thumbnail, folder, result.thumbnail)
    with await asyncio.to_thread(_open_video, folder, result.output, task.output) as video:
        try:
            size_bytes, sha256 = await asyncio.to_thread(size_and_sha256, video)
            await put_patiently(files, key, video, named and named + task.output.ending)
            if thumbnail is not None:
                await put_patiently(files, f"{base}/thumbnail.jpg", thumbnail)
        except OSError as error:
            raise out_of_disk(error) or failed(
                ErrorCode.PUBLISH_FAILED,
                f"The video could not be stored: {error.strerror or type(error).__name__}.",
                f"无法保存视频：{error.strerror or type(error).__name__}。",
            ) from error
    return Video(
        key=key,
        thumbnail_key=f"{base}/thumbnail.jpg" if thumbnail is not None else None,
        width=result.width,
        height=result.height,
        duration_us=result.duration_us,
        frames=result.frames,
        frame_rate=result.frame_rate,
        has_sound=result.has_sound,
        size_bytes=size_bytes,
        sha256=sha256,
        name=named,
    )


async def put_patiently(files: FileStore, key: str, source: BinaryIO | bytes, name: str = "") -> None:
    """Store a file; a storage that fails is retried for some seconds. Raises `OSError`."""
    for seconds in RETRY_PAUSES_SECONDS:
        try:
            return await files.put(key, source, name)
        except OSError as error:
            if out_of_disk(error):
                raise
            log.warning("the storage failed to store a file; retrying: %s", error)
        await asyncio.sleep(seconds)
    return await files.put(key, source, name)


def artifact_folder(task_id: str, attempt: int) -> str:
    """The folder of an attempt in the file storage."""
    return f"{VIDEOS}/{task_id}/{attempt}"


def preview_key(task_id: str, attempt: int) -> str:
    """The key of the preview of an attempt."""
    return f"{artifact_folder(task_id, attempt)}/preview.jpg"


async def put_preview(files: FileStore, task: Task, folder: Path, path: str) -> str:
    """Store a preview and return its key.

    Raises `Failed` when it is not a small file of the folder, and FileNotFoundError when it is gone.
    """
    try:
        preview = await asyncio.to_thread(read_beneath, folder, path, LARGEST_PREVIEW_BYTES)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _broken(
            f"The preview is not a file of at most {LARGEST_PREVIEW_BYTES:,} bytes in the task's folder.",
            f"预览图不是任务目录中不超过 {LARGEST_PREVIEW_BYTES:,} 字节的文件。",
        ) from error
    key = preview_key(task.id, task.attempt)
    await files.put(key, preview)
    return key


def _open_video(folder: Path, name: str, output: Output) -> BinaryIO:
    """The open video. Raises `Failed` when it does not have the signature of its format."""
    offset, signature = SIGNATURES[output.ending]
    with suppress(OSError):
        video = open_beneath(folder, name)
        if video.read(16)[offset:].startswith(signature):
            return video
        video.close()
    kind = output.ending.removeprefix(".").upper()
    raise _broken(f"The exporter did not write a file of the type {kind}.", f"导出程序没有生成 {kind} 文件。")


def _thumbnail(folder: Path, name: str | None) -> bytes | None:
    """The content of the thumbnail; None without a readable one, which does not fail the video."""
    if not name:
        return None
    try:
        return read_beneath(folder, name, LARGEST_THUMBNAIL_BYTES)
    except OSError as error:
        log.warning("the thumbnail is skipped: %s", error)
        return None


def size_and_sha256(file: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256 of an open file. Blocks."""
    size_bytes = left_bytes = os.fstat(file.fileno()).st_size
    file.seek(0)
    digest = hashlib.sha256()
    while left_bytes > 0 and (piece := file.read(min(left_bytes, PIECE_BYTES))):
        digest.update(piece)
        left_bytes -= len(piece)
    return size_bytes, digest.hexdigest()


def _broken(en: str, zh: str) -> Failed:
    return failed(ErrorCode.RENDER_FAILED, en, zh)
