"""The documented polling endpoint of capcut-mate's clients.

`gen_video` submits, `gen_video_status` returns a task's state, `gen_video_active_count` counts active tasks.
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
from draftcast.api.capcut_mate.outputs import read_output, read_replacements
from draftcast.api.request_body import json_body
from resolvers import tasks
from resolvers.context import Context
from resolvers.error_table import QueryFailed, WrongDraftUrl, WrongMethod, WrongPath, error_entry, public_message
from schema.execution.response_cache import MAX_BODY_BYTES
from services.drafts.draft_urls import clean_draft_url
from services.errors import Bilingual, InvalidInput, RequestError, TaskNotFound
from services.lru_cache import LruCache, text_bytes
from services.settings import Settings
from services.store.records import Status, Task, TaskRequest
from services.strict_json import parse_json

PREFIXES = ("/openapi/capcut-mate/v1", "/v1")
"""The document of the API uses both."""
LONGEST_WAIT_SECONDS = 50
LARGEST_SEQ = 2**31 - 1
REQUEST_CACHE_BYTES, RESPONSE_CACHE_BYTES = 2 * 1024 * 1024, 6 * 1024 * 1024
BYTES_OF_A_TASK = 2000
LONGEST_LANGUAGE_BYTES = 200
"""Bytes of an Accept-Language header that are parsed and cached; browsers send some dozens."""
SUBMITTED = Bilingual(
    "The video generation task is submitted; use draft_url to query its progress",
    "视频生成任务已提交，请使用draft_url查询进度",
)
CANCELED = Bilingual("The task was canceled.", "任务已取消。")
NO_TASK = Bilingual("There is no video generation task of this draft_url", "指定的草稿URL没有对应的视频生成任务")
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
        self._draft_urls: LruCache[str] = LruCache(REQUEST_CACHE_BYTES)
        """By request body, of requests with `draft_url` alone."""
        self._responses: LruCache[tuple[Task, int, bytes]] = LruCache(RESPONSE_CACHE_BYTES)

    def mounts(self) -> list[Mount]:
        """The routes under each prefix."""
        application = self._application()
        return [Mount(prefix, application) for prefix in PREFIXES]

    def respond(self, context: Context, body: bytes, language: bytes) -> bytes | None:
        """The response to a `gen_video_status` that was answered before, about a task in memory; None for others."""
        draft_url = self._draft_urls.get(body)
        task = draft_url and context.services.manager.task_cache.get_cached_by_url(context.owner, draft_url)
        if not draft_url or not task:
            return None
        english = _wants_english(language[:LONGEST_LANGUAGE_BYTES])
        key, version = (context.owner, draft_url, english), context.services.files.url_version
        cached = self._responses.get(key)
        if cached is None or cached[0] is not task or cached[1] != version:
            response = self._envelope.success(self._status(context, task, english), english)
            cached = (task, version, bytes(response.body))
            self._responses.put(key, cached, BYTES_OF_A_TASK + text_bytes(draft_url, cached[2]))
        return cached[2]

    def _application(self) -> Starlette:
        """An application of its own, so that its 404 and 405 have the envelope, too."""
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
        """A route that wraps the handler's fields or error. Internal errors are reported as `fault`, if given."""

        async def endpoint(request: Request) -> Response:
            english = wants_english(request.headers.get("accept-language", ""))
            try:
                fields = await handler(request, english)
            except RequestError as error:
                return self._error(error, public_message(error), english)
            except Exception as error:  # noqa: BLE001 - every error gets a response; public_message() logs it
                details = public_message(error)
                return self._error(fault() if fault else error, details, english)
            return self._envelope.success(fields, english)

        return endpoint

    def _error(self, error: Exception, details: Bilingual, english: bool) -> Response:
        return self._envelope.error(error_entry(error), localized(details, english), english)

    async def _no_route(self, request: Request, error: Exception) -> Response:
        """404 and 405 of the router."""
        headers = cast("HTTPException", error).headers or {}
        refusal = _refused_route(request, headers.get("Allow"))
        response = self._error(refusal, refusal.message, wants_english(request.headers.get("accept-language", "")))
        response.headers.update(headers)
        return response

    async def _gen_video(self, request: Request, english: bool) -> Fields:
        context, _, fields = await _authenticated(request)
        wanted = TaskRequest(
            draft_url=_draft_url(fields),
            output=read_output(fields.get("output")),
            replacements=read_replacements(fields.get("replace")),
        )
        await tasks.submit(context, wanted)
        return {"message": localized(SUBMITTED, english)}

    async def _gen_video_status(self, request: Request, english: bool) -> Fields:
        context, body, fields = await _authenticated(request)
        draft_url = _draft_url(fields)
        wait_seconds = _number(fields, "wait_seconds", LONGEST_WAIT_SECONDS)
        since = _whole_number(fields, "since", LARGEST_SEQ)
        task = await tasks.task(context, None, draft_url)
        if task is None:
            raise TaskNotFound(NO_TASK)
        if len(fields) == 1 and len(body) <= MAX_BODY_BYTES:
            self._draft_urls.put(body, draft_url, text_bytes(body, draft_url))
        if wait_seconds:
            task = await _changed(context, task, since, wait_seconds)
        status = self._status(context, task, english)
        return status if wait_seconds is None and since is None else {**status, "seq": task.seq}

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


def _refused_route(request: Request, allowed: str | None) -> RequestError:
    path, method = request.url.path, request.method
    if allowed is None:
        return WrongPath(Bilingual(f"There is nothing at {path}.", f"{path} 不存在。"))
    return WrongMethod(
        Bilingual(f"{path} takes {allowed}, not {method}.", f"{path} 只接受 {allowed}，不接受 {method}。")
    )


async def _changed(context: Context, task: Task, since: int | None, seconds: float) -> Task:
    """The task as soon as its seq differs from `since` (its present seq by default), at the latest after `seconds`.

    Returns at once for a final state, and for a seq above the task's own, which is that of an older task of the
    same URL. Raises `QuotaExceeded`, and `NotAdmitted` when the caller's key ends meanwhile.
    """
    seen = task.seq if since is None else since
    if task.status.final or seen != task.seq:
        return task
    with context.connection_slot():
        waiting = context.services.manager.wait_for_change(context.watched_owner, task.id, seen, seconds)
        return await context.while_admitted(waiting)


def _progress(task: Task) -> int:
    """The documented percentage: 0 while pending and when failed, 10 to 90 while processing, 100 when completed."""
    if task.status is Status.PROCESSING:
        return min(max(task.progress, 10), 90)
    return 100 if task.status is Status.COMPLETED else 0


def _error_message(task: Task, english: bool) -> str:
    if task.status is Status.CANCELED:
        return localized(CANCELED, english)
    return localized(task.failure.message, english) if task.failure else ""


async def _authenticated(request: Request) -> tuple[Context, bytes, Fields]:
    """The caller, the body and its fields. Old clients send their key as `apiKey`. Raises a `RequestError`."""
    body = await json_body(request)
    fields = _fields(body)
    api_key: object = fields.get("apiKey")
    if not isinstance(api_key, str | None):
        raise InvalidInput(Bilingual("apiKey must be a string.", "apiKey 必须是字符串。"), path=("apiKey",))
    return await Context.of(request, api_key), body, fields


def _fields(body: bytes) -> Fields:
    """The JSON object of a body. Raises `InvalidInput`."""
    try:
        fields = parse_json(body)
    except json.JSONDecodeError:
        raise InvalidInput(Bilingual("The body is not valid JSON.", "请求体不是有效的 JSON。")) from None
    if not isinstance(fields, dict):
        raise InvalidInput(Bilingual("The body is not a JSON object.", "请求体不是 JSON 对象。"))
    return cast("Fields", fields)


def _draft_url(body: Fields) -> str:
    """The draft URL without invisible characters. Raises `InvalidInput`."""
    name = "draft_url"
    if name not in body:
        raise InvalidInput(Bilingual(f"{name} is missing.", f"缺少 {name}。"), path=(name,))
    if not isinstance(body[name], str):
        raise InvalidInput(Bilingual(f"{name} must be a string.", f"{name} 必须是字符串。"), path=(name,))
    try:
        return clean_draft_url(body[name], name)
    except InvalidInput as error:
        raise WrongDraftUrl(error.message, path=error.path) from None


def _whole_number(body: Fields, name: str, largest: int) -> int | None:
    """An optional whole number from 0 to `largest`. Raises `InvalidInput`."""
    value = _number(body, name, largest)
    if isinstance(value, float):
        raise InvalidInput(Bilingual(f"{name} must be a whole number.", f"{name} 须为整数。"), path=(name,))
    return value


def _number(body: Fields, name: str, largest: int) -> float | None:
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
