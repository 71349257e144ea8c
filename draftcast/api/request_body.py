"""Reading request bodies: JSON only, of a bounded size, strictly."""

from starlette.requests import ClientDisconnect, Request

from resolvers.error_table import BodyTooLarge, WrongContentType
from services.errors import Bilingual, InvalidInput

LARGEST_BODY_BYTES = 64 * 1024
"""No request of either API needs more; a websocket message may be as large."""


class CutOff(InvalidInput):
    """The caller went away within the body, so that nobody will read this."""


async def json_body(request: Request) -> bytes:
    """The body of a JSON request, not parsed.

    Raises `WrongContentType` unless it is sent as application/json, which a foreign web
    page cannot do without being asked first, `BodyTooLarge` beyond the limit, and `CutOff` when it does not end.
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
        return await _bounded(request)
    except ClientDisconnect:
        raise CutOff(Bilingual("The request broke off before its end.", "请求在结束前中断。")) from None


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise BodyTooLarge(
                Bilingual(
                    f"The body may have at most {LARGEST_BODY_BYTES} bytes.",
                    f"请求体不得超过 {LARGEST_BODY_BYTES} 字节。",
                )
            )
    return bytes(body)
