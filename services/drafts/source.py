"""Where a draft and its materials come from: a URL, or a folder of this machine."""

import json
from pathlib import Path
from typing import Any, Protocol, cast

from services.drafts.fetch import Fetcher, OnBytes, Refused, TooLarge, Unfetched, clean_url
from services.drafts.locate import DRAFT_NAMES, DraftListing, draft_file, listing_of, locate, relative_path
from services.drafts.records import MediaMaterial
from services.errors import ErrorCode, Failed, failed


class DraftSource(Protocol):
    """A draft's content, and the files of its materials."""

    async def content(self, on_bytes: OnBytes) -> bytes:
        """The bytes of draft_content.json. Raises `Failed`."""
        ...

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """The material's file. Raises `Failed` (MATERIAL_*) naming material and segment."""
        ...

    def url(self, material: MediaMaterial) -> str | None:
        """Where the material's file is fetched from; None when it is not fetched."""
        ...


class RemoteDraft:
    """A draft behind a URL that answers in capcut-mate's get_draft form, or with the draft itself."""

    def __init__(self, fetcher: Fetcher, draft_url: str) -> None:
        self._fetcher = fetcher
        self._draft_url = draft_url
        self._listing: DraftListing | None = None

    async def content(self, on_bytes: OnBytes) -> bytes:
        """See `DraftSource`."""
        answer = await self._fetch(self._draft_url, on_bytes)
        found = _answer(answer)
        if "tracks" in found and "materials" in found:
            self._listing = listing_of(self._draft_url, [])
            return answer
        self._listing = listing_of(self._draft_url, _files(found))
        file = draft_file(self._listing)
        if file is None:
            raise _invalid(
                f"its server lists {len(self._listing.files)} files, but no {DRAFT_NAMES[0]}",
                f"服务器列出了 {len(self._listing.files)} 个文件，但没有 {DRAFT_NAMES[0]}",
            )
        return await self._fetch(file.url, on_bytes)

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """See `DraftSource`."""
        url = self.url(material)
        if url is None:
            raise _missing(material, segment_id)
        return await self._fetcher.material(url, segment_id=segment_id, on_bytes=on_bytes)

    def url(self, material: MediaMaterial) -> str | None:
        """See `DraftSource`."""
        listing = self._listing or listing_of(self._draft_url, [])
        url = locate(clean_url(material.path), listing) or material.remote_url
        return clean_url(url) if url else None

    async def _fetch(self, url: str, on_bytes: OnBytes) -> bytes:
        try:
            content, _ = await self._fetcher.content(url, on_bytes)
        except Refused as error:
            raise failed(
                ErrorCode.DRAFT_URL_REFUSED,
                f"The draft's address must not be fetched: {error}.",
                f"不允许访问该草稿地址：{error}。",
            ) from error
        except TooLarge as error:
            raise failed(ErrorCode.DRAFT_TOO_LARGE, f"The draft is {error}.", f"草稿过大：{error}。") from error
        except Unfetched as error:
            raise failed(
                ErrorCode.DRAFT_NOT_FOUND,
                f"The draft could not be fetched: {error}.",
                f"无法获取草稿：{error}。",
            ) from error
        return content


class LocalDraft:
    """A draft's folder on this machine; nothing outside of it is opened."""

    def __init__(self, folder: Path, fetcher: Fetcher) -> None:
        self._folder = folder.resolve()
        self._fetcher = fetcher

    async def content(self, on_bytes: OnBytes) -> bytes:
        """See `DraftSource`."""
        for name in DRAFT_NAMES:
            file = self._folder / name
            if file.is_file():
                on_bytes(file.stat().st_size)
                return file.read_bytes()
        raise failed(
            ErrorCode.DRAFT_NOT_FOUND,
            f"There is no {DRAFT_NAMES[0]} in the folder {self._folder}.",
            f"文件夹 {self._folder} 中没有 {DRAFT_NAMES[0]}。",
        )

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """See `DraftSource`."""
        found = self._find(material.path)
        if found is not None:
            on_bytes(found.stat().st_size)
            return found
        url = self.url(material)
        if url is None:
            raise _missing(material, segment_id)
        return await self._fetcher.material(url, segment_id=segment_id, on_bytes=on_bytes)

    def url(self, material: MediaMaterial) -> str | None:
        """See `DraftSource`. A file of the folder goes before it."""
        url = material.path if material.path.startswith(("http://", "https://")) else material.remote_url
        return clean_url(url) if url and self._find(material.path) is None else None

    def _find(self, path: str) -> Path | None:
        """The path below the folder, then below each shorter tail of it; last, any file of that name."""
        parts = [part for part in relative_path(path, "").split("/") if part not in ("", ".", "..")]
        for start in range(len(parts)):
            file = self._folder.joinpath(*parts[start:])
            if "\0" not in path and file.is_file() and file.resolve().is_relative_to(self._folder):
                return file
        name = parts[-1] if parts else ""
        named = (file for file in self._folder.rglob("*") if file.name == name and file.is_file())
        return next((file for file in named if file.resolve().is_relative_to(self._folder)), None)


def _answer(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise _invalid("its URL does not answer with JSON", "草稿地址返回的不是 JSON") from None
    if not isinstance(parsed, dict):
        raise _invalid("its URL does not answer with an object", "草稿地址返回的不是对象")
    return cast("dict[str, Any]", parsed)


def _files(answer: dict[str, Any]) -> list[str]:
    code: Any = answer.get("code", 0)
    listed: Any = answer.get("files")
    if code not in (0, None):
        raise failed(
            ErrorCode.DRAFT_NOT_FOUND,
            f"The draft's server does not know this draft (code {code!r:.20}).",
            f"草稿服务器没有这个草稿（code {code!r:.20}）。",
        )
    if not isinstance(listed, list):
        raise _invalid("its URL answers without a list of files", "草稿地址的返回中没有 files 列表")
    files = [clean_url(file) for file in listed if isinstance(file, str) and file]
    if not files:
        raise failed(
            ErrorCode.DRAFT_EMPTY, "The draft's server lists no files for it.", "草稿服务器返回的文件列表为空。"
        )
    return files


def _invalid(en: str, zh: str) -> Failed:
    return failed(ErrorCode.DRAFT_INVALID, f"The draft cannot be read: {en}.", f"无法读取草稿：{zh}。")


def _missing(material: MediaMaterial, segment_id: str) -> Failed:
    name = material.name or material.path or material.id
    return failed(
        ErrorCode.MATERIAL_UNREACHABLE,
        f"The material {name[:200]!r} of segment {segment_id} is not among the draft's files.",
        f"片段 {segment_id} 的素材“{name[:200]}”不在草稿文件中。",
        segment_id=segment_id,
    )
