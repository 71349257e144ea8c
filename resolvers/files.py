"""Finished files over HTTP, and their addresses."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from resolvers.context import Context

PREVIEW = "preview.jpg"
"""Files of this name are overwritten while a task runs; all others never change."""
NO_SNIFF = {"x-content-type-options": "nosniff"}
_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


def url(context: Context, key: str | None) -> str | None:
    """The absolute address of a stored file."""
    return None if key is None else context.services.files.url(key)


async def serve(request: Request) -> Response:
    """The file of the path's key, whole or by Range."""
    path = Context.of(request).services.files.local_path(request.path_params["key"])
    if path is None:
        return _missing()
    media_type = _TYPES.get(path.suffix, "application/octet-stream")
    if path.name == PREVIEW:
        return await _changing(path, media_type)
    kept = {**NO_SNIFF, "cache-control": "private, max-age=31536000, immutable"}
    return FileResponse(path, media_type=media_type, headers=kept)


async def _changing(path: Path, media_type: str) -> Response:
    """A small file as it is at this moment: the next one may be larger, and the last one is removed."""
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        return _missing()
    return Response(content, media_type=media_type, headers={**NO_SNIFF, "cache-control": "no-cache"})


def _missing() -> Response:
    return PlainTextResponse("There is no such file.\n", 404, NO_SNIFF)
