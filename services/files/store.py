"""The file storage: finished videos and their pictures, by key. A local folder or S3, with one interface."""

import asyncio
import os
import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from services.access.signing import Signer
from services.settings import Settings, SettingsError

SIGNED_FOR = timedelta(hours=1)
"""How long the address of a file in S3 is good; a download that has begun goes on."""
RETRY_SECONDS = 60
PIECE_BYTES = 1 << 20
PREVIEW = "preview.jpg"
"""Files of this name are overwritten while a task runs; all others never change."""
MEDIA_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
_NUMBER = re.compile(r"\(os error (\d+)\)")
"""How Rust's library writes what the system refused."""
KEPT = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class S3Options:
    """How an S3 service is reached: its endpoint where it is not AWS, and whether the bucket is part of the host's
    name (as OSS, COS and TOS want it) rather than of the path. Keys come from the usual AWS_* variables.
    """

    endpoint: str = ""
    region: str = ""
    virtual_host: bool = False


class FileStore:
    """Files addressed by keys such as `videos/<task>/<attempt>/video.mp4`.

    What the storage refuses or cannot do now is raised as `OSError`.
    """

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
        """The storage that the settings name."""
        s3 = S3Options(settings.files_endpoint, settings.files_region, settings.files_virtual_host)
        return cls(settings.files, settings.base_url, s3, signer)

    async def put(self, key: str, source: Path) -> None:
        """Store a file: it is complete and durable when this returns, or not there at all. Large ones go in parts."""
        with _as_os_error():
            if self._folder is None:
                await self._store.put_async(key, source, attributes=_attributes(key))
            else:
                await self._store.put_async(key, source)
                await asyncio.to_thread(_sync, self._folder / key)

    async def get(self, key: str, target: Path) -> None:
        """Write a stored file to `target`, piece by piece. Raises FileNotFoundError when there is none."""
        with _as_os_error():
            answer = await self._store.get_async(key)
            with target.open("wb") as file:
                async for piece in answer.stream(PIECE_BYTES):
                    await asyncio.to_thread(file.write, bytes(piece))

    async def remove(self, key: str) -> None:
        """Remove one file; nothing happens when there is none."""
        with _as_os_error(), suppress(FileNotFoundError):
            await self._store.delete_async(key)

    async def delete(self, prefix: str) -> None:
        """Remove all files whose key begins with the folder `prefix`."""
        with _as_os_error():
            async for batch in self._store.list(prefix):  # pyright: ignore[reportUnknownMemberType]  # arrow is optional
                await self._store.delete_async([entry["path"] for entry in batch])
        if self._folder is not None:
            await asyncio.to_thread(_remove_empty, self._folder / prefix)

    def check(self) -> None:
        """Store a small file and remove it. Blocks: a program that ends right after it must leave nothing to
        obstore's threads, which abort when the interpreter goes away under them.
        """
        key = f"checks/{uuid.uuid4().hex}"
        with _as_os_error():
            self._store.put(key, b"draftcast")
            self._store.delete(key)

    def local_path(self, key: str) -> Path | None:
        """The file's path on this machine; None when there is none of that key."""
        if self._folder is None or not _plain(key):
            return None
        path = self._folder.joinpath(*PurePosixPath(key).parts)
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve())
            return path if inside and path.is_file() else None
        except OSError:  # a name longer than file systems have
            return None

    @property
    def edition(self) -> int:
        """Changes when addresses given out before should not be given out any more."""
        return self._signer.ends_at_seconds() if self._signer and self._signer.need() else 0

    def url(self, key: str) -> str:
        """The address under which clients get the file; one that ends, when there is need for that."""
        query = f"?{self._signer.query(key)}" if self._signer and self._signer.need() else ""
        return f"{self._base_url}/files/{quote(key)}{query}"

    def is_signed(self, key: str, expires: str, signature: str) -> bool:
        """Whether the two were given out for this file, and have not ended."""
        return self._signer is not None and self._signer.valid(key, expires, signature)

    async def signed_url(self, key: str) -> str | None:
        """Where the file can be fetched from S3 for an hour, there or not; None in a local folder."""
        if not isinstance(self._store, S3Store) or not _plain(key):
            return None
        return await obstore.sign_async(self._store, "GET", key, SIGNED_FOR)

    async def origin(self) -> str:
        """`scheme://host` of the signed addresses; empty for a local folder."""
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


def _attributes(key: str) -> dict[str, str]:
    name = PurePosixPath(key)
    cached = "no-cache" if name.name == PREVIEW else KEPT
    return {"Content-Type": MEDIA_TYPES.get(name.suffix, "application/octet-stream"), "Cache-Control": cached}


def _plain(key: str) -> bool:
    """Whether a key names something below the storage's own root."""
    return "\0" not in key and not {"", ".", ".."} & set(key.split("/"))


@contextmanager
def _as_os_error() -> Generator[None]:
    try:
        yield
    except BaseError as error:
        if isinstance(error, OSError):
            raise
        told = _NUMBER.search(str(error))
        number = int(told[1]) if told else None
        raise OSError(number, os.strerror(number)) if number else OSError(str(error).partition("\n")[0]) from error


def _remove_empty(folder: Path) -> None:
    """Remove a folder and the folders in it, all of which have become empty."""
    for inner, _folders, _files in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(inner)  # noqa: PTH106 - os.walk gives names


def _sync(path: Path) -> None:
    """Write the file and its folder entry through to the disk."""
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
