"""Reading request bodies: JSON only, of a bounded size, strictly."""

import json
from typing import NoReturn

from starlette.requests import ClientDisconnect, Request

from resolvers.problems import BodyTooLarge, WrongContentType
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


def parse_json(text: str | bytes) -> object:
    """The value of a JSON text. Raises JSONDecodeError for whatever is not JSON.

    Python's reader alone would take NaN and other encodings, let lone surrogates through,
    which no database or encoder takes, and raise other errors for deep nesting and long numbers.
    """
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        value: object = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("not valid JSON", "", 0) from error
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
