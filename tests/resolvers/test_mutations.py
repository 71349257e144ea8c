"""Thousands of requests that are almost right: each gets a clear answer, and none shows the inside of the service.

`make fuzz-wire` sends a hundred thousand.
"""

import http.client
import json
import os
import random
import re
from contextlib import ExitStack
from typing import Any, cast
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.support.mutations import mutated
from tests.support.server import Server
from tests.support.subscriber import Subscriber, subscriber

REQUESTS = 500 * int(os.environ.get("DRAFTCAST_FUZZ", "1"))
"""Messages on websockets, and as many requests over HTTP."""
SEED = 20261101
INSIDE = re.compile(
    r"Traceback|TypeError|KeyError|ValueError|AttributeError|NoneType|object has no|(keyword|positional) argument"
    r"|site-packages|\.py\b|sqlite|sqlalchemy|strawberry|starlette|recursion|Internal error",
    re.IGNORECASE,
)
CLOSES = {1007, 1009, 4400, 4401, 4409, 4429}
STATUSES = {200, 204, 400, 403, 405, 406, 413, 414, 415}
PROGRESS = "subscription W($id: ID, $after: Int) { videoTaskProgress(id: $id, after: $after) { seq task { id } } }"
OPERATIONS: list[dict[str, Any]] = [
    {"query": "{ videoTasks(first: 2) { totalCount nodes { id draftUrl metadata } } }", "extensions": {"a": 1}},
    {"query": "query A($id: ID!) { node(id: $id) { id } } query B { queue { pending } }", "operationName": "B"},
    {
        "query": "query($f: VideoTaskFilter) { videoTasks(filter: $f) { totalCount } }",
        "variables": {"f": {"search": "x"}},
    },
    {"query": 'mutation { cancelVideoTask(id: "x") { errors { code path } } }'},
    {
        "query": "mutation($i: SubmitVideoTaskInput!) { submitVideoTask(input: $i) { created errors { code } } }",
        "variables": {"i": {"draftUrl": "nonsense", "priority": 5, "metadata": {"a": [1]}}},
    },
    {"query": PROGRESS, "variables": {"id": "unknown", "after": 5}, "operationName": "W"},
]
MESSAGES: list[dict[str, Any]] = [
    {"type": "ping", "payload": {"a": 1}},
    {"type": "pong"},
    {"type": "connection_init", "payload": {}},
    {"type": "complete", "id": "a"},
    {"type": "subscribe", "id": "f", "payload": {"query": "subscription { videoTaskFeed { __typename } }"}},
    *({"type": "subscribe", "id": str(number), "payload": wish} for number, wish in enumerate(OPERATIONS)),
]
ACCEPTS = ["*/*", "application/graphql-response+json", "text/event-stream", "multipart/mixed;subscriptionSpec=1.0"]


def traceback_of(server: Server) -> str:
    """The first traceback in the server's log."""
    _, found, rest = (server.folder / "log").read_text(encoding="utf-8").partition("Traceback")
    return found + rest[:5000]


@pytest.mark.slow
def test_mutated_websocket_messages_are_answered_or_close_the_socket_clearly(server: Server) -> None:
    chance = random.Random(SEED)
    with ExitStack() as stack:
        client: Subscriber | None = None
        for number in range(REQUESTS):
            if client is None or number % 50 == 0:
                stack.close()
                client = stack.enter_context(subscriber(server.socket_url))
            message = mutated(chance.choice(MESSAGES), chance)
            close = until_pong(client, message)
            if close is not None:
                assert close.code in CLOSES or (close.code == 1006 and not is_utf_8(message)), (message, close)
                assert not INSIDE.search(close.reason), (message, close)
                client = None
    assert traceback_of(server) == ""


def until_pong(client: Subscriber, message: bytes) -> Close | None:
    """Send a message and look at what comes until the next pong; gives the close if there is one."""
    pongs = 2 if is_ping(message) else 1
    try:
        client.socket.send(message, text=True)
        client.send({"type": "ping"})
        while pongs:
            answer = client.receive()
            pongs -= answer["type"] == "pong"
            assert answer["type"] in ("next", "error", "complete", "connection_ack", "pong"), message
            assert not INSIDE.search(json.dumps(answer)), (message, answer)
    except ConnectionClosed as closed:
        return closed.rcvd or Close(1006, "")
    return None


def is_ping(message: bytes) -> bool:
    try:
        found = json.loads(message)
    except ValueError:
        return False
    return isinstance(found, dict) and cast("dict[str, Any]", found).get("type") == "ping"


def is_utf_8(message: bytes) -> bool:
    """The server drops the line right after its 1007, which may overtake it."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.slow
def test_mutated_http_requests_are_answered_clearly(server: Server) -> None:
    chance = random.Random(SEED)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for _ in range(REQUESTS):
        sent = mutated(chance.choice(OPERATIONS), chance)
        headers = {"content-type": "application/json", "accept": chance.choice(ACCEPTS)}
        if chance.random() < 0.3:
            headers["last-event-id"] = chance.choice(["5", "x", "9" * 30, "-1", "ZmVlZDox"])
        if chance.random() < 0.2:
            connection.request("GET", f"/graphql?query={quote(sent)}&variables={quote(sent)}", headers=headers)
        else:
            connection.request("POST", "/graphql", sent, headers)
        response = connection.getresponse()
        body = response.read().decode()
        assert response.status in STATUSES, (sent, headers, response.status, body)
        assert not INSIDE.search(body), (sent, headers, body)
        if "json" in headers["accept"]:
            json.loads(body)
    connection.close()
    assert traceback_of(server) == ""


def test_broken_frames_close_the_socket(server: Server) -> None:
    chance = random.Random(SEED)
    for _ in range(REQUESTS // 50):
        with subscriber(server.socket_url) as client:
            first, length = chance.choice([0x83, 0x87, 0x8B, 0xC1, 0xF1, 0x09, 0x80]), chance.randrange(16)
            client.socket.socket.sendall(bytes([first, 0x80 | length]) + chance.randbytes(4 + length))
            with pytest.raises(ConnectionClosed) as closed:
                client.receive()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, INSIDE.search(closed.value.rcvd.reason)) == (1002, None)
    assert traceback_of(server) == ""
