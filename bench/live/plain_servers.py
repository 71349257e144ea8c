"""The Python servers of the comparison: `python -m bench.live.plain_servers asgi|strawberry`.

`asgi` is the lower bound: uvicorn, with prepared bytes for every socket or request. `strawberry` is the library as in
its documentation, with its parser and validation caches.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from importlib import import_module
from typing import Any

import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from bench.live.protocol import DRAFT_URL, obey

AT = "2026-11-01T12:00:00.000Z"


def task(task_id: str, seq: int) -> dict[str, Any]:
    """A task as JSON."""
    return {
        "id": task_id,
        "draftUrl": DRAFT_URL.format(number=1),
        "status": "PROCESSING",
        "stage": "EXPORTING",
        "progress": 70 + seq % 20,
        "attempt": 1,
        "seq": seq,
        "createdAt": AT,
        "updatedAt": AT,
        "videoUrl": None,
    }


class Limit:
    """Nothing but sending."""

    def __init__(self) -> None:
        self._sends: set[Any] = set()
        self._seq = 0
        self._dumps: Callable[[Any], bytes] = import_module("orjson").dumps  # only the peers' environment has it

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or hold a socket."""
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        elif scope["type"] == "websocket":
            await self._socket(receive, send)
        else:
            while (await receive()).get("more_body"):
                pass
            body = self._dumps({"data": {"videoTask": task("1", 5)}})
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _socket(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        self._sends.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._sends.discard(send)

    async def tasks(self, count: int) -> Any:
        """Nothing to prepare."""
        return {"ids": [str(number) for number in range(count)]}

    async def advance(self, times: int, gap_ms: float = 0) -> Any:
        """Send to all, so many times."""
        sent: list[float] = []
        for _ in range(times):
            self._seq += 1
            event = {"id": f"1:{self._seq}", "type": "PROGRESS", "at": AT, **task("1", self._seq), "task": task("1", 1)}
            payload = {"id": "1", "type": "next", "payload": {"data": {"videoTaskProgress": event}}}
            text = json.dumps(payload, separators=(",", ":"))[:430]
            sent.append(time.monotonic())
            for send in list(self._sends):
                await send({"type": "websocket.send", "text": text})
            await asyncio.sleep(gap_ms / 1000)
        return {"sent": sent, "mark": f'"seq":{self._seq},'}


@strawberry.type
class VideoTask:
    """The same ten fields."""

    id: strawberry.ID
    draft_url: str
    status: str
    stage: str
    progress: int
    attempt: int
    seq: int
    created_at: str
    updated_at: str
    video_url: str | None


@strawberry.type
class VideoTaskEvent:
    """A change."""

    id: strawberry.ID
    seq: int
    type: str
    at: str
    status: str
    stage: str
    progress: int
    attempt: int
    task: VideoTask


def video_task(task_id: str, seq: int) -> VideoTask:
    """A task as strawberry gives it."""
    return VideoTask(
        id=strawberry.ID(task_id),
        draft_url=DRAFT_URL.format(number=1),
        status="PROCESSING",
        stage="EXPORTING",
        progress=70 + seq % 20,
        attempt=1,
        seq=seq,
        created_at=AT,
        updated_at=AT,
        video_url=None,
    )


class Broadcast:
    """A queue for each subscriber."""

    def __init__(self) -> None:
        self.queues: dict[str, set[asyncio.Queue[int]]] = {}
        self._seq = 0
        self._ids: list[str] = []

    async def tasks(self, count: int) -> Any:
        """Nothing to prepare."""
        self._ids = [str(number) for number in range(count)]
        return {"ids": self._ids}

    async def advance(self, times: int, gap_ms: float = 0) -> Any:
        """Put into all queues, so many times."""
        sent: list[float] = []
        for _ in range(times):
            self._seq += 1
            sent.append(time.monotonic())
            for task_id in self._ids:
                for queue in self.queues.get(task_id, ()):
                    queue.put_nowait(self._seq)
            await asyncio.sleep(gap_ms / 1000)
        return {"sent": sent, "mark": f'"seq":{self._seq},'}


BROADCAST = Broadcast()


@strawberry.type
class Query:
    """The query."""

    @strawberry.field
    async def video_task(self, id: strawberry.ID) -> VideoTask | None:  # noqa: A002 - the argument's name
        """A task."""
        return video_task(id, 5)


@strawberry.type
class Subscription:
    """The subscription."""

    @strawberry.subscription
    async def video_task_progress(self, id: strawberry.ID) -> AsyncGenerator[VideoTaskEvent, None]:  # noqa: A002 - the argument's name
        """A snapshot and changes."""
        queue: asyncio.Queue[int] = asyncio.Queue()
        BROADCAST.queues.setdefault(id, set()).add(queue)
        try:
            seq = 0
            while True:
                yield VideoTaskEvent(
                    id=strawberry.ID(f"{id}:{seq}"),
                    seq=seq,
                    type="PROGRESS",
                    at=AT,
                    status="PROCESSING",
                    stage="EXPORTING",
                    progress=70 + seq % 20,
                    attempt=1,
                    task=video_task(id, seq),
                )
                seq = await queue.get()
        finally:
            BROADCAST.queues[id].discard(queue)


async def main(which: str) -> None:
    """Serve until stdin ends."""
    app: Any
    driver: Any
    if which == "asgi":
        app = driver = Limit()
    else:
        schema = strawberry.Schema(Query, subscription=Subscription, extensions=[ParserCache, ValidationCache])
        app, driver = GraphQL(schema, graphql_ide=None), BROADCAST
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            log_level="error",
        )
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        server = uvicorn.Server(config)
        obeying = asyncio.create_task(obey(driver))
        obeying.add_done_callback(lambda _: setattr(server, "should_exit", True))
        await server.serve(sockets=[listener])
        obeying.cancel()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
