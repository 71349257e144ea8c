"""The two envelopes of the polling endpoint's responses, and their language."""

import json
from typing import Any, Protocol

from starlette.responses import Response

from resolvers.error_table import ErrorEntry
from services.clock import naive_local, rfc3339
from services.errors import Bilingual

SUCCESS = Bilingual("Success", "成功")
PEER_VALIDATION = 1001
PEER_TITLES = {
    PEER_VALIDATION: Bilingual("Parameter validation failed", "参数校验失败"),
    2001: Bilingual("Invalid draft URL", "无效的草稿URL"),
    2030: Bilingual("Video generation task submit failed", "视频生成任务提交失败"),
    2031: Bilingual("Video generation task not found", "视频生成任务未找到"),
    2032: Bilingual("Video task status query failed", "视频任务状态查询失败"),
    9998: Bilingual("Internal server error", "系统内部错误"),
}
"""The texts of capcut-mate's server, word for word, since clients may compare them
(`exceptions.py` of Hommy-master/capcut-mate at 3cfbfb5; the wrapping is its `src/middlewares/response.py`).
"""


class Envelope(Protocol):
    """The form of responses and times."""

    def time(self, at_ms: int) -> str:
        """A time as text."""
        ...

    def success(self, fields: dict[str, Any], english: bool) -> Response:
        """The response to a successful request."""
        ...

    def error(self, entry: ErrorEntry, details: str, english: bool) -> Response:
        """The response to a failed request."""
        ...


class Documented:
    """The documented form: the bare fields, or `error` with code, message and details."""

    def time(self, at_ms: int) -> str:
        """UTC with milliseconds and Z."""
        return rfc3339(at_ms)

    def success(self, fields: dict[str, Any], english: bool) -> Response:
        """The fields alone."""
        del english
        return _json(fields, 200)

    def error(self, entry: ErrorEntry, details: str, english: bool) -> Response:
        """The error, with its HTTP status."""
        error = {"code": entry.rest_code, "message": localized(entry.title, english), "details": details}
        return _json({"error": error}, entry.status, entry.headers)


class CapcutMate:
    """The form of capcut-mate's server: always HTTP 200, with a number as `code`, and local times.

    A `message` among the fields replaces the envelope's.
    """

    def time(self, at_ms: int) -> str:
        """The server's local time without an offset."""
        return naive_local(at_ms)

    def success(self, fields: dict[str, Any], english: bool) -> Response:
        """The fields after `code` and `message`."""
        return _json({"code": 0, "message": localized(SUCCESS, english), **fields}, 200)

    def error(self, entry: ErrorEntry, details: str, english: bool) -> Response:
        """The error's number and text; with the details in brackets where capcut-mate's server has them."""
        message = localized(PEER_TITLES.get(entry.peer_code, entry.title), english)
        bare = entry.peer_code in PEER_TITLES and entry.peer_code != PEER_VALIDATION
        return _json({"code": entry.peer_code, "message": message if bare else f"{message}({details})"}, 200)


def localized(text: Bilingual, english: bool) -> str:
    """The text in the caller's language."""
    return text.en if english else text.zh


def wants_english(accept_language: str, otherwise: bool = False) -> bool:
    """Whether an Accept-Language header prefers English to Chinese; `otherwise` where it names neither."""
    for choice in sorted(accept_language.split(","), key=_weight, reverse=True):
        language = choice.partition(";")[0].strip().lower().partition("-")[0]
        if language in ("en", "zh"):
            return language == "en" and _weight(choice) > 0
    return otherwise


def _weight(choice: str) -> float:
    _, _, weight = choice.partition("q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


def _json(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(errors="replace"), status, headers, "application/json")
