"""The error table: the code, status and title of each kind of error, for both APIs."""

import logging
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from services.access.callers import NotAdmitted, ScopeMissing
from services.access.limits import QuotaExceeded
from services.clock import rfc3339
from services.errors import (
    Bilingual,
    DiskFull,
    DraftcastError,
    IdempotencyConflict,
    InvalidInput,
    InvalidState,
    QueueFull,
    RequestError,
    StoreUnavailable,
    TaskNotFound,
    UploadTooLarge,
)
from services.live.connections import ConnectionEnded, ConnectionNotFound

log = logging.getLogger(__name__)


class UserErrorCode(StrEnum):
    """Errors that the caller can correct. The names are part of the public API."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    INVALID_STATE = "INVALID_STATE"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    QUEUE_FULL = "QUEUE_FULL"
    FORBIDDEN = "FORBIDDEN"


UNAUTHENTICATED = "UNAUTHENTICATED"
"""Not an error of a payload: the whole request is refused."""


CONNECTION_ENDED = "CONNECTION_ENDED"
"""The last error of a stream that an operator has ended."""


class WrongPath(RequestError):
    """There is no route of this path."""


class WrongMethod(RequestError):
    """The route does not support this HTTP method."""


class NotAcceptable(RequestError):
    """The caller accepts none of the media types of a response."""


class ForeignPage(RequestError):
    """A browser sent the request for a page of another origin."""


class FetchOfADraft(RequestError):
    """A draftcast asks, to which this was given as the address of a draft, a material or a webhook."""


class WrongContentType(RequestError):
    """The body has another content type than JSON."""


class BodyTooLarge(RequestError):
    """The body is larger than any request needs."""


class QueryStringTooLong(RequestError):
    """The query string is longer than any GET request needs."""


class WrongDraftUrl(InvalidInput):
    """The draft URL of the polling endpoint is not an absolute http(s) URL."""


class QueryFailed(DraftcastError):
    """An internal error of a query of the polling endpoint."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """A kind of error: `code` for GraphQL, `rest_code` and `status` for the documented polling API,
    `peer_code` for the envelope of capcut-mate's server, `title` in both languages, `headers` of the response.
    """

    code: str
    rest_code: str
    status: int
    peer_code: int
    title: Bilingual
    headers: dict[str, str] = field(default_factory=dict[str, str])


ERROR_TABLE: dict[type[Exception], ErrorEntry] = {
    InvalidInput: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "VALIDATION_ERROR",
        400,
        1001,
        Bilingual("Parameter validation failed", "请求参数验证失败"),
    ),
    WrongDraftUrl: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "VALIDATION_ERROR",
        400,
        2001,
        Bilingual("Parameter validation failed", "请求参数验证失败"),
    ),
    NotAdmitted: ErrorEntry(
        UNAUTHENTICATED,
        "UNAUTHENTICATED",
        401,
        1002,
        Bilingual("A valid key is needed", "需要有效的密钥"),
        {"www-authenticate": "Bearer"},
    ),
    ScopeMissing: ErrorEntry(
        UserErrorCode.FORBIDDEN, "FORBIDDEN", 403, 1003, Bilingual("The key is not for this", "密钥无此权限")
    ),
    TaskNotFound: ErrorEntry(
        UserErrorCode.NOT_FOUND,
        "VIDEO_TASK_NOT_FOUND",
        404,
        2031,
        Bilingual("Video generation task not found", "视频生成任务未找到"),
    ),
    ConnectionNotFound: ErrorEntry(
        UserErrorCode.NOT_FOUND, "NOT_FOUND", 404, 404, Bilingual("No such connection", "没有此连接")
    ),
    ConnectionEnded: ErrorEntry(
        CONNECTION_ENDED, "CONNECTION_ENDED", 403, 1003, Bilingual("The connection was ended", "连接已被断开")
    ),
    InvalidState: ErrorEntry(
        UserErrorCode.INVALID_STATE,
        "INVALID_STATE",
        409,
        1001,
        Bilingual("The task's state does not allow this", "任务当前状态不允许此操作"),
    ),
    IdempotencyConflict: ErrorEntry(
        UserErrorCode.IDEMPOTENCY_CONFLICT,
        "IDEMPOTENCY_CONFLICT",
        409,
        1001,
        Bilingual("The idempotency key was used with other input", "幂等键已用于不同的请求"),
    ),
    QuotaExceeded: ErrorEntry(
        UserErrorCode.QUOTA_EXCEEDED, "QUOTA_EXCEEDED", 429, 1004, Bilingual("Too many requests", "请求过于频繁")
    ),
    QueueFull: ErrorEntry(
        UserErrorCode.QUEUE_FULL,
        "QUEUE_FULL",
        503,
        2030,
        Bilingual("Video generation task submit failed", "视频生成任务提交失败"),
        {"retry-after": "30"},
    ),
    WrongPath: ErrorEntry(UserErrorCode.NOT_FOUND, "NOT_FOUND", 404, 404, Bilingual("No such endpoint", "接口不存在")),
    WrongMethod: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "METHOD_NOT_ALLOWED",
        405,
        405,
        Bilingual("Method not allowed", "请求方法不被允许"),
    ),
    NotAcceptable: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "NOT_ACCEPTABLE",
        406,
        1001,
        Bilingual("Not acceptable", "无法提供所要求的内容类型"),
    ),
    ForeignPage: ErrorEntry(
        UserErrorCode.FORBIDDEN,
        "FORBIDDEN",
        403,
        1001,
        Bilingual("Forbidden", "禁止访问"),
    ),
    FetchOfADraft: ErrorEntry(
        UserErrorCode.FORBIDDEN,
        "FORBIDDEN",
        403,
        1001,
        Bilingual("Forbidden", "禁止访问"),
    ),
    WrongContentType: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        1001,
        Bilingual("Unsupported content type", "不支持的内容类型"),
    ),
    BodyTooLarge: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "PAYLOAD_TOO_LARGE",
        413,
        1001,
        Bilingual("Request body too large", "请求体过大"),
        {"connection": "close"},
    ),
    UploadTooLarge: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "PAYLOAD_TOO_LARGE",
        413,
        1001,
        Bilingual("The draft is too large", "草稿过大"),
        {"connection": "close"},
    ),
    QueryStringTooLong: ErrorEntry(
        UserErrorCode.INVALID_INPUT,
        "URI_TOO_LONG",
        414,
        1001,
        Bilingual("Query string too long", "查询字符串过长"),
    ),
    QueryFailed: ErrorEntry(
        "INTERNAL",
        "VIDEO_STATUS_QUERY_FAILED",
        500,
        2032,
        Bilingual("Video task status query failed", "视频任务状态查询失败"),
    ),
    StoreUnavailable: ErrorEntry(
        "UNAVAILABLE",
        "SERVICE_UNAVAILABLE",
        503,
        9998,
        Bilingual("The service is unavailable", "服务暂不可用"),
        {"retry-after": "5"},
    ),
    DiskFull: ErrorEntry(
        "UNAVAILABLE",
        "SERVICE_UNAVAILABLE",
        503,
        9998,
        Bilingual("The service is unavailable", "服务暂不可用"),
        {"retry-after": "60", "connection": "close"},
    ),
    Exception: ErrorEntry("INTERNAL", "INTERNAL_ERROR", 500, 9998, Bilingual("Internal server error", "系统内部错误")),
}
"""The entry of an error is that of its most specific class."""

UNAVAILABLE = Bilingual("The database does not answer; try again shortly.", "数据库暂时没有响应，请稍后重试。")
INTERNAL = Bilingual("Internal error", "系统内部错误")


def error_entry(error: Exception) -> ErrorEntry:
    """The entry of an error."""
    found = next(ERROR_TABLE[kind] for kind in type(error).__mro__ if kind in ERROR_TABLE)
    if isinstance(error, QuotaExceeded):
        return replace(found, headers={"retry-after": str(error.retry_after_seconds)})
    return found


def error_extensions(error: Exception) -> dict[str, object]:
    """The `extensions` of an error in a GraphQL result: its code, and the end of a rate limit."""
    resets_at_ms = error.resets_at_ms if isinstance(error, QuotaExceeded) else None
    return {"code": error_entry(error).code, **({} if resets_at_ms is None else {"resetAt": rfc3339(resets_at_ms)})}


def graphql_error(error: Exception) -> dict[str, Any]:
    """The error as an entry of a GraphQL result's `errors`."""
    return {"message": public_message(error).en, "extensions": error_extensions(error)}


def public_message(error: Exception) -> Bilingual:
    """The message of an error for clients. Internal errors are logged here, with their traceback."""
    if isinstance(error, RequestError):
        return error.message
    if isinstance(error, DiskFull):
        log.warning("the disk is full: %s", error)
        return error.message
    if isinstance(error, StoreUnavailable):
        log.warning("the store is unavailable: %s", error)
        return UNAVAILABLE
    log.error("unexpected error", exc_info=error)
    return INTERNAL
