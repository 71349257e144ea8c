"""A draft server on a thread: capcut-mate's get_draft form, and ways to misbehave."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DraftServer:
    """Serves drafts under http://127.0.0.1:port; use it as a context manager.

    `requests` counts the requests of each path. `answers` replaces the answer of a path.
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.answers: dict[str, Answer] = {}
        self._drafts: dict[str, list[str]] = {}
        self._files: dict[str, bytes | Path] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    @property
    def host(self) -> str:
        """host:port, as ALLOW_HOSTS takes it."""
        return f"127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        """The server's URL, without a slash at its end."""
        return f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def add_draft(self, draft_id: str, content: bytes | str, files: dict[str, bytes | Path] | None = None) -> str:
        """Serve a draft and its files (by path in the draft's folder); gives the draft's URL."""
        body = content.encode() if isinstance(content, str) else content
        paths = {"draft_content.json": body, **(files or {})}
        self._drafts[draft_id] = [f"{self.base}/output/draft/{draft_id}/{path}" for path in paths]
        for path, file in paths.items():
            self.add_file(f"/output/draft/{draft_id}/{path}", file)
        return self.draft_url(draft_id)

    def draft_url(self, draft_id: str) -> str:
        """The URL of a draft, whether or not it is there."""
        return f"{self.base}/openapi/capcut-mate/v1/get_draft?draft_id={draft_id}"

    def add_file(self, path: str, file: bytes | Path) -> str:
        """Serve a file; gives its URL."""
        self._files[path] = file
        return self.base + path

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests[request.path] += 1
        if request.path in self.answers:
            return await self.answers[request.path](request)
        if request.path.endswith("/get_draft"):
            return self._get_draft(request)
        file = self._files.get(request.path)
        if file is None:
            raise web.HTTPNotFound
        return web.FileResponse(file) if isinstance(file, Path) else web.Response(body=file)

    def _get_draft(self, request: web.Request) -> web.Response:
        files = self._drafts.get(request.query.get("draft_id", ""))
        if files is None:
            return web.json_response({"code": 2001, "message": "无效的草稿URL"})
        return web.json_response({"code": 0, "message": "成功", "files": files})


def statuses(sequence: Iterable[int], body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """An answer with one status after the other; the last one stays."""
    left = list(sequence)

    async def answer(_request: web.Request) -> web.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=status, body=body if status == 200 else b"", headers=headers)

    return answer
