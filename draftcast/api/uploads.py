"""Uploaded drafts: received as a zip, served in the form of capcut-mate's `get_draft` until they expire."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import quote, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from draftcast.api.capcut_mate.envelopes import Documented, localized, wants_english
from draftcast.api.files import NO_SNIFF
from resolvers.context import Context, services_of
from resolvers.error_table import WrongContentType, error_entry, public_message
from services.access.audit import Act
from services.access.callers import Scope
from services.access.limits import Limit
from services.clock import rfc3339
from services.drafts.draft_urls import UPLOAD_FILES, UPLOAD_LISTING
from services.errors import Bilingual, InvalidInput
from services.http.redaction import redact_draft_id

PATH = "/drafts"
GET_DRAFT, FILES = UPLOAD_LISTING, UPLOAD_FILES.rstrip("/")
LONGEST_NAME = 100
ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
"""A foreign web page cannot send any of them without a CORS preflight."""
UNKNOWN = {"code": 2001, "message": "无效的草稿URL"}


def routes() -> list[Route]:
    """The routes to upload a draft, list it, and serve its files."""
    return [
        Route(PATH, _upload, methods=["POST"]),
        Route(GET_DRAFT, _list),
        Route(FILES + "/{draft_id}/{path:path}", _file),
    ]


async def _upload(request: Request) -> Response:
    """POST /drafts?name=…: stores the zip of a draft's folder and returns the draft URL."""
    try:
        stored = await store(await Context.of(request), request.query_params.get("name", ""), _zip(request))
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception as error:  # noqa: BLE001 - every fault gets an answer; public_message() logs it
        english = wants_english(request.headers.get("accept-language", ""), otherwise=True)
        return Documented().error(error_entry(error), localized(public_message(error), english), english)
    return JSONResponse(stored, 201)


async def store(context: Context, name: str, archive: AsyncGenerator[bytes]) -> dict[str, str]:
    """Store the zip of a draft; its draft URL and expiry. Raises `RequestError`, `DiskFull` and `NotAdmitted`."""
    context.require(Scope.SUBMIT)
    context.count(Limit.SUBMITS)
    if len(name) > LONGEST_NAME:
        raise InvalidInput(Bilingual(f"name may have {LONGEST_NAME} characters.", f"name 最多 {LONGEST_NAME} 个字符。"))
    kept = await context.services.uploads.put(context.rate_limit_key, archive)
    context.note(Act.DRAFT_KEPT, draft=redact_draft_id(kept.draft_id))
    query = urlencode({"draft_id": kept.draft_id, **({"name": name} if name else {})})
    draft_url = f"{context.services.settings.base_url}{GET_DRAFT}?{query}"
    return {"draft_url": draft_url, "expires_at": rfc3339(kept.expires_at_ms)}


async def _zip(request: Request) -> AsyncGenerator[bytes]:
    """The chunks of the body. Raises `WrongContentType`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in ZIP_TYPES:
        raise WrongContentType(
            Bilingual(
                f"Send the draft's folder as a zip, with Content-Type: {ZIP_TYPES[0]}.",
                f"请将草稿文件夹打包为 zip，并使用 Content-Type: {ZIP_TYPES[0]} 发送。",
            )
        )
    async for chunk in request.stream():
        yield chunk


async def _list(request: Request) -> Response:
    services = services_of(request)
    draft_id = request.query_params.get("draft_id", "")
    found = await asyncio.to_thread(services.uploads.files, draft_id)
    if found is None:
        return JSONResponse(UNKNOWN)
    folder = f"{services.settings.base_url}{FILES}/{draft_id}"
    return JSONResponse({"code": 0, "message": "成功", "files": [f"{folder}/{quote(path)}" for path in found]})


async def _file(request: Request) -> Response:
    uploads, params = services_of(request).uploads, request.path_params
    path = await asyncio.to_thread(uploads.file, params["draft_id"], params["path"])
    if path is None:
        return JSONResponse(UNKNOWN, 404)
    return FileResponse(path, media_type="application/octet-stream", headers=_DOWNLOAD)


_DOWNLOAD = {**NO_SNIFF, "content-disposition": "attachment", "content-security-policy": "sandbox"}
"""Uploaded files are never shown as pages of this server."""
