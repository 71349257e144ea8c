"""The clients: `Draftcast`, and `AsyncDraftcast` for asyncio."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

import httpx2

from . import archive, requests
from .errors import NoVideo, Refused, Unreachable
from .generated import (
    Event,
    ListVideoTasks,
    ReplacementInput,
    Report,
    SubmitVideoTaskInput,
    Task,
    VideoTaskFilter,
    VideoTaskOrder,
)
from .requests import Json, Locale, Request, T
from .resuming import Position

LOCAL_SERVER = "http://127.0.0.1:8000"
_TIMEOUT = httpx2.Timeout(30, read=100)
"""Seconds; a report may take a minute, and a stream says something every 12 seconds."""
_UPLOAD_TIMEOUT = httpx2.Timeout(30, read=300)
"""Seconds; the server unpacks before it answers."""
_HEADERS = {"content-type": "application/zip"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are reached without the proxy of the environment."""
_ANSWERS = ("data", "errors", "error", "draft_url")


class _Connection:
    """What both clients know of the server."""

    def __init__(self, server: str, key: str | None, locale: Locale) -> None:
        self._locale: Locale = locale
        self._graphql = f"{server.rstrip('/')}/graphql"
        self._drafts = f"{server.rstrip('/')}/drafts"
        self._headers = {"accept-language": locale.lower(), **({"authorization": f"Bearer {key}"} if key else {})}
        self._trusts_environment = urlsplit(server).hostname not in _LOOPBACK

    def _body(self, document: str, variables: Json) -> Json:
        return requests.body(document, variables, self._locale)


class Draftcast(_Connection):
    """A server, for programs that wait. Close it, or use it in a `with`.

    Its methods raise `Refused` and `Unreachable`. `key` is needed where the server has keys; messages for people are
    in the language of `locale`.
    """

    def __init__(self, server: str = LOCAL_SERVER, *, key: str | None = None, locale: Locale = "EN") -> None:
        super().__init__(server, key, locale)
        self._http = httpx2.Client(headers=self._headers, timeout=_TIMEOUT, trust_env=self._trusts_environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, draft: str | SubmitVideoTaskInput) -> Task:
        """Queue a render of a draft, by its URL or with options; a task of the same that waits or runs is returned
        instead of a second one.
        """
        return self._send(requests.submit(draft))

    def submit_all(self, drafts: Sequence[str | SubmitVideoTaskInput]) -> list[Task | Refused]:
        """Queue renders of up to 1000 drafts in one transaction; for each its task, or the error that refuses it."""
        return self._send(requests.submit_all(drafts))

    def cancel(self, task_id: str) -> Task:
        """Cancel a task that waits or runs."""
        return self._send(requests.cancel(task_id))

    def retry(self, task_id: str) -> Task:
        """Put a failed or canceled task into the queue again."""
        return self._send(requests.retry(task_id))

    def find(self, task_id: str | None = None, *, draft_url: str | None = None) -> Task | None:
        """The task of an id, or the newest of a draft URL; None when there is none."""
        return self._send(requests.find(task_id, draft_url))

    def tasks(
        self,
        filter_: VideoTaskFilter | None = None,
        *,
        order_by: VideoTaskOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> ListVideoTasks:
        """A page of tasks, newest first; `after` is the `page_info.end_cursor` of the page before."""
        return self._send(requests.tasks(filter_, order_by, first, after))

    def report(self, draft_url: str, replace: Sequence[ReplacementInput] | None = None) -> Report:
        """What a render of a draft would lose or lack; takes a minute at most."""
        return self._send(requests.report(draft_url, replace))

    def upload(self, draft: Path | Iterable[bytes], name: str = "") -> str:
        """Send a draft's folder or zip, or the chunks of a zip, and return its draft URL. `name` is for people, of at
        most 100 characters.
        """
        content = archive.chunks(draft) if isinstance(draft, Path) else draft
        with _reaching():
            answer = self._http.post(
                self._drafts, params={"name": name}, content=content, headers=_HEADERS, timeout=_UPLOAD_TIMEOUT
            )
        return requests.draft_url_of(_json(answer))

    def watch(self, task_id: str, after: int | None = None) -> Generator[Event]:
        """The task's events as they happen, to its end, across broken connections: its present state first, or what
        follows the event of seq `after`.
        """
        position = Position(task_id, after)
        while not position.ended:
            try:
                yield from self._events(position)
            except Unreachable as error:
                time.sleep(position.wait_seconds(error))

    def wait(self, task_id: str) -> Task:
        """Wait for the task's video and return the task. Raises `NoVideo`."""
        return _with_video(*deque(self.watch(task_id), maxlen=1))

    def execute(self, document: str, variables: Json | None = None) -> Json:
        """The data of any query or mutation."""
        return self._send(Request(document, variables or {}, dict))

    def _events(self, position: Position) -> Generator[Event]:
        body = self._body(position.document, position.variables)
        with _reaching(), self._http.sse(self._graphql, method="POST", json=body) as events:
            for each in events:
                if event := position.take(each.event, each.data):
                    yield event
            _complete(position)

    def _send(self, request: Request[T]) -> T:
        with _reaching():
            answer = self._http.post(self._graphql, json=self._body(request.document, request.variables))
        return request.read(requests.data_of(_json(answer)))


class AsyncDraftcast(_Connection):
    """The same for asyncio. Close it, or use it in an `async with`."""

    def __init__(self, server: str = LOCAL_SERVER, *, key: str | None = None, locale: Locale = "EN") -> None:
        super().__init__(server, key, locale)
        self._http = httpx2.AsyncClient(headers=self._headers, timeout=_TIMEOUT, trust_env=self._trusts_environment)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, draft: str | SubmitVideoTaskInput) -> Task:
        """See `Draftcast.submit`."""
        return await self._send(requests.submit(draft))

    async def submit_all(self, drafts: Sequence[str | SubmitVideoTaskInput]) -> list[Task | Refused]:
        """See `Draftcast.submit_all`."""
        return await self._send(requests.submit_all(drafts))

    async def cancel(self, task_id: str) -> Task:
        """See `Draftcast.cancel`."""
        return await self._send(requests.cancel(task_id))

    async def retry(self, task_id: str) -> Task:
        """See `Draftcast.retry`."""
        return await self._send(requests.retry(task_id))

    async def find(self, task_id: str | None = None, *, draft_url: str | None = None) -> Task | None:
        """See `Draftcast.find`."""
        return await self._send(requests.find(task_id, draft_url))

    async def tasks(
        self,
        filter_: VideoTaskFilter | None = None,
        *,
        order_by: VideoTaskOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> ListVideoTasks:
        """See `Draftcast.tasks`."""
        return await self._send(requests.tasks(filter_, order_by, first, after))

    async def report(self, draft_url: str, replace: Sequence[ReplacementInput] | None = None) -> Report:
        """See `Draftcast.report`."""
        return await self._send(requests.report(draft_url, replace))

    async def upload(self, draft: Path | Iterable[bytes], name: str = "") -> str:
        """See `Draftcast.upload`; the chunks are made in a thread."""
        content = archive.in_thread(archive.chunks(draft) if isinstance(draft, Path) else draft)
        with _reaching():
            answer = await self._http.post(
                self._drafts, params={"name": name}, content=content, headers=_HEADERS, timeout=_UPLOAD_TIMEOUT
            )
        return requests.draft_url_of(_json(answer))

    async def watch(self, task_id: str, after: int | None = None) -> AsyncGenerator[Event]:
        """See `Draftcast.watch`."""
        position = Position(task_id, after)
        while not position.ended:
            try:
                async with aclosing(self._events(position)) as events:
                    async for event in events:
                        yield event
            except Unreachable as error:
                await asyncio.sleep(position.wait_seconds(error))

    async def wait(self, task_id: str) -> Task:
        """See `Draftcast.wait`."""
        last: deque[Event] = deque(maxlen=1)
        async for event in self.watch(task_id):
            last.append(event)
        return _with_video(*last)

    async def execute(self, document: str, variables: Json | None = None) -> Json:
        """See `Draftcast.execute`."""
        return await self._send(Request(document, variables or {}, dict))

    async def _events(self, position: Position) -> AsyncGenerator[Event]:
        body = self._body(position.document, position.variables)
        with _reaching():
            async with self._http.sse(self._graphql, method="POST", json=body) as events:
                async for each in events:
                    if event := position.take(each.event, each.data):
                        yield event
                _complete(position)

    async def _send(self, request: Request[T]) -> T:
        with _reaching():
            answer = await self._http.post(self._graphql, json=self._body(request.document, request.variables))
        return request.read(requests.data_of(_json(answer)))


@contextmanager
def _reaching() -> Generator[None]:
    try:
        yield
    except httpx2.RequestError as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def _json(answer: httpx2.Response) -> Json:
    """The JSON object of an answer. Raises `Unreachable` for one that is none of the API's."""
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or not any(name in found for name in _ANSWERS):
        raise Unreachable(f"HTTP {answer.status_code}, and no answer of draftcast", answer.status_code)
    return cast("Json", found)


def _complete(position: Position) -> None:
    """Raises `Unreachable` when a stream ended before its time."""
    if not position.ended:
        raise Unreachable("the stream was cut off")


def _with_video(last: Event) -> Task:
    task, error = last.task, last.task.error
    if task.video_url is None:
        raise NoVideo(error.code if error else "CANCELED", error.message if error else "The task was canceled.")
    return task
