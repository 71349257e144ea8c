"""The adapter of draftcast: a server with keys and without a worker, so that only the audit changes tasks."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from services.access import keys
from services.access.callers import Scope
from services.migrate import migrate
from services.settings import load
from services.store.database import Database
from tests.audit.target import Address, Credential, Feature, Item, Operation, Revocable, Target, Topic
from tests.support.keys import bearing
from tests.support.server import Server, serving_api

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Found = TypeVar("Found")
SUBMIT = """mutation($url: URL!, $metadata: JSONObject) {
  submitVideoTask(input: {draftUrl: $url, metadata: $metadata}) { task { id } } }"""
CHANGE = "mutation($id: ID!) { %sVideoTask(id: $id) { task { seq } errors { message } } }"
WATCH = """subscription($url: URL, $after: String) { videoTaskFeed(filter: {draftUrl: $url}, after: $after) {
  ... on VideoTaskFeedEvent { cursor event { seq %s } } } }"""
PROGRESS = "subscription($id: ID!) { videoTaskProgress(id: $id) { seq status } }"
ALL = "subscription { videoTaskFeed { ... on VideoTaskFeedEvent { event { type task { id } status } } } }"
EDGES = {"PENDING": "start", "CANCELED": "end"}
PADDING_BYTES = 10_000
NO_LIMITS = {"queries_per_minute": "0", "submits_per_minute": "0", "sockets_per_key": "0"}


class _Api:
    """The server, asked with one key."""

    def __init__(self, server: Server, key: str) -> None:
        self.server = server
        self.key = key

    def data(self, query: str, **variables: object) -> Any:
        """The data of an operation that must succeed."""
        answer = self.server.post("/graphql", {"query": query, "variables": variables}, bearing(self.key)).json
        assert "errors" not in answer, answer
        return answer["data"]

    def submit(self, url: str, item_bytes: int = 0) -> str:
        """A new task, which waits for ever."""
        metadata = {"padding": "x" * min(item_bytes, PADDING_BYTES)}
        return str(self.data(SUBMIT, url=url, metadata=metadata)["submitVideoTask"]["task"]["id"])

    def change(self, verb: str, task_id: str) -> int:
        """Cancel or retry a task; its new seq."""
        found = self.data(CHANGE % verb, id=task_id)[f"{verb}VideoTask"]
        assert not found["errors"], found
        return int(found["task"]["seq"])


class _Topic:
    """A task that is canceled and retried; the feed of its draft URL."""

    def __init__(self, api: _Api, item_bytes: int) -> None:
        self._api = api
        self.draft_url = api.server.draft_url()
        self._task_id = api.submit(self.draft_url, item_bytes)
        wide = " ".join(f"m{number}: metadata" for number in range(item_bytes // PADDING_BYTES))
        self._query = WATCH % (f"task {{ {wide} }}" if wide else "")

    def watch(self, after: str | None = None) -> Operation:
        """See `Topic`."""
        return Operation(self._query, {"url": self.draft_url, "after": after})

    def item(self, data: Any) -> Item:
        """See `Topic`."""
        found = data["videoTaskFeed"]
        return Item(found["event"]["seq"], found["cursor"])

    def change(self) -> list[int]:
        """See `Topic`. A feed begins with the snapshots of tasks that wait or run, so the task waits again."""
        return [self._api.change(verb, self._task_id) for verb in ("cancel", "retry")]


class _Ending:
    """A task, which ends canceled."""

    def __init__(self, api: _Api) -> None:
        self._api = api
        self._task_id = api.submit(api.server.draft_url())

    def watch(self) -> Operation:
        """See `Ending`."""
        return Operation(PROGRESS, {"id": self._task_id})

    def end(self) -> None:
        """See `Ending`."""
        self._api.change("cancel", self._task_id)


class _Lives:
    """Tasks, and the feed of all. The task made first waits, so that the feed has a snapshot."""

    def __init__(self, api: _Api) -> None:
        self._api = api
        api.submit(api.server.draft_url())

    def watch(self) -> Operation:
        """See `Lives`."""
        return Operation(ALL)

    def run(self) -> str:
        """See `Lives`."""
        task_id = self._api.submit(self._api.server.draft_url())
        self._api.change("cancel", task_id)
        return task_id

    def edge(self, data: Any) -> tuple[str, str]:
        """See `Lives`."""
        event = data["videoTaskFeed"]["event"]
        return event["task"]["id"], "" if event["type"] == "SNAPSHOT" else EDGES[event["status"]]


class DraftcastTarget:
    """A running server."""

    lacks = frozenset[Feature]()

    def __init__(self, server: Server, key: str) -> None:
        self.query, self.answer = Operation("{ __typename }"), {"__typename": "Query"}
        self._api = _Api(server, key)
        self.address = Address(f"{server.url}/graphql")
        self.credential = _credential(key)

    def topic(self, item_bytes: int = 0) -> Topic:
        """See `Target`."""
        return _Topic(self._api, item_bytes)

    def ending(self) -> _Ending:
        """See `Target`."""
        return _Ending(self._api)

    def lives(self) -> _Lives:
        """See `Target`."""
        return _Lives(self._api)

    def subscribers(self) -> int:
        """See `Target`."""
        lines = self._api.server.get("/metrics").body.decode().splitlines()
        return int(sum(float(line.split()[-1]) for line in lines if line.startswith("draftcast_subscribers{")))

    def revocable(self) -> Revocable:
        """See `Target`. Rotating the key revokes it; the new one has the same tasks."""
        server = self._api.server
        name = uuid.uuid4().hex
        key = _store(server.folder, lambda to: keys.create(to, name, [Scope.ADMIN], None))
        api = _Api(server, key)
        topic = _Topic(api, 0)

        def poll() -> tuple[int, str]:
            answer = server.post(
                "/v1/gen_video_status", {"draft_url": topic.draft_url, "wait_seconds": 20}, bearing(key)
            )
            return answer.status, answer.body.decode()

        def revoke() -> None:
            api.key = _store(server.folder, lambda to: keys.rotate(to, name))

        return Revocable(_credential(key), topic, poll, revoke)


@contextmanager
def open_target(folder: Path) -> Generator[Target]:
    """A server of its own, its data in `folder`."""
    key = _store(folder, lambda to: keys.create(to, "audit", list(Scope), None))
    with serving_api(folder, **NO_LIMITS) as server:
        yield DraftcastTarget(server, key)


def _credential(key: str) -> Credential:
    return Credential(bearing(key), {"token": key})


def _store(folder: Path, act: "Callable[[AsyncConnection], Awaitable[Found]]") -> Found:
    """The result of an act on the database of the server whose data lie in `folder`."""
    (folder / "data").mkdir(exist_ok=True)
    url = load(data_dir=folder / "data").database
    migrate(url)

    async def once() -> Found:
        database = Database(url)
        try:
            async with database.write() as connection:
                return await act(connection)
        finally:
            await database.close()

    return asyncio.run(once())
