"""Sockets that do not read, and sockets that are sent away, on real servers."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from draftcast.api import backpressure
from draftcast.api.graphql_ws import delivery
from draftcast.app import create_app
from services.settings import load
from tests.support.listening import listening
from tests.support.server import Server, serving
from tests.support.subscriber import PROTOCOL, Subscriber, subscriber

SUBMIT = """mutation($url: URL!, $metadata: JSONObject) {
  submitVideoTask(input: {draftUrl: $url, metadata: $metadata}) { task { id } } }"""
CHANGE = "mutation($id: ID!) { %sVideoTask(id: $id) { task { seq } errors { message } } }"
FEED = "subscription { videoTaskFeed { ... on VideoTaskFeedEvent { event { seq } } } }"
READERS = 200
CHANGES = 9
"""Of 1.5 MB each for who asks for all: more than sockets hold."""
MANY_TIMES = " ".join(f"m{number}: metadata" for number in range(100))
WIDE = f"subscription {{ videoTaskFeed {{ ... on VideoTaskFeedEvent {{ event {{ task {{ {MANY_TIMES} }} }} }} }} }}"


def close_of(client: Subscriber) -> tuple[int, str]:
    """The code and reason with which the server closes, past all messages before."""
    with pytest.raises(ConnectionClosed) as error:
        deque(iter(client.receive, None), 0)
    assert error.value.rcvd is not None
    return error.value.rcvd.code, error.value.rcvd.reason


@contextmanager
def stuck_reader(folder: Path) -> Generator[tuple[Server, str, Subscriber]]:
    """A server, a task of a large text, and a subscriber of it who does not read."""
    with listening(create_app(load(data_dir=folder), work=False)) as port:
        server = Server(port, folder)
        metadata = {"x": "y" * 15_000}
        task = server.data(SUBMIT, url="http://a.b/c", metadata=metadata)["submitVideoTask"]["task"]
        url = f"ws://127.0.0.1:{port}/graphql"
        with connect(url, subprotocols=[PROTOCOL], compression=None, max_size=None, max_queue=1) as connection:
            client = Subscriber(connection)
            client.send({"type": "connection_init"})
            assert client.receive() == {"type": "connection_ack"}
            client.subscribe(WIDE)
            yield server, task["id"], client


def test_a_socket_that_takes_nothing_is_closed_with_1013(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backpressure, "UNWRITABLE_SECONDS", 0.01)
    with stuck_reader(tmp_path) as (server, task_id, client):
        for _ in range(8):
            for change in ("cancel", "retry"):
                server.data(CHANGE % change, id=task_id)
        assert close_of(client) == (1013, delivery.TOO_SLOW)


@pytest.mark.long
@pytest.mark.slow
def test_one_that_never_reads_delays_none_of_the_others(tmp_path: Path) -> None:
    with stuck_reader(tmp_path) as (server, task_id, _):
        told = asyncio.run(told_of_changes(server.socket_url, server, task_id))
    assert told == [list(range(1, CHANGES + 2))] * READERS


async def told_of_changes(url: str, server: Server, task_id: str) -> list[list[int]]:
    """The seqs that each of many readers is told, while the task changes again and again."""
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(reading(url)) for _ in range(READERS)]
        seqs = [[await next_seq(each)] for each in sockets]
        for number in range(CHANGES):
            change = ("cancel", "retry")[number % 2]
            await asyncio.to_thread(server.data, CHANGE % change, id=task_id)
        for each, told in zip(sockets, seqs, strict=True):
            while told[-1] <= CHANGES:
                told.append(await next_seq(each))
        return seqs


@asynccontextmanager
async def reading(url: str) -> AsyncGenerator[ClientConnection]:
    """A socket that is subscribed to the feed."""
    async with connect_async(url, subprotocols=[PROTOCOL], compression=None) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": FEED}}))
        yield socket


async def next_seq(socket: ClientConnection) -> int:
    """The seq of the next event."""
    seq: int = json.loads(await socket.recv())["payload"]["data"]["videoTaskFeed"]["event"]["seq"]
    return seq


@pytest.mark.slow
def test_a_server_that_stops_sends_everybody_away_with_1012(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with serving(tmp_path) as server:
            clients = [stack.enter_context(subscriber(server.socket_url)) for _ in range(5)]
            for client in clients:
                client.subscribe("subscription { videoTaskFeed { __typename } }")
        assert [close_of(client)[0] for client in clients] == [1012] * 5
