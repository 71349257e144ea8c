"""A draft server on a thread, in capcut-mate's get_draft form, with faulty responses."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DraftServer:
    """Serves drafts under http://127.0.0.1:port, or another address of this machine's own; use it as a context manager.

    `requests` counts the requests of each path, `ranges` lists the Range headers of each ("" for none).
    `answers` replaces the answer of a path, for instance by `endless()`.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: Counter[str] = Counter()
        self.ranges: defaultdict[str, list[str]] = defaultdict(list)
        self._address = address
        self.answers: dict[str, Answer] = {}
        self._drafts: dict[str, list[str]] = {}
        self._files: dict[str, bytes | Path] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = port

    @property
    def host(self) -> str:
        """host:port, as ALLOW_HOSTS takes it."""
        return f"{self._address}:{self.port}"

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
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        _end(self._loop, self._thread)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        server = self._runner.server
        assert server is not None
        # asyncio loses a connection that is just being accepted when its server closes.
        await _some_turns()
        for connection in server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()

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
        self.ranges[request.path].append(request.headers.get("Range", ""))
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


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Stop a thread's event loop after its pending work."""
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.run_until_complete(_settled())
    loop.close()


async def _settled() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await _some_turns()


async def _some_turns() -> None:
    """Time for what the loop has begun: connections come and go over two or three of its turns."""
    for _ in range(5):
        await asyncio.sleep(0)


def statuses(sequence: Iterable[int], body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """An answer with one status after the other; the last one stays."""
    left = list(sequence)

    async def answer(_request: web.Request) -> web.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=status, body=body if status == 200 else b"", headers=headers)

    return answer


def redirect(target: str, status: int = 302) -> Answer:
    """Leads elsewhere, on a connection that is closed then."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": target, "Connection": "close"})

    return answer


def redirect_loop() -> Answer:
    """Leads to itself."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(request.url)})

    return answer


def endless(piece: bytes = b"x" * 65536) -> Answer:
    """A body without an end, as fast as it is read."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(piece)

    return answer


def trickle(start: bytes = b"", every_seconds: float = 0.02) -> Answer:
    """`start` at once, and then a byte now and then, without an end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(start)
        while True:
            await response.write(b"x")
            await asyncio.sleep(every_seconds)

    return answer


def silent() -> Answer:
    """Takes the request and says nothing."""

    async def answer(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")

    return answer


def breaking(body: bytes, after: int, *, etag: str | None = '"v1"', ranges: bool = True) -> Answer:
    """Resets the connection after so many bytes of each answer; with `ranges` it goes on where it is asked to."""

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = request.headers.get("Range", "") if ranges else ""
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        response = web.StreamResponse(status=206 if asked else 200, headers={"ETag": etag} if etag else None)
        response.content_length = len(body) - start
        if asked:
            response.headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        await response.prepare(request)
        await response.write(body[start : start + after])
        if start + after < len(body) and request.transport is not None:
            request.transport.abort()
        return response

    return answer


@contextmanager
def raw_server(
    write: Callable[[asyncio.StreamWriter], Awaitable[None]], heads: list[str] | None = None
) -> Generator[str]:
    """The URL of a server that runs `write` for each connection and then closes it.
    `heads` gets the head of each request, as it came over the wire.
    """
    loop = asyncio.new_event_loop()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(OSError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            if heads is not None:
                heads.append(head.decode("latin-1"))
            await write(writer)
        writer.close()

    async def stop(server: asyncio.Server) -> None:
        await _some_turns()
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(connected, "127.0.0.1", 0), loop).result(10)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(10)
        _end(loop, thread)
