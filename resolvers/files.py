"""Finished files over HTTP, and their addresses."""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from resolvers.context import Context

PREVIEW = "preview.jpg"
"""Files of this name are overwritten while a task runs; all others never change."""
NO_SNIFF = {"x-content-type-options": "nosniff"}
_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


async def url(context: Context, key: str | None) -> str | None:
    """The absolute address of a stored file."""
    return None if key is None else await context.services.files.url(key)


async def serve(request: Request) -> Response:
    """The file of the path's key, whole or by Range."""
    path = Context.of(request).services.files.local_path(request.path_params["key"])
    if path is None:
        return PlainTextResponse("There is no such file.\n", 404, NO_SNIFF)
    changing = path.name == PREVIEW
    return FileResponse(
        path,
        media_type=_TYPES.get(path.suffix, "application/octet-stream"),
        headers={**NO_SNIFF, "cache-control": "no-cache" if changing else "private, max-age=31536000, immutable"},
    )
