"""Request bodies: JSON of a bounded size."""

from starlette.requests import ClientDisconnect, Request

from resolvers.error_table import BodyTooLarge, WrongContentType
from services.errors import Bilingual, InvalidInput

LARGEST_BODY_BYTES = 64 * 1024
"""The limit of a websocket message, and of a request body outside of GraphQL."""
LARGEST_DOCUMENT_BYTES = 256 * 1024
"""The limit of a GraphQL request's body: a thousand short inputs of `submitVideoTasks`."""


class ClientGone(InvalidInput):
    """The client disconnected within the body; nobody reads the response."""


async def json_body(request: Request, most_bytes: int = LARGEST_BODY_BYTES) -> bytes:
    """The bytes of a JSON request's body, not parsed.

    Raises `WrongContentType` for all types but application/json, which a foreign web page cannot send without a
    CORS preflight, `BodyTooLarge` beyond the limit, and `ClientGone` for a body that does not end.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise WrongContentType(
            Bilingual(
                "Send the body with Content-Type: application/json.",
                "请使用 Content-Type: application/json 发送请求体。",
            )
        )
    try:
        return await _bounded(request, most_bytes)
    except ClientDisconnect:
        raise ClientGone(Bilingual("The request broke off before its end.", "请求在结束前中断。")) from None


async def _bounded(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise BodyTooLarge(
                Bilingual(
                    f"The body may have at most {most_bytes} bytes.",
                    f"请求体不得超过 {most_bytes} 字节。",
                )
            )
    return bytes(body)
