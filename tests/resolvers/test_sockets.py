"""The graphql-transport-ws protocol, one violation a test, on the real server."""

import json
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from draftcast.api.graphql_ws.endpoint import GraphQLEndpoint
from draftcast.api.graphql_ws.protocol import LEGACY, LONGEST_REASON_BYTES
from draftcast.api.response_cache import ResponseCacheMiddleware
from schema.execution.build import build_schema
from schema.execution.executor import OperationExecutor
from services.access.limits import Limits
from services.live.connections import Connections
from services.live.notifier import ChangeNotifier
from services.settings import load
from tests.support.listening import listening
from tests.support.server import Server
from tests.support.subscriber import Subscriber, socket, subscriber

PROTOCOL = Path(__file__).parent.parent.parent / "docs" / "protocol.md"
MOST = load().subscriptions_per_socket
FEED = {"query": "subscription { videoTaskFeed { __typename } }"}


def closed(client: Subscriber) -> tuple[int, str]:
    """The code and reason of the close that comes, past whatever comes before it."""
    with pytest.raises(ConnectionClosed) as error:
        deque(iter(client.receive, None))
    assert error.value.rcvd is not None
    return error.value.rcvd.code, error.value.rcvd.reason


MALFORMED = [
    "",
    "{",
    "NaN",
    '"\\ud800"',
    "[]",
    "null",
    "5",
    '"connection_init"',
    "[" * 60_000,
    "{}",
    '{"type": null}',
    '{"type": {}}',
    '{"type": "nonsense"}',
    '{"type": "%s"}' % ("x" * 500),
    '{"type": "connection_init", "payload": null}',
    '{"type": "connection_init", "payload": []}',
    '{"type": "connection_init", "payload": "x"}',
    '{"type": "ping", "payload": 5}',
    '{"type": "pong", "payload": []}',
    '{"type": "complete"}',
    '{"type": "complete", "id": {}}',
    '{"type": "complete", "id": 5}',
    '{"type": "complete", "id": ""}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": {}, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": [], "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": null, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": ""}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": "x"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "operationName": {}}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "extensions": 5}}',
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:70])
def test_a_malformed_message_closes_the_socket_with_4400(server: Server, text: str) -> None:
    with socket(server.socket_url) as client:
        client.socket.send(text)
        code, reason = closed(client)
    assert code == 4400
    assert reason
    with subscriber(server.socket_url) as client:
        client.socket.send(text)
        assert closed(client)[0] in ((4400, 4429) if "connection_init" in text else (4400,))


def test_a_binary_message_closes_the_socket_with_4400(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.socket.send(b'{"type": "ping"}')
        assert closed(client) == (4400, "WebSocket message type must be text")


def test_a_long_reason_is_cut_to_what_a_close_frame_holds(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.send({"type": "subscribe", "id": "图" * 120, "payload": FEED})
        client.send({"type": "subscribe", "id": "图" * 120, "payload": FEED})
        code, reason = closed(client)
    assert code == 4409
    assert LONGEST_REASON_BYTES - 3 < len(reason.encode()) <= LONGEST_REASON_BYTES


def test_a_message_above_64_kib_closes_the_socket_with_1009(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.send({"type": "ping", "payload": {"x": "x" * 65_536}})
        code, reason = closed(client)
    assert (code, "65536" in reason) == (1009, True)


def test_a_message_above_64_kib_is_not_let_in_by_fragments(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        with suppress(ConnectionClosed):
            client.socket.send(["x" * 30_000] * 3)
        assert closed(client)[0] == 1009


def test_text_that_is_not_utf_8_closes_with_1007(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.socket.send(b'{"type": "ping", "payload": {"\xff": 1}}', text=True)
        assert closed(client) == (1007, "")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (4401, "Unauthorized"),
        (4406, "Subprotocol not acceptable"),
        (4406, LEGACY),
        (4408, "Connection initialisation timeout"),
        (4409, "Subscriber for ID already exists"),
        (4429, "Too many initialisation requests"),
    ],
)
def test_the_document_tells_the_reasons_that_the_tests_of_this_module_see(code: int, reason: str) -> None:
    assert f"| {code} | `{reason}` |" in PROTOCOL.read_text(encoding="utf-8")


def test_subscribing_before_the_acknowledgement_closes_with_4401(server: Server) -> None:
    with socket(server.socket_url) as client:
        client.send({"type": "subscribe", "id": "1", "payload": FEED})
        assert closed(client) == (4401, "Unauthorized")


def test_a_second_connection_init_closes_with_4429(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.send({"type": "connection_init"})
        assert closed(client) == (4429, "Too many initialisation requests")


def test_an_id_in_use_closes_with_4409(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.send({"type": "subscribe", "id": "a", "payload": FEED})
        client.send({"type": "subscribe", "id": "a", "payload": FEED})
        assert closed(client) == (4409, "Subscriber for a already exists")


def test_pings_are_answered_also_before_the_acknowledgement(server: Server) -> None:
    with socket(server.socket_url) as client:
        client.send({"type": "ping", "payload": {"x": 1}})
        assert client.receive() == {"type": "pong"}
        client.send({"type": "pong"})
        client.send({"type": "connection_init", "payload": {"x": 1}})
        assert client.receive() == {"type": "connection_ack"}


def test_only_the_transport_protocol_is_spoken(server: Server) -> None:
    for protocols in (["nonsense"], []):
        wanted = [Subprotocol(name) for name in protocols]
        with connect(server.socket_url, subprotocols=wanted or None, compression=None) as client:
            assert client.subprotocol is None
            assert closed(Subscriber(client)) == (4406, "Subprotocol not acceptable")


def test_the_legacy_protocol_is_accepted_only_to_be_told_what_to_use_instead(server: Server) -> None:
    with connect(server.socket_url, subprotocols=[Subprotocol("graphql-ws")], compression=None) as client:
        assert client.subprotocol == "graphql-ws"
        assert closed(Subscriber(client)) == (4406, LEGACY)


def test_a_client_that_speaks_both_protocols_is_spoken_to_in_the_newer_one(server: Server) -> None:
    wanted = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    with connect(server.socket_url, subprotocols=wanted, compression=None) as client:
        assert client.subprotocol == "graphql-transport-ws"


def test_compression_is_not_offered(server: Server) -> None:
    with connect(server.socket_url, compression="deflate") as client:
        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "nonsense", "http://[::1"]
)
def test_a_page_of_another_origin_is_refused_at_the_handshake(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as error, socket(server.socket_url, origin=Origin(origin)):
        pass
    assert error.value.response.status_code == 403


def test_a_page_of_this_server_is_let_in(server: Server) -> None:
    for origin in (server.url, server.url.upper()):
        with socket(server.socket_url, origin=Origin(origin)) as client:
            client.send({"type": "connection_init"})
            assert client.receive() == {"type": "connection_ack"}


def errors(client: Subscriber, query: str) -> Any:
    """The payload of the `error` message that answers an operation."""
    operation = client.subscribe(query)
    message = client.receive()
    assert (message["type"], message["id"]) == ("error", operation)
    return message["payload"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_REQUEST"),
        ("{ nothing }", "BAD_REQUEST"),
        ("subscription { videoTaskProgress(after: 1.5) { seq } }", "BAD_REQUEST"),
        ('subscription { videoTaskProgress(draftUrl: "x") { seq } }', "BAD_REQUEST"),
        ("{a" * 600, "BAD_REQUEST"),
        ("{ " + "__typename " * 2001 + "}", "BAD_REQUEST"),
        ("fragment F on Query { __typename }", "BAD_REQUEST"),
        ("subscription { videoTaskProgress { seq } }", "INVALID_INPUT"),
        ('subscription { videoTaskProgress(id: "x", draftUrl: "http://a.b") { seq } }', "INVALID_INPUT"),
        ('subscription { videoTaskProgress(id: "unknown") { seq } }', "NOT_FOUND"),
        ('subscription { videoTaskProgress(draftUrl: "http://a.b/unknown") { seq } }', "NOT_FOUND"),
        ('subscription { videoTaskProgress(id: "x", after: -1) { seq } }', "INVALID_INPUT"),
        ('subscription { videoTaskFeed(after: "nonsense") { __typename } }', "INVALID_INPUT"),
    ],
    ids=lambda value: value[:60],
)
def test_an_operation_that_cannot_begin_gets_an_error_and_the_socket_lives_on(
    server: Server, query: str, code: str
) -> None:
    with subscriber(server.socket_url) as client:
        found = errors(client, query)
        assert {error["extensions"]["code"] for error in found} == {code}
        client.subscribe("{ __typename }")
        assert client.next() == {"__typename": "Query"}


def test_queries_and_mutations_run_over_the_socket_too(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.subscribe("{ queue { capacity } }")
        assert [found["queue"]["capacity"] for found in client.rest()] == [2]
        client.subscribe('mutation { cancelVideoTask(id: "x") { errors { code } } }')
        assert list(client.rest()) == [{"cancelVideoTask": {"errors": [{"code": "NOT_FOUND"}]}}]


def test_a_completed_operation_is_over_and_its_id_is_free_again(server: Server) -> None:
    task = server.data(
        "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id } } }",
        url=server.draft_url("hold"),
    )["submitVideoTask"]["task"]["id"]
    progress = {"query": "subscription($id: ID!) { videoTaskProgress(id: $id) { type } }", "variables": {"id": task}}
    with subscriber(server.socket_url) as client:
        for _ in range(3):
            client.send({"type": "subscribe", "id": "a", "payload": progress})
            while client.receive()["payload"]["data"]["videoTaskProgress"]["type"] != "SNAPSHOT":
                pass
            client.send({"type": "complete", "id": "a"})
        client.send({"type": "complete", "id": "never heard of"})
        client.send({"type": "ping"})
        while client.receive()["type"] != "pong":
            pass
    server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }", id=task)


def test_one_socket_runs_a_bounded_number_of_operations(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        for number in range(MOST + 1):
            client.send({"type": "subscribe", "id": str(number), "payload": FEED})
        while (message := client.receive())["type"] != "error":
            pass
        assert message["id"] == str(MOST)


def test_a_client_that_goes_away_in_the_middle_leaves_no_trace(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        for number in range(20):
            client.send({"type": "subscribe", "id": str(number), "payload": FEED})
        client.socket.socket.close()
    assert json.loads(server.post("/graphql", {"query": "{ __typename }"}).body)["data"]


def test_a_socket_that_says_nothing_is_closed_with_4408() -> None:
    schema = build_schema()
    endpoint = GraphQLEndpoint(schema, ("http://127.0.0.1",), OperationExecutor(schema))
    assert endpoint.connection_init_wait_timeout.total_seconds() == 10
    endpoint.connection_init_wait_timeout = timedelta(milliseconds=20)
    routes = [WebSocketRoute("/graphql", endpoint)]
    app = ResponseCacheMiddleware(Starlette(routes=routes, lifespan=no_services), {})
    with listening(app) as port, socket(f"ws://127.0.0.1:{port}/graphql") as client:
        assert closed(client) == (4408, "Connection initialisation timeout")


@asynccontextmanager
async def no_services(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
    """None but what a socket needs that has not been admitted."""
    yield {
        "services": SimpleNamespace(
            settings=load(), limits=Limits(0, 0, 0), connections=Connections(ChangeNotifier("memory://"))
        )
    }
