"""The documented polling endpoint, as old clients know it.

`gen_video` submits, `gen_video_status` tells how far it is, `gen_video_active_count` counts.
"""

import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from draftcast.api.capcut_mate.envelopes import CapcutMate, Documented, Envelope, localized, wants_english
from draftcast.api.request_body import json_body
from resolvers import tasks
from resolvers.context import Context
from resolvers.error_table import QueryFailed, WrongDraftUrl, WrongMethod, WrongPath, error_entry, public_message
from services.drafts.draft_urls import clean_draft_url
from services.errors import Bilingual, InvalidInput, RequestError, TaskNotFound
from services.lru_cache import LruCache, text_bytes
from services.settings import Settings
from services.store.records import Status, Task, TaskRequest
from services.strict_json import parse_json

PREFIXES = ("/openapi/capcut-mate/v1", "/v1")
"""The document uses both."""
LONGEST_WAIT_SECONDS = 50
LARGEST_SEQ = 2**31 - 1
ASKED_BYTES, ANSWERED_BYTES = 2 * 1024 * 1024, 6 * 1024 * 1024
BYTES_OF_A_TASK = 2000
LONGEST_LANGUAGE_BYTES = 200
"""Of an Accept-Language header that is kept; browsers send some dozens."""
SUBMITTED = Bilingual(
    "The video generation task is submitted; use draft_url to query its progress",
    "视频生成任务已提交，请使用draft_url查询进度",
)
CANCELED = Bilingual("The task was canceled.", "任务已取消。")
NO_TASK = Bilingual("There is no video generation task of this draft_url", "指定的草稿URL没有对应的视频生成任务")
QUERY_FAILED = Bilingual("Internal error", "系统内部错误")
_STATUS = {
    Status.PENDING: "pending",
    Status.PROCESSING: "processing",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}

Fields = dict[str, Any]
Handler = Callable[[Request, bool], Awaitable[Fields]]


class PollingEndpoint:
    """The three handlers, in one of the two envelopes."""

    def __init__(self, settings: Settings) -> None:
        self._envelope: Envelope = CapcutMate() if settings.rest_envelope == "capcut-mate" else Documented()
        self._asked: LruCache[str] = LruCache(ASKED_BYTES)
        self._answered: LruCache[tuple[Task, int, bytes]] = LruCache(ANSWERED_BYTES)

    def mounts(self) -> list[Mount]:
        """The endpoint under each of its prefixes."""
        shim = self._application()
        return [Mount(prefix, shim) for prefix in PREFIXES]

    def cached(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The cached response to a `gen_video_status` with `draft_url` alone, or None."""
        draft_url = self._asked.get(body)
        if draft_url is None:
            draft_url = _only_draft_url(body)
            self._asked.keep(body, draft_url, text_bytes(body, draft_url))
        task = context.services.manager.task_cache.get_cached_by_url(context.owner, draft_url)
        if task is None:
            return None
        english = _wants_english(language[:LONGEST_LANGUAGE_BYTES])
        key, edition = (context.owner, draft_url, english), context.services.files.url_version
        answered = self._answered.get(key)
        if answered is None or answered[0] is not task or answered[1] != edition:
            response = self._envelope.success(self._status(context, task, english), english)
            answered = (task, edition, bytes(response.body))
            self._answered.keep(key, answered, BYTES_OF_A_TASK + text_bytes(draft_url, answered[2]))
        return answered[2]

    def _application(self) -> Starlette:
        """An application of its own, so that even its 404 and 405 have the endpoint's shape."""
        return Starlette(
            routes=[
                Route("/gen_video", self._endpoint(self._gen_video), methods=["POST"]),
                Route("/gen_video_status", self._endpoint(self._gen_video_status, QueryFailed), methods=["POST"]),
                Route("/gen_video_active_count", self._endpoint(self._active_count, QueryFailed), methods=["GET"]),
            ],
            exception_handlers={HTTPException: self._no_route},
        )

    def _endpoint(
        self, handler: Handler, fault: type[QueryFailed] | None = None
    ) -> Callable[[Request], Awaitable[Response]]:
        """Ask and wrap the answer. A fault of the service is told as `fault`, if that is given."""

        async def endpoint(request: Request) -> Response:
            english = wants_english(request.headers.get("accept-language", ""))
            try:
                answer = await handler(request, english)
            except RequestError as error:
                return self._problem(error, public_message(error), english)
            except Exception as error:  # noqa: BLE001 - every fault gets an answer; told() logs it
                details = public_message(error)
                return self._problem(fault() if fault else error, details, english)
            return self._envelope.success(answer, english)

        return endpoint

    def _problem(self, error: Exception, details: Bilingual, english: bool) -> Response:
        return self._envelope.problem(error_entry(error), localized(details, english), english)

    async def _no_route(self, request: Request, error: Exception) -> Response:
        """404 and 405 of the router."""
        headers = cast("HTTPException", error).headers or {}
        refusal = _refused_route(request, headers.get("Allow"))
        response = self._problem(refusal, refusal.message, wants_english(request.headers.get("accept-language", "")))
        response.headers.update(headers)
        return response

    async def _gen_video(self, request: Request, english: bool) -> Fields:
        context, body = await _asked(request)
        await tasks.submit(context, TaskRequest(draft_url=_draft_url(body)))
        return {"message": localized(SUBMITTED, english)}

    async def _gen_video_status(self, request: Request, english: bool) -> Fields:
        context, body = await _asked(request)
        draft_url = _draft_url(body)
        wait_seconds = _number(body, "wait_seconds", LONGEST_WAIT_SECONDS)
        since = _whole_number(body, "since", LARGEST_SEQ)
        task = await tasks.task(context, None, draft_url)
        if task is None:
            raise TaskNotFound(NO_TASK)
        if wait_seconds:
            task = await _changed(context, task, since, wait_seconds)
        answer = self._status(context, task, english)
        return answer if wait_seconds is None and since is None else {**answer, "seq": task.seq}

    async def _active_count(self, request: Request, english: bool) -> Fields:
        del english
        return {"count": await tasks.active_count(await Context.of(request))}

    def _status(self, context: Context, task: Task, english: bool) -> Fields:
        """The eight documented fields, in the documented order."""
        video_url = context.file_url(task.video.key if task.video else None)
        return {
            "draft_url": task.draft_url,
            "status": _STATUS[task.status],
            "progress": _progress(task),
            "video_url": video_url or "",
            "error_message": _error_message(task, english),
            "created_at": self._envelope.time(task.created_at_ms),
            "started_at": self._time(task.started_at_ms),
            "completed_at": self._time(task.completed_at_ms),
        }

    def _time(self, at_ms: int | None) -> str | None:
        return None if at_ms is None else self._envelope.time(at_ms)


@lru_cache
def _wants_english(language: bytes) -> bool:
    return wants_english(language.decode("latin-1"))


def _only_draft_url(body: bytes) -> str:
    """The draft URL of a request that gives nothing else; empty for all other requests."""
    try:
        fields = parse_json(body)
        if isinstance(fields, dict) and list(cast("dict[str, Any]", fields)) == ["draft_url"]:
            return _draft_url(cast("dict[str, Any]", fields))
    except (json.JSONDecodeError, InvalidInput):
        pass
    return ""


def _refused_route(request: Request, allowed: str | None) -> RequestError:
    path, method = request.url.path, request.method
    if allowed is None:
        return WrongPath(Bilingual(f"There is nothing at {path}.", f"{path} 不存在。"))
    return WrongMethod(
        Bilingual(f"{path} takes {allowed}, not {method}.", f"{path} 只接受 {allowed}，不接受 {method}。")
    )


async def _changed(context: Context, task: Task, since: int | None, seconds: float) -> Task:
    """The task once it has changed since a seq, its present one by default.

    It is not waited for when nothing more will come by itself, nor for a seq above the task's own,
    which is that of an older task of the same URL. Raises `QuotaExceeded`.
    """
    seen = task.seq if since is None else since
    if task.status.final or seen != task.seq:
        return task
    with context.staying():
        return await context.services.manager.wait_for_change(context.watched_owner, task.id, seen, seconds)


def _progress(task: Task) -> int:
    """As documented: 0 while pending and when failed, 10-90 while processing, 100 when completed."""
    if task.status is Status.PROCESSING:
        return min(max(task.progress, 10), 90)
    return 100 if task.status is Status.COMPLETED else 0


def _error_message(task: Task, english: bool) -> str:
    if task.status is Status.CANCELED:
        return localized(CANCELED, english)
    return localized(task.failure.message, english) if task.failure else ""


async def _asked(request: Request) -> tuple[Context, dict[str, Any]]:
    """Who asks, and the body: old clients send their key in it, as `apiKey`. Raises a `RequestError`."""
    body = await _object(request)
    api_key: object = body.get("apiKey")
    if not isinstance(api_key, str | None):
        raise InvalidInput(Bilingual("apiKey must be a string.", "apiKey 必须是字符串。"), path=("apiKey",))
    return await Context.of(request, api_key), body


async def _object(request: Request) -> dict[str, Any]:
    """The request's body. Raises a `RequestError` that says what is wrong with it."""
    try:
        body = parse_json(await json_body(request))
    except json.JSONDecodeError:
        raise InvalidInput(Bilingual("The body is not valid JSON.", "请求体不是有效的 JSON。")) from None
    if not isinstance(body, dict):
        raise InvalidInput(Bilingual("The body is not a JSON object.", "请求体不是 JSON 对象。"))
    return cast("dict[str, Any]", body)


def _draft_url(body: dict[str, Any]) -> str:
    """The draft URL, as it was given but for invisible characters. Raises `InvalidInput`."""
    name = "draft_url"
    if name not in body:
        raise InvalidInput(Bilingual(f"{name} is missing.", f"缺少 {name}。"), path=(name,))
    if not isinstance(body[name], str):
        raise InvalidInput(Bilingual(f"{name} must be a string.", f"{name} 必须是字符串。"), path=(name,))
    try:
        return clean_draft_url(body[name], name)
    except InvalidInput as error:
        raise WrongDraftUrl(error.message, path=error.path) from None


def _whole_number(body: dict[str, Any], name: str, largest: int) -> int | None:
    """An optional whole number from 0 to `largest`. Raises `InvalidInput`."""
    value = _number(body, name, largest)
    if isinstance(value, float):
        raise InvalidInput(Bilingual(f"{name} must be a whole number.", f"{name} 须为整数。"), path=(name,))
    return value


def _number(body: dict[str, Any], name: str, largest: int) -> float | None:
    """An optional number from 0 to `largest`. Raises `InvalidInput`."""
    value: object = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        raise InvalidInput(
            Bilingual(f"{name} must be a number from 0 to {largest}.", f"{name} 须为 0 到 {largest} 的数字。"),
            path=(name,),
        )
    return value
