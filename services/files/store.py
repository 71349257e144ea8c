"""The file storage: finished videos and their pictures by key, in a local folder or in S3."""

import asyncio
import os
import re
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Collection, Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from services.access.signing import Signer
from services.errors import SettingsError
from services.files.beneath import remove_tree
from services.files.names import content_disposition
from services.output import FILE_TYPES
from services.settings import Settings
from services.stream import FRAGMENT, signed_name

SIGNED_URL_LIFETIME = timedelta(hours=1)
"""Validity of signed URLs of S3; a download that has begun continues after it."""
RETRY_SECONDS = 60
CANCELLED_SECONDS = 5.0
"""The longest wait for the end of a cancelled request to S3."""
PIECE_BYTES = 1 << 20
WHOLE_BYTES = 5 << 20
"""The largest file that is stored in S3 with one request."""
VIDEOS, VIDEO = "videos", "video"
"""The folder of finished files, and the name of each, before its ending."""
PREVIEW = "preview.jpg"
"""The only file name that is overwritten, while a task runs."""
MEDIA_TYPES = {each.ending: each.media_type for each in FILE_TYPES.values()} | {FRAGMENT: "video/mp4"}
_NUMBER = re.compile(r"\(os error (\d+)\)")
"""The error number in messages of obstore, which is written in Rust."""
IMMUTABLE = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class S3Options:
    """An S3 service: its endpoint where it is not AWS, its region, and whether the bucket is part of the host name (as
    in OSS, COS and TOS) rather than of the path. Credentials come from the usual AWS_* variables.
    """

    endpoint: str = ""
    region: str = ""
    virtual_host: bool = False


class FileStore:
    """Files by keys such as `videos/<task>/<attempt>/video.mp4`. All failures are raised as `OSError`."""

    def __init__(self, url: str, base_url: str, s3: S3Options | None = None, signer: Signer | None = None) -> None:
        parts = urlsplit(url)
        self._base_url = base_url
        self._signer = signer
        self._folder: Path | None = None
        if parts.scheme == "file":
            self._folder = Path(unquote(parts.path))
            self._store: LocalStore | S3Store = LocalStore(self._folder, mkdir=True)
        elif parts.scheme == "s3" and parts.netloc:
            self._store = _s3_store(parts.netloc, parts.path.strip("/"), s3 or S3Options())
        else:
            raise SettingsError("DRAFTCAST_FILES_URL: must be file:///FOLDER or s3://BUCKET/PREFIX")

    @classmethod
    def of(cls, settings: Settings, signer: Signer | None = None) -> "FileStore":
        """The storage of the settings."""
        s3 = S3Options(settings.files_endpoint, settings.files_region, settings.files_virtual_host)
        return cls(settings.files, settings.base_url, s3, signer)

    async def put(self, key: str, source: Path | BinaryIO | bytes, name: str = "") -> None:
        """Store a file, complete and durable or not at all. An open file is read from its beginning, up to its present
        size. `name` is its name for downloads from S3.
        """
        if not _is_key(key):
            raise OSError(f"{key!r} is not a key")
        if isinstance(source, Path):
            with await asyncio.to_thread(source.open, "rb") as file:
                await self.put(key, file, name)
        elif self._folder is not None:
            await _write_durably(self._folder / key, source)
        else:
            with _as_os_error():
                content = source if isinstance(source, bytes) else await _content(source)
                await _ended(self._store.put_async(key, content, attributes=_attributes(key, name)))

    async def get(self, key: str, target: Path | BinaryIO) -> None:
        """Write a stored file to `target` in pieces. Raises FileNotFoundError when there is none."""
        with _as_os_error():
            answer = await self._store.get_async(key)
            with nullcontext(target) if not isinstance(target, Path) else target.open("wb") as file:
                async for piece in answer.stream(PIECE_BYTES):
                    await asyncio.to_thread(file.write, bytes(piece))
                await asyncio.to_thread(file.flush)

    async def remove(self, key: str) -> None:
        """Remove one file, if it exists, and the partial copies that killed processes left of it."""
        if self._folder is not None:
            await asyncio.to_thread(_unlink, self._folder / key)
        else:
            with _as_os_error(), suppress(FileNotFoundError):
                await self._store.delete_async(key)

    async def delete(self, prefix: str) -> None:
        """Remove all files whose keys lie in the folder `prefix`."""
        if self._folder is not None:
            await asyncio.to_thread(_remove, self._folder / prefix)
            return
        with _as_os_error():
            async for batch in self._store.list(prefix):  # pyright: ignore[reportUnknownMemberType]  # arrow is optional
                await self._store.delete_async([entry["path"] for entry in batch])

    async def keep_only(self, prefix: str, names: Collection[str]) -> None:
        """Remove all files in the folder `prefix` but those of these names."""
        if self._folder is not None:
            await asyncio.to_thread(_remove_others, self._folder / prefix, names)
            return
        with _as_os_error():
            async for batch in self._store.list(f"{prefix}/"):  # pyright: ignore[reportUnknownMemberType]  # arrow is optional
                others = [entry["path"] for entry in batch if entry["path"].rpartition("/")[2] not in names]
                await self._store.delete_async(others)

    def check(self) -> None:
        """Store a small file and remove it. Blocks: obstore's threads abort when the interpreter ends under them, and a
        program may end right after the check.
        """
        key = f"checks/{uuid.uuid4().hex}"
        with _as_os_error():
            self._store.put(key, b"draftcast")
            self._store.delete(key)

    @property
    def remote(self) -> bool:
        """Whether the files are in S3, not in a local folder."""
        return self._folder is None

    def local_path(self, key: str) -> Path | None:
        """The path of a file in a local folder; None when there is none."""
        if self._folder is None or not _is_key(key):
            return None
        path = self._folder.joinpath(*PurePosixPath(key).parts)
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve())
            return path if inside and path.is_file() else None
        except OSError:  # the name is longer than the file system allows
            return None

    @property
    def url_version(self) -> int:
        """A number that changes when cached addresses from `url` are to be replaced by newer ones."""
        return self._signer.expires_at_seconds() if self._signer and self._signer.need() else 0

    def url(self, key: str) -> str:
        """The address of a file for clients; signed and with an expiry where the server has keys."""
        query = f"?{self._signer.query(signed_name(key))}" if self._signer and self._signer.need() else ""
        return f"{self._base_url}/files/{quote(key)}{query}"

    def is_signed(self, key: str, expires: str, signature: str) -> bool:
        """Whether the signature is valid for this file and has not expired."""
        return self._signer is not None and self._signer.valid(signed_name(key), expires, signature)

    async def signed_url(self, key: str) -> str | None:
        """The signed URL of a key in S3, valid for an hour, even when there is no such file; None in a local folder."""
        if not isinstance(self._store, S3Store) or not _is_key(key):
            return None
        return await obstore.sign_async(self._store, "GET", key, SIGNED_URL_LIFETIME)

    async def origin(self) -> str:
        """`scheme://host` of the signed URLs; empty for a local folder."""
        with _as_os_error():
            parts = urlsplit(await self.signed_url("any") or "")
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _s3_store(bucket: str, prefix: str, options: S3Options) -> S3Store:
    endpoint = urlsplit(options.endpoint)
    if options.endpoint and options.virtual_host:
        endpoint = endpoint._replace(netloc=f"{bucket}.{endpoint.netloc}")
    config: dict[str, Any] = {"endpoint": endpoint.geturl()} if options.endpoint else {}
    if options.region:
        config["region"] = options.region
    return S3Store(
        bucket,
        prefix=prefix or None,
        virtual_hosted_style_request=options.virtual_host,
        client_options={"allow_http": endpoint.scheme == "http"},
        retry_config={"max_retries": 10, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **config,
    )


def _attributes(key: str, name: str) -> dict[str, str]:
    path = PurePosixPath(key)
    cached = "no-cache" if path.name == PREVIEW else IMMUTABLE
    named = {"Content-Disposition": content_disposition(name)} if name else {}
    media_type = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    return {"Content-Type": media_type, "Cache-Control": cached, **named}


def _is_key(key: str) -> bool:
    """Whether a key names a file below the storage's root."""
    return "\0" not in key and not {"", ".", ".."} & set(key.split("/"))


@contextmanager
def _as_os_error() -> Generator[None]:
    try:
        yield
    except BaseError as error:
        if isinstance(error, OSError):
            raise
        found = _NUMBER.search(str(error))
        number = int(found[1]) if found else None
        raise OSError(number, os.strerror(number)) if number else OSError(str(error).partition("\n")[0]) from error


async def _content(source: BinaryIO) -> bytes | AsyncIterator[bytes]:
    """The content of an open file, as bytes when it is small, else in pieces."""
    size_bytes = await asyncio.to_thread(lambda: os.fstat(source.fileno()).st_size)
    await asyncio.to_thread(source.seek, 0)
    return _read(source, size_bytes) if size_bytes > WHOLE_BYTES else await asyncio.to_thread(source.read, WHOLE_BYTES)


async def _read(source: BinaryIO, left_bytes: int) -> AsyncIterator[bytes]:
    while left_bytes > 0 and (piece := await asyncio.to_thread(source.read, min(left_bytes, PIECE_BYTES))):
        left_bytes -= len(piece)
        yield piece


async def _ended(putting: Awaitable[object]) -> None:
    """Wait for the end of a request, when cancelled for some seconds more: its file is there before it is removed."""
    running = asyncio.ensure_future(putting)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(running, return_exceptions=True), CANCELLED_SECONDS)
        raise


async def _write_durably(path: Path, source: BinaryIO | bytes) -> None:
    """Write a file in a thread and wait for its end, also when cancelled: nothing may be stored afterwards."""
    stop = threading.Event()
    writing = asyncio.create_task(asyncio.to_thread(_write, path, source, stop))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({writing})
        raise


def _write(path: Path, source: BinaryIO | bytes, stop: threading.Event) -> None:
    """Write a file under a temporary name, sync it, rename it and sync its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_name(f"{_temporary_prefix(path)}{uuid.uuid4().hex}")
    try:
        with coming.open("xb") as file:
            _copy(source, file, stop)
            file.flush()
            os.fsync(file.fileno())
        coming.replace(path)
    except BaseException:
        coming.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _copy(source: BinaryIO | bytes, target: BinaryIO, stop: threading.Event) -> None:
    if isinstance(source, bytes):
        target.write(source)
        return
    source.seek(0)
    left_bytes = os.fstat(source.fileno()).st_size
    while left_bytes > 0 and (piece := source.read(min(left_bytes, PIECE_BYTES))):
        if stop.is_set():
            raise OSError("writing the file was cancelled")
        left_bytes -= target.write(piece)


def _temporary_prefix(path: Path) -> str:
    """The prefix of the temporary names of `path`."""
    return f".{path.name}."


def _unlink(path: Path) -> None:
    for each in (path, *path.parent.glob(f"{_temporary_prefix(path)}*")):
        each.unlink(missing_ok=True)


def _remove(prefix: Path) -> None:
    """Remove a folder and its content. Raises `OSError` when something is left."""
    remove_tree(prefix)
    if prefix.is_dir():
        raise OSError(f"{prefix.name} is not empty")


def _remove_others(folder: Path, names: Collection[str]) -> None:
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.name not in names:
            each.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Sync a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
