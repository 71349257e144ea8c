"""Results that are streamed over HTTP, on the real server."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from draftcast.api import backpressure
from draftcast.api.graphql_http.formats import LONGEST_RETRY_MS, SHORTEST_RETRY_MS, EventStream, Format, Multipart
from draftcast.api.graphql_http.streams import StreamResponse
from draftcast.app import create_app
from resolvers.context import Context
from schema.execution.executor import OperationExecutor, ResultStream
from schema.execution.results import Operation, OperationRefused, StreamItem
from services.access.keyring import Keyring
from services.live.connections import Connections
from services.live.notifier import ChangeNotifier
from services.settings import load
from services.telemetry.stream_metrics import StreamMetrics
from tests.support.listening import listening
from tests.support.server import Server
from tests.support.site import wait_until
from tests.support.streams import EVENTS, MULTIPART, streamed

OPEN_TO_ALL = Context(
    cast(
        "Any",
        SimpleNamespace(
            keyring=Keyring(cast("Any", None), cast("Any", None)),
            stream_metrics=StreamMetrics(),
            connections=Connections(ChangeNotifier("memory://")),
        ),
    )
)
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }"
PROGRESS = "subscription($id: ID!, $after: Int) { videoTaskProgress(id: $id, after: $after) { seq type stage status } }"
FEED = """subscription($url: URL, $after: String) {
  videoTaskFeed(filter: {draftUrl: $url}, after: $after) {
    __typename ... on VideoTaskFeedEvent { cursor event { seq stage } } ... on FeedReset { cursor reason }
  }
}"""

WIDE = "subscription { videoTaskFeed { ... on VideoTaskFeedEvent { event { seq task { id %s } } } } }"
RETRY = "mutation($id: ID!) { retryVideoTask(id: $id) { task { seq } } }"


def submitted(server: Server, act: str) -> str:
    return str(server.data(SUBMIT, url=server.draft_url(act))["submitVideoTask"]["task"]["id"])


def finished(server: Server) -> tuple[str, list[int]]:
    """A task that is done, and the seqs of its events."""
    task = submitted(server, "render")
    with streamed(server.port, PROGRESS, {"id": task, "after": 0}) as stream:
        return task, [message.result["data"]["videoTaskProgress"]["seq"] for message in stream.results()]


@pytest.mark.parametrize("get", [False, True])
def test_server_sent_events_tell_a_task_to_its_end_with_each_seq_as_id(server: Server, get: bool) -> None:
    task = submitted(server, "render")
    with streamed(server.port, PROGRESS, {"id": task, "after": 0}, get=get) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert "no-store" in stream.headers["cache-control"]
        messages = list(stream.messages())
    assert messages[0].comment
    assert [message.event for message in messages[1:]] == ["next"] * (len(messages) - 2) + ["complete"]
    events = [message.result["data"]["videoTaskProgress"] for message in messages[1:-1]]
    assert [message.id for message in messages[1:-1]] == [str(event["seq"]) for event in events]
    assert (events[0]["stage"], events[-1]["status"]) == ("QUEUED", "COMPLETED")


def test_multipart_tells_a_task_to_its_end(server: Server) -> None:
    task = submitted(server, "render")
    with streamed(server.port, PROGRESS, {"id": task, "after": 0}, accept=MULTIPART) as stream:
        assert stream.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
        payloads = [part["payload"] for part in stream.payloads() if part]
    events = [payload["data"]["videoTaskProgress"] for payload in payloads]
    assert (events[0]["stage"], events[-1]["status"]) == ("QUEUED", "COMPLETED")


def test_queries_and_mutations_may_be_streamed_too(server: Server) -> None:
    for query, data in (
        ("{ __typename }", {"__typename": "Query"}),
        ('mutation { cancelVideoTask(id: "x") { task { id } } }', {"cancelVideoTask": {"task": None}}),
    ):
        with streamed(server.port, query) as stream:
            assert [message.result for message in stream.results()] == [{"data": data}]
        with streamed(server.port, query, accept=MULTIPART) as stream:
            assert list(stream.payloads()) == [{"payload": {"data": data}}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_REQUEST"),
        ("subscription { nothing }", "BAD_REQUEST"),
        ("subscription { videoTaskProgress { seq } }", "INVALID_INPUT"),
        ('subscription { videoTaskProgress(id: "unknown") { seq } }', "NOT_FOUND"),
        ('subscription { videoTaskFeed(after: "nonsense") { __typename } }', "INVALID_INPUT"),
    ],
)
def test_an_operation_that_cannot_begin_is_told_inside_the_stream(server: Server, query: str, code: str) -> None:
    with streamed(server.port, query) as stream:
        assert stream.status == 200
        (message,) = stream.results()
    assert [error["extensions"]["code"] for error in message.result["errors"]] == [code] * len(message.result["errors"])
    with streamed(server.port, query, accept=MULTIPART) as stream:
        (part,) = stream.payloads()
    assert part["payload"]["errors"] == message.result["errors"]


@pytest.mark.parametrize(
    "query",
    [
        PROGRESS,
        "subscription($id: ID!) { videoTaskProgress(id: $id) { seq type stage status } }",
        "subscription($id: ID!) { videoTaskProgress(id: $id, after: 0) { seq type stage status } }",
    ],
    ids=["variable", "absent", "literal"],
)
def test_last_event_id_goes_on_after_that_event(server: Server, query: str) -> None:
    task, seqs = finished(server)
    for get in (False, True):
        with streamed(server.port, query, {"id": task}, get=get, headers={"last-event-id": str(seqs[2])}) as stream:
            events = [message.result["data"]["videoTaskProgress"] for message in stream.results()]
        assert events[0]["seq"] == seqs[2] + 1
        assert (events[-1]["seq"], events[-1]["status"]) == (seqs[-1], "COMPLETED")


def test_a_browser_that_reconnects_after_the_end_is_stopped_by_204(server: Server) -> None:
    task, seqs = finished(server)
    with streamed(server.port, PROGRESS, {"id": task}, get=True, headers={"last-event-id": str(seqs[-1])}) as stream:
        assert (stream.status, stream.rest()) == (204, b"")


def test_a_task_that_goes_on_is_gone_on_with(server: Server) -> None:
    task = submitted(server, "hold")
    with streamed(server.port, PROGRESS, {"id": task}) as stream:
        last = next(message for message in stream.results() if "EXPORTING" in message.data)
    with streamed(server.port, PROGRESS, {"id": task}, get=True, headers={"last-event-id": last.id}) as stream:
        assert stream.status == 200
        server.data(CANCEL, id=task)
        assert [message.result["data"]["videoTaskProgress"]["status"] for message in stream.results()][-1] == "CANCELED"


def test_the_feed_has_its_cursors_as_ids_and_goes_on_after_them(server: Server) -> None:
    draft_url = server.draft_url("hold")
    task = server.data(SUBMIT, url=draft_url)["submitVideoTask"]["task"]["id"]
    with streamed(server.port, FEED, {"url": draft_url}) as stream:
        first = next(stream.results())
    assert first.id == first.result["data"]["videoTaskFeed"]["cursor"]
    server.data(CANCEL, id=task)
    with streamed(server.port, FEED, {"url": draft_url}, headers={"last-event-id": first.id}) as stream:
        second = next(stream.results()).result["data"]["videoTaskFeed"]
    assert second["event"]["seq"] == first.result["data"]["videoTaskFeed"]["event"]["seq"] + 1


def test_a_feed_from_nowhere_begins_with_a_reset(server: Server) -> None:
    with streamed(server.port, FEED, headers={"last-event-id": "ZmVlZDo5OTk5OTk5OTk"}) as stream:
        assert next(stream.results()).result["data"]["videoTaskFeed"]["__typename"] == "FeedReset"


def test_a_task_tells_how_many_watch_it(server: Server) -> None:
    task = submitted(server, "hold")
    asked = "query($id: ID!) { videoTask(id: $id) { watchers } }"

    def watchers() -> int:
        return int(server.data(asked, id=task)["videoTask"]["watchers"])

    assert watchers() == 0
    with streamed(server.port, PROGRESS, {"id": task}) as one, streamed(server.port, PROGRESS, {"id": task}) as other:
        next(one.results())
        next(other.results())
        assert watchers() == 2
        server.data(CANCEL, id=task)
        one.rest()
        other.rest()
    wait_until(lambda: watchers() == 0)


class Scripted(OperationExecutor):
    """Its streams are the test's own; `closed` is set when one is closed."""

    def __init__(self, *parts: StreamItem, ends: bool = True, error: Exception | None = None) -> None:
        self._parts = parts
        self._ends = ends
        self._error = error
        self.closed = asyncio.Event()

    async def stream(self, context: Context, operation: Operation) -> ResultStream:
        del context, operation
        if isinstance(self._error, OperationRefused):
            raise self._error
        return self._items()

    async def _items(self) -> AsyncGenerator[StreamItem]:
        try:
            for part in self._parts:
                yield part
            if self._error:
                raise self._error
            if not self._ends:
                await asyncio.Event().wait()
        finally:
            self.closed.set()


async def sent_by(answers: Scripted, form: Format, take: int, *, leave: bool) -> bytes:
    """What a client gets in its first pieces; then it leaves, or waits for the end."""
    pieces: list[bytes] = []
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pieces.append(message.get("body", b""))
        if leave and len(pieces) > take:
            enough.set()

    response = StreamResponse(answers, OPEN_TO_ALL, Operation("{ a }"), form)
    async with asyncio.timeout(10):
        await response({}, receive, send)
    return b"".join(pieces)


@pytest.mark.parametrize("form", [EventStream(), Multipart()], ids=["sse", "multipart"])
def test_a_quiet_stream_has_heartbeats_and_is_left_when_the_client_goes(form: Format) -> None:
    form.heartbeat_seconds = 0.01

    async def left() -> bytes:
        answers = Scripted(StreamItem('{"data":1}', "1"), ends=False)
        body = await sent_by(answers, form, 5, leave=True)
        assert answers.closed.is_set()
        return body

    body = asyncio.run(left())
    assert body.count(form.heartbeat) >= 2
    assert body.endswith(form.heartbeat)


@pytest.mark.parametrize("parts", [0, 3], ids=["while quiet", "while telling"])
def test_a_client_that_takes_nothing_for_too_long_is_left(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backpressure, "UNWRITABLE_SECONDS", 0.02)
    form = EventStream()
    form.heartbeat_seconds = 0.01
    answers = Scripted(*[StreamItem("{}", "1")] * parts, ends=False)
    response = StreamResponse(answers, OPEN_TO_ALL, Operation("{ a }"), form)
    taken: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        taken.append(message.get("body", b""))
        if len(taken) > 2:
            await asyncio.Event().wait()

    async def left() -> None:
        async with asyncio.timeout(10):
            await response({}, receive, send)

    asyncio.run(left())
    assert len(taken) == 3
    assert answers.closed.is_set()


def test_a_stream_that_cannot_go_on_breaks_off_without_its_ending(caplog: pytest.LogCaptureFixture) -> None:
    body = asyncio.run(sent_by(Scripted(StreamItem("{}", "1"), error=OSError("inside")), EventStream(), 0, leave=False))
    assert body.endswith(b"event: next\nid: 1\ndata: {}\n\n")
    assert "broken off" in caplog.text


def test_an_absent_store_does_not_complete_a_stream() -> None:
    errors = [{"message": "later", "extensions": {"code": "UNAVAILABLE"}}]
    body = asyncio.run(sent_by(Scripted(error=OperationRefused(errors)), EventStream(), 0, leave=False))
    assert b"UNAVAILABLE" in body
    assert b"complete" not in body


def test_each_event_stream_has_its_own_time_to_come_back() -> None:
    times = {int(EventStream().opening().split()[-1]) for _ in range(50)}
    assert len(times) > 10
    assert SHORTEST_RETRY_MS <= min(times) <= max(times) <= LONGEST_RETRY_MS


def test_a_client_that_takes_nothing_does_not_hold_the_others_up(server: Server) -> None:
    task = submitted(server, "hold")
    body = json.dumps({"query": PROGRESS, "variables": {"id": task}}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: {EVENTS}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        with streamed(server.port, PROGRESS, {"id": task}) as stream:
            server.data(CANCEL, id=task)
            assert [message.data for message in stream.results()][-1].count("CANCELED") == 1


def test_a_client_that_reads_late_gets_every_milestone_in_order(tmp_path: Path) -> None:
    wide = WIDE % " ".join(f"m{number}: metadata" for number in range(100))
    with listening(create_app(load(data_dir=tmp_path), work=False)) as port:
        server = Server(port, tmp_path)
        made = server.data(
            SUBMIT.replace("URL!", "URL!, $m: JSONObject").replace("$url}", "$url, metadata: $m}"),
            url="http://a.b/c",
            m={"x": "y" * 15_000},
        )
        task = made["submitVideoTask"]["task"]["id"]
        with streamed(port, wide) as stream:  # 1.5 MB each: more than sockets hold
            last = 0
            for _ in range(4):
                server.data(CANCEL, id=task)
                last = server.data(RETRY, id=task)["retryVideoTask"]["task"]["seq"]
            seqs: list[int] = []
            for message in stream.messages():
                if message.event == "next":
                    seqs.append(message.result["data"]["videoTaskFeed"]["event"]["seq"])
                if seqs[-1:] == [last]:
                    break
    assert seqs == list(range(seqs[0], last + 1))
