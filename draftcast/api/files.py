"""Finished files over HTTP."""

import asyncio
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from resolvers import tasks
from resolvers.context import Context, services_of
from services.access.callers import NotAdmitted, ScopeMissing
from services.files.names import content_disposition
from services.files.store import IMMUTABLE, MEDIA_TYPES, PREVIEW, VIDEO, VIDEOS
from services.store.records import Status
from services.stream import PLAYLIST, Stream, stream_key

LONGEST_KEY = 200
"""Characters; keys of stored files have some dozens."""
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
NO_SNIFF = {"x-content-type-options": "nosniff"}


async def serve(request: Request) -> Response:
    """The file of the path's key, whole or by Range; from S3 by a redirect."""
    key, files = request.path_params["key"], services_of(request).files
    if not _is_key(key) or not await _allowed(request, key):
        return _not_found()
    if key.endswith(f"/{PLAYLIST}"):
        return await _playlist(request, key)
    path = files.local_path(key)
    if path is None:
        signed = await files.signed_url(key)
        return _not_found() if signed is None else RedirectResponse(signed, 302, {"cache-control": "no-store"})
    media_type = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    if path.name == PREVIEW:
        return await _preview(path, media_type)
    kept = {**NO_SNIFF, "cache-control": IMMUTABLE, **await _named(request, key)}
    return FileResponse(path, media_type=media_type, headers=kept)


async def _playlist(request: Request, key: str) -> Response:
    """The playlist of a task's stream. Its URIs have the query of the request, whose signature is valid for them."""
    task = await services_of(request).manager.any_task(key.split("/")[1])
    stream = Stream.stored(task.stream, task.run) if task else None
    if task is None or stream is None or key != stream_key(task.id, task.run, PLAYLIST):
        return _not_found()
    query = f"?{request.url.query}" if "signature" in request.query_params else ""
    gone = task.status in (Status.FAILED, Status.CANCELED)
    text = stream.playlist(running=not task.status.final, gone=gone, query=query)
    return Response(text, media_type=PLAYLIST_TYPE, headers={**NO_SNIFF, "cache-control": "no-cache"})


async def _named(request: Request, key: str) -> dict[str, str]:
    """The header with the name of a finished video."""
    folder, task_id, *_ = key.split("/")
    if folder != VIDEOS or PurePosixPath(key).stem != VIDEO:
        return {}
    name = await services_of(request).manager.name_of_file(task_id)
    return {"content-disposition": content_disposition(name)} if name else {}


async def _allowed(request: Request, key: str) -> bool:
    """Whether the URL is signed, or the file belongs to a task of the caller."""
    query, services = request.query_params, services_of(request)
    if services.keyring.open or services.files.is_signed(key, query.get("expires", ""), query.get("signature", "")):
        return True
    parts = key.split("/")
    try:
        return len(parts) > 1 and await tasks.task(await Context.of(request), parts[1]) is not None
    except (NotAdmitted, ScopeMissing):
        return False


def _is_key(key: str) -> bool:
    """Whether a file or S3 object may have this name."""
    return key.isprintable() and len(key) <= LONGEST_KEY


async def _preview(path: Path, media_type: str) -> Response:
    """The preview read whole: it is replaced by pictures of other sizes, and removed at the end."""
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        return _not_found()
    return Response(content, media_type=media_type, headers={**NO_SNIFF, "cache-control": "no-cache"})


def _not_found() -> Response:
    return PlainTextResponse("There is no such file.\n", 404, NO_SNIFF)
