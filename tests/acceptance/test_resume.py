"""Going on after a restart of the server, on every transport."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.support.process import Served, gated_exporter, served
from tests.support.server import Server
from tests.support.streams import MULTIPART, streamed
from tests.support.subscriber import subscriber

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }"
PROGRESS = "subscription($id: ID!, $after: Int) { videoTaskProgress(id: $id, after: $after) { seq type status } }"
FEED = """subscription($after: String) { videoTaskFeed(after: $after) {
  __typename ... on VideoTaskFeedEvent { cursor event { seq } } ... on FeedReset { cursor reason }
} }"""
TRANSPORTS = ["websocket", "sse", "sse with Last-Event-ID", "multipart"]
Told = dict[str, Any]


@contextmanager
def told(server: Server, transport: str, query: str, after: object, **variables: object) -> Generator[Iterator[Told]]:
    """The data of an operation that goes on after a place, as the transport brings it."""
    with_after = {**variables, "after": after}
    if transport == "websocket":
        with subscriber(server.socket_url) as client:
            client.subscribe(query, **with_after)
            yield client.rest()
    elif transport == "multipart":
        with streamed(server.port, query, with_after, accept=MULTIPART) as stream:
            yield (part["payload"]["data"] for part in stream.payloads() if part)
    elif transport == "sse":
        with streamed(server.port, query, with_after) as stream:
            yield (message.result["data"] for message in stream.results())
    else:
        with streamed(server.port, query, variables, get=True, headers={"last-event-id": str(after)}) as stream:
            yield (message.result["data"] for message in stream.results())


class Story:
    """A server with one finished task, stopped in the middle of a stream and started again."""

    def __init__(self, running: Served) -> None:
        self.running = running
        server = running.start()
        self.task = server.data(SUBMIT, url=server.draft_url("render"))["submitVideoTask"]["task"]["id"]
        with told(server, "websocket", PROGRESS, 0, id=self.task) as events:
            self.events = [event["videoTaskProgress"] for event in events]
        with told(server, "websocket", FEED, "ZmVlZDow") as items:
            self.first_cursor = next(items)["videoTaskFeed"]["cursor"]
        with ExitStack() as client:
            stream = client.enter_context(streamed(server.port, FEED))
            assert next(stream.messages()).comment
            socket = client.enter_context(subscriber(server.socket_url))
            running.stop()
            self.broken_off = stream.rest()
            with pytest.raises(ConnectionClosed) as closed:
                socket.receive()
            self.close = closed.value.rcvd
        self.server = running.start()

    def log(self) -> str:
        """What the server has logged so far."""
        return (self.server.folder / "log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Generator[Story]:
    folder = tmp_path_factory.mktemp("resume")
    with served(folder, exporter=gated_exporter(folder)) as running:
        yield Story(running)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_after_a_restart_every_event_since_is_told_again(story: Story, transport: str) -> None:
    stored = [event for event in story.events if event["type"] != "PROGRESS"]
    for seen in (stored[0]["seq"], stored[3]["seq"]):
        with told(story.server, transport, PROGRESS, seen, id=story.task) as found:
            events = [event["videoTaskProgress"] for event in found]
        assert [event for event in events if event["type"] != "PROGRESS"] == [
            event for event in stored if event["seq"] > seen
        ]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_feed_goes_on_after_a_restart(story: Story, transport: str) -> None:
    with told(story.server, transport, FEED, story.first_cursor) as items:
        assert next(items)["videoTaskFeed"]["event"]["seq"] == 2


def test_a_stream_that_is_open_when_the_server_stops_breaks_off_without_an_ending(story: Story) -> None:
    assert b"complete" not in story.broken_off
    assert "Traceback" not in story.log()


def test_a_socket_that_is_open_when_the_server_stops_is_closed_with_1012(story: Story) -> None:
    assert story.close == Close(1012, "")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_cursor_of_events_that_are_not_kept_any_more_resets_the_feed(forgetful: Story, transport: str) -> None:
    with told(forgetful.server, transport, FEED, forgetful.first_cursor) as items:
        reset = next(items)["videoTaskFeed"]
    assert reset["__typename"] == "FeedReset"
    assert reset["reason"]
    assert reset["cursor"] != forgetful.first_cursor


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_seq_of_events_that_are_not_kept_any_more_goes_on_with_those_that_are(
    forgetful: Story, transport: str
) -> None:
    with told(forgetful.server, transport, PROGRESS, 1, id=forgetful.task) as found:
        events = [event["videoTaskProgress"] for event in found]
    assert events[-1]["status"] == "COMPLETED"
    assert events[0]["seq"] > 2


@pytest.fixture(scope="module")
def forgetful(story: Story) -> Story:
    """The same server, which has forgotten the first events."""
    story.running.stop()
    forget(story.server.folder / "data" / "draftcast.sqlite", story.task)
    story.running.start()
    return story


def forget(database: Path, task: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("DELETE FROM draftcast_events WHERE task_id = ? AND seq < 5", (task,))
    connection.close()
