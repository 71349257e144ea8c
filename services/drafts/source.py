"""Draft sources: a URL, or a folder of this machine."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from services.drafts.fetch import Fetcher, OnBytes
from services.drafts.fields import clean_text
from services.drafts.folder import DraftFolder
from services.drafts.locate import (
    DRAFT_NAMES,
    DraftFile,
    DraftListing,
    beside,
    draft_file,
    listing_of,
    locate,
    names_a_disk,
)
from services.drafts.parse import invalid, parse
from services.drafts.records import MediaMaterial
from services.drafts.timelines import active_timeline, folder_of, timelines
from services.errors import Bilingual, ErrorCode, Failed, failed
from services.http.client import RETRIED_STATUSES, FetchError, TooLarge, Transient, Unreachable, UrlRefused
from services.http.redaction import redact_url
from services.http.urls import clean_url, is_url

BRING_HINT = Bilingual(
    "Put the file anywhere into the draft's folder, under its name, or run `draftcast submit FOLDER` on the computer "
    "that has it, which uploads the file too. A server never reads paths of its own disk.",
    "请将该文件按原文件名放入草稿文件夹（任意子目录），或在存有该文件的电脑上运行 `draftcast submit 文件夹`，"
    "文件会一并上传。服务器不会读取自身磁盘上的路径。",
)
FOLDER_HINT = Bilingual(
    f"Give the folder that holds {DRAFT_NAMES[0]}, or a zip of it.",
    f"请指定含有 {DRAFT_NAMES[0]} 的文件夹，或其 zip 压缩包。",
)


def no_draft(folder: Path) -> Bilingual:
    """The message for a folder without a draft."""
    return Bilingual(
        f"There is no {DRAFT_NAMES[0]} in the folder {folder}.", f"文件夹 {folder} 中没有 {DRAFT_NAMES[0]}。"
    )


ADDRESS_HINT = Bilingual(
    "Check the host name in the draft URL, and that its server is running and can be reached from this machine.",
    "请检查草稿 URL 中的主机名，并确认对方服务器正在运行、可从本机访问。",
)
LOGIN_HINT = Bilingual(
    "The address needs a login. Use a draft URL that opens without one, such as `save_draft` returns.",
    "该地址需要登录。请使用无需登录即可打开的草稿 URL，例如 `save_draft` 返回的地址。",
)
_WITH_LOGIN = (401, 403, 407)
BUSY_HINT = Bilingual(
    "The draft's server fails or is busy. Try again later, or look at its log.",
    "草稿服务器出错或繁忙。请稍后重试，或查看其日志。",
)
ADD_HINT = Bilingual(
    "Put the file anywhere into the draft's folder, under its name, or give the material an http(s) address.",
    "请将该文件按原文件名放入草稿文件夹（任意子目录），或为素材提供 http(s) 地址。",
)


class DraftSource(Protocol):
    """The source of a draft's content and of its materials' files."""

    async def content(self, on_bytes: OnBytes) -> bytes:
        """The bytes of draft_content.json. Raises `Failed` (DRAFT_*)."""
        ...

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """The material's file. Raises `Failed` (MATERIAL_*, OUT_OF_DISK) naming material and segment."""
        ...

    def url(self, material: MediaMaterial) -> str | None:
        """The redacted URL from which the material is fetched; None when it is not fetched."""
        ...

    def forget(self, material: MediaMaterial) -> None:
        """Remove an unusable file of a material from the cache."""
        ...

    async def close(self) -> None:
        """Close all connections; nothing more is fetched."""
        ...


class RemoteDraft:
    """A draft at a URL whose response is a listing in capcut-mate's get_draft form, or the draft itself."""

    def __init__(self, fetcher: Fetcher, draft_url: str) -> None:
        self._fetcher = fetcher
        self._draft_url = clean_url(draft_url)
        self._listing = DraftListing("", ())
        self._direct = False
        """Whether the URL is that of the draft's content; materials may then lie beside it."""

    async def content(self, on_bytes: OnBytes) -> bytes:
        """See `DraftSource`."""
        answer = await self._fetch(self._draft_url, on_bytes)
        found = await asyncio.to_thread(parse, answer)
        self._direct = "tracks" in found and "materials" in found
        self._listing = listing_of(self._draft_url, [] if self._direct else _files(found))
        if self._direct:
            return answer
        file = draft_file(self._listing)
        if file is None:
            count = len(self._listing.files)
            raise invalid(
                f"its server lists {count} files, but no {DRAFT_NAMES[0]}",
                f"服务器列出了 {count} 个文件，但没有 {DRAFT_NAMES[0]}",
            )
        return await self._timeline(file, on_bytes) or await self._fetch(file.url, on_bytes)

    async def _timeline(self, file: DraftFile, on_bytes: OnBytes) -> bytes | None:
        """The open timeline of a draft with several; None for a draft with its main file only."""
        folder = folder_of(file.path)
        urls = {found.path.removeprefix(folder): found.url for found in self._listing.files}

        async def read(path: str) -> bytes | None:
            try:
                return await self._fetcher.content(urls[path], on_bytes)
            except FetchError:
                return None

        return await active_timeline(urls, read)

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """See `DraftSource`."""
        absent = _missing(material, segment_id)
        for number, url in enumerate(self._urls(material)):
            try:
                return await self._fetcher.material(url, segment_id=segment_id, on_bytes=on_bytes)
            except Failed as error:
                if not _is_absent(error):
                    raise
                absent = absent if number else error
        raise absent

    def url(self, material: MediaMaterial) -> str | None:
        """See `DraftSource`."""
        return next(map(redact_url, self._urls(material)), None)

    def forget(self, material: MediaMaterial) -> None:
        """See `DraftSource`."""
        for url in self._urls(material):
            self._fetcher.forget(url)

    async def close(self) -> None:
        """See `DraftSource`."""
        await self._fetcher.close()

    def _urls(self, material: MediaMaterial) -> tuple[str, ...]:
        """Where a material may be; several where no list of files says how its name is spelled."""
        path = clean_url(material.path)
        url = locate(path, self._listing) or clean_url(material.remote_url or "")
        return (url,) if url else beside(path, self._draft_url) if self._direct else ()

    async def _fetch(self, url: str, on_bytes: OnBytes) -> bytes:
        try:
            return await self._fetcher.content(url, on_bytes)
        except FetchError as error:
            raise _draft_failed(error) from error


class LocalDraft:
    """A draft's folder on this machine, with `files` outside of it (see `DraftFolder`)."""

    def __init__(self, folder: Path, fetcher: Fetcher, files: Mapping[str, Path] | None = None) -> None:
        self._folder = DraftFolder(folder, files)
        self._fetcher = fetcher

    async def content(self, on_bytes: OnBytes) -> bytes:
        """See `DraftSource`."""
        found = await asyncio.to_thread(self._folder.timelines)

        async def read(path: str) -> bytes | None:
            return await self._read(path, on_bytes)

        timeline = await active_timeline(found, read)
        if timeline is not None:
            return timeline
        for name in (*DRAFT_NAMES, *timelines(found)):
            content = await self._read(name, on_bytes)
            if content is not None:
                return content
        missing = no_draft(self._folder.path)
        raise failed(ErrorCode.DRAFT_NOT_FOUND, missing.en, missing.zh, hint=FOLDER_HINT)

    async def _read(self, path: str, on_bytes: OnBytes) -> bytes | None:
        """A file of the folder; None when there is none. Raises `Failed` (DRAFT_TOO_LARGE)."""
        file = self._folder.inside(path)
        if file is None:
            return None
        size, limit = file.stat().st_size, self._fetcher.limits.draft_bytes
        if size > limit:
            raise _draft_failed(TooLarge(f"it is larger than {limit} bytes", f"超过 {limit} 字节"))
        on_bytes(size)
        return await asyncio.to_thread(file.read_bytes)

    async def material(self, material: MediaMaterial, *, segment_id: str, on_bytes: OnBytes) -> Path:
        """See `DraftSource`."""
        found = await asyncio.to_thread(self._folder.find, material.path)
        if found is not None:
            on_bytes(found.stat().st_size)
            return found
        url = _address(material)
        if url is None:
            raise _missing(material, segment_id)
        return await self._fetcher.material(url, segment_id=segment_id, on_bytes=on_bytes)

    def url(self, material: MediaMaterial) -> str | None:
        """See `DraftSource`. A file of the folder takes precedence over `remote_url`."""
        url = _address(material)
        return redact_url(url) if url and self._folder.find(material.path) is None else None

    def forget(self, material: MediaMaterial) -> None:
        """See `DraftSource`. Files of the folder are never cached."""
        url = _address(material)
        if url:
            self._fetcher.forget(url)

    async def close(self) -> None:
        """See `DraftSource`."""
        await self._fetcher.close()


def _address(material: MediaMaterial) -> str | None:
    """The URL of a material: its path, or its `remote_url`."""
    url = clean_url(material.path)
    return url if is_url(url) else clean_url(material.remote_url or "") or None


def _files(answer: dict[str, Any]) -> list[str]:
    """The files listed by a get_draft response. Raises `Failed`."""
    code: Any = answer.get("code", 0)
    listed: Any = answer.get("files")
    if code not in (0, "0", None):
        raise failed(
            ErrorCode.DRAFT_NOT_FOUND,
            f"The draft's server does not know this draft (code {code!r:.20}).",
            f"草稿服务器没有这个草稿（code {code!r:.20}）。",
        )
    if not isinstance(listed, list):
        raise invalid("its server's response has no list of files", "草稿地址的返回中没有 files 列表")
    entries = cast("Iterable[object]", listed)
    files = [clean_url(clean_text(entry)) for entry in entries if isinstance(entry, str)]
    if not any(files):
        raise failed(
            ErrorCode.DRAFT_EMPTY, "The draft's server lists no files for it.", "草稿服务器返回的文件列表为空。"
        )
    return [file for file in files if file]


def _is_absent(error: Failed) -> bool:
    """Whether a server responded that the file is missing or forbidden."""
    return isinstance(error.__cause__, Unreachable) and error.__cause__.status is not None


def _draft_failed(error: FetchError) -> Failed:
    code, en, zh = ErrorCode.DRAFT_NOT_FOUND, "The draft could not be fetched", "无法获取草稿"
    hint = None
    if isinstance(error, UrlRefused):
        code, en, zh = ErrorCode.DRAFT_URL_REFUSED, "The draft's address must not be fetched", "不允许访问该草稿地址"
    elif isinstance(error, TooLarge):
        code, en, zh = ErrorCode.DRAFT_TOO_LARGE, "The draft is too large", "草稿过大"
    elif isinstance(error, Unreachable | Transient):
        hint = _address_hint(error.status)
    return failed(code, f"{en}: {error.reason.en}.", f"{zh}：{error.reason.zh}。", hint=hint)


def _address_hint(status: int | None) -> Bilingual | None:
    """The hint for a draft URL whose server answers with this HTTP status; None leaves the code's own."""
    if status is None:
        return ADDRESS_HINT
    if status in _WITH_LOGIN:
        return LOGIN_HINT
    return BUSY_HINT if status in RETRIED_STATUSES else None


def _missing(material: MediaMaterial, segment_id: str) -> Failed:
    name = material.display_name
    elsewhere = names_a_disk(material.path)
    why, why_zh = ("is not among the draft's files", "不在草稿文件中")
    if elsewhere:
        why, why_zh = f"{why}, and its path is on the disk of some computer", f"{why_zh}，其路径指向某台电脑的本地磁盘"
    return failed(
        ErrorCode.MATERIAL_UNREACHABLE,
        f"The material {name!r} of segment {segment_id} {why}.",
        f"片段 {segment_id} 的素材“{name}”{why_zh}。",
        segment_id=segment_id,
        hint=BRING_HINT if elsewhere else ADD_HINT,
    )
