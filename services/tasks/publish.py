"""From an attempt's folder to the file storage."""

import asyncio
import hashlib
import logging
from pathlib import Path

from services.errors import ErrorCode, Failed, failed, out_of_disk
from services.files.store import FileStore
from services.tasks.exporter import Result
from services.tasks.records import Task, Video

log = logging.getLogger(__name__)

LARGEST_PREVIEW_BYTES = 20_000
AGAIN_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Between two tries to store a video: a whole render is at stake."""
_MP4_MARK = b"ftyp"


async def publish(files: FileStore, task: Task, folder: Path, result: Result) -> Video:
    """Put the video and its thumbnail into the storage. Raises `Failed`: RENDER_FAILED, PUBLISH_FAILED, OUT_OF_DISK."""
    video = inside(folder, result.output)
    if video is None or not await asyncio.to_thread(_is_mp4, video):
        raise _broken("The exporter did not write an MP4.", "导出程序没有生成 MP4 文件。")
    thumbnail = inside(folder, result.thumbnail) if result.thumbnail else None
    base = folder_of(task.id, task.attempt)
    try:
        size_bytes, sha256 = await asyncio.to_thread(measured, video)
        await _put(files, f"{base}/video.mp4", video)
        if thumbnail is not None:
            await _put(files, f"{base}/thumbnail.jpg", thumbnail)
    except OSError as error:
        raise out_of_disk(error) or failed(
            ErrorCode.PUBLISH_FAILED,
            f"The video could not be stored: {error.strerror or type(error).__name__}.",
            f"无法保存视频：{error.strerror or type(error).__name__}。",
        ) from error
    return Video(
        key=f"{base}/video.mp4",
        thumbnail_key=f"{base}/thumbnail.jpg" if thumbnail else None,
        width=result.width,
        height=result.height,
        duration_us=result.duration_us,
        frames=result.frames,
        frame_rate=result.frame_rate,
        has_sound=result.has_sound,
        size_bytes=size_bytes,
        sha256=sha256,
    )


async def _put(files: FileStore, key: str, source: Path) -> None:
    """Store a file; a storage that refuses it is asked again for some seconds. Raises `OSError`."""
    for seconds in AGAIN_SECONDS:
        try:
            return await files.put(key, source)
        except OSError as error:
            if out_of_disk(error):
                raise
            log.warning("the storage has not taken the video and is asked again: %s", error)
        await asyncio.sleep(seconds)
    return await files.put(key, source)


def folder_of(task_id: str, attempt: int) -> str:
    """Where in the storage an attempt's files lie."""
    return f"videos/{task_id}/{attempt}"


def preview_key(task_id: str, attempt: int) -> str:
    """Where the newest frame of an attempt is stored."""
    return f"{folder_of(task_id, attempt)}/preview.jpg"


async def put_preview(files: FileStore, task: Task, folder: Path, path: str) -> str:
    """Store the newest frame and give its key.

    Raises `Failed` when it is not a small file of the folder, and FileNotFoundError when it is gone again.
    """
    preview = await asyncio.to_thread(_small_inside, folder, path)
    if preview is None:
        raise _broken(
            f"The preview is not a file of at most {LARGEST_PREVIEW_BYTES:,} bytes in the task's folder.",
            f"预览图不是任务目录中不超过 {LARGEST_PREVIEW_BYTES:,} 字节的文件。",
        )
    key = preview_key(task.id, task.attempt)
    await files.put(key, preview)
    return key


def _small_inside(folder: Path, name: str) -> Path | None:
    """The file, if it is small and really lies in the attempt's folder. Raises FileNotFoundError."""
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve())
    return path if inside and path.stat().st_size <= LARGEST_PREVIEW_BYTES else None


def inside(folder: Path, name: str) -> Path | None:
    """The file, if it exists and really lies in the attempt's folder."""
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == _MP4_MARK


def measured(path: Path) -> tuple[int, str]:
    """A file's size in bytes and its SHA-256. Blocks."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _broken(en: str, zh: str) -> Failed:
    return failed(ErrorCode.RENDER_FAILED, en, zh)
