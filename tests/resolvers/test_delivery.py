"""Sockets that do not read, and sockets that are sent away, on real servers."""

from collections import deque
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from draftcast.app import create_app
from resolvers import delivery, outlet
from services.settings import load
from tests.support.listening import listening
from tests.support.server import Server, serving
from tests.support.subscriber import PROTOCOL, Subscriber, subscriber

SUBMIT = """mutation($url: URL!, $metadata: JSONObject) {
  submitVideoTask(input: {draftUrl: $url, metadata: $metadata}) { task { id } } }"""
CHANGE = "mutation($id: ID!) { %sVideoTask(id: $id) { task { seq } errors { message } } }"
MANY_TIMES = " ".join(f"m{number}: metadata" for number in range(100))
WIDE = f"subscription {{ videoTaskFeed {{ ... on VideoTaskFeedEvent {{ event {{ task {{ {MANY_TIMES} }} }} }} }} }}"


def close_of(client: Subscriber) -> tuple[int, str]:
    """The code and reason with which the server closes, past all messages before."""
    with pytest.raises(ConnectionClosed) as error:
        deque(iter(client.receive, None), 0)
    assert error.value.rcvd is not None
    return error.value.rcvd.code, error.value.rcvd.reason


def test_a_socket_that_takes_nothing_is_closed_with_1013(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "UNWRITABLE_SECONDS", 0.01)
    with listening(create_app(load(data_dir=tmp_path), work=False)) as port:
        server = Server(port, tmp_path)
        metadata = {"x": "y" * 15_000}
        task = server.data(SUBMIT, url="http://a.b/c", metadata=metadata)["submitVideoTask"]["task"]
        url = f"ws://127.0.0.1:{port}/graphql"
        with connect(url, subprotocols=[PROTOCOL], compression=None, max_size=None, max_queue=1) as connection:
            client = Subscriber(connection)
            client.send({"type": "connection_init"})
            assert client.receive() == {"type": "connection_ack"}
            client.subscribe(WIDE)
            for _ in range(8):
                for change in ("cancel", "retry"):
                    server.data(CHANGE % change, id=task["id"])
            assert close_of(client) == (1013, delivery.TOO_SLOW)


def test_a_server_that_stops_sends_everybody_away_with_1012(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with serving(tmp_path) as server:
            clients = [stack.enter_context(subscriber(server.socket_url)) for _ in range(5)]
            for client in clients:
                client.subscribe("subscription { videoTaskFeed { __typename } }")
        assert [close_of(client)[0] for client in clients] == [1012] * 5
