"""The rules of graphql-transport-ws, one a check."""

import asyncio
import json
from collections import deque
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect as connect_sync
from websockets.typing import Subprotocol

from tests.audit.clients import close_code, entered, expected, size, subscribe, subscribed, until_pong
from tests.audit.target import Target
from tests.support.subscriber import PROTOCOL, Subscriber, socket

AT_ONCE = 50
MEGABYTE = 1 << 20


def test_the_protocol_is_negotiated_and_no_other(target: Target) -> None:
    with socket(target.address.socket_url) as client:
        assert client.socket.subprotocol == PROTOCOL
    with (
        suppress(InvalidHandshake),  # it may be refused at once
        connect_sync(target.address.socket_url, subprotocols=[Subprotocol("nonsense")]) as other,
    ):
        assert close_code(Subscriber(other)) == 4406


def test_a_query_over_the_socket_is_answered_and_completed(target: Target) -> None:
    with entered(target) as client:
        subscribed(client, target.query, "q")
        assert client.receive() == {"id": "q", "type": "next", "payload": {"data": target.answer}}
        assert client.receive() == {"id": "q", "type": "complete"}


def test_subscribing_before_the_acknowledgement_is_always_4401(target: Target) -> None:
    for _ in range(size(5, 1000)):
        with socket(target.address.socket_url) as client:
            subscribed(client, target.query, "1")
            assert close_code(client) == 4401


def test_subscribing_the_instant_the_acknowledgement_is_read_is_never_4401(target: Target) -> None:
    async def once() -> None:
        async with connect(target.address.socket_url, subprotocols=[PROTOCOL], compression=None) as client:
            await client.send(json.dumps({"type": "connection_init", "payload": target.credential.init}))
            await expected(client, "connection_ack")
            await subscribe(client, target.query)
            await expected(client, "next")

    async def all_of_them() -> None:
        for _ in range(size(2, 200)):
            await asyncio.gather(*[once() for _ in range(AT_ONCE)])

    asyncio.run(all_of_them())


def test_a_second_connection_init_is_4429(target: Target) -> None:
    with entered(target) as client:
        client.send({"type": "connection_init", "payload": target.credential.init})
        assert close_code(client) == 4429


def test_the_same_id_twice_is_4409(target: Target) -> None:
    topic = target.topic()
    with entered(target) as client:
        subscribed(client, topic.watch(), "a")
        subscribed(client, topic.watch(), "a")
        assert close_code(client) == 4409


def test_a_query_under_the_id_of_a_live_subscription_is_4409_and_never_answered(target: Target) -> None:
    with entered(target) as client:
        subscribed(client, target.topic().watch(), "a")
        client.receive()
        subscribed(client, target.query, "a")
        told: deque[Any] = deque()
        with pytest.raises(ConnectionClosed) as closed:
            told.extend(iter(client.receive, None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4409
    assert all(message.get("payload") != {"data": target.answer} for message in told)


@pytest.mark.parametrize("wrong", ["missing", "empty", "number", "null", "object", "megabyte"])
def test_an_id_that_is_not_a_text_of_fair_length_is_4400(target: Target, wrong: str) -> None:
    ids: dict[str, Any] = {"empty": "", "number": 5, "null": None, "object": {}, "megabyte": "x" * MEGABYTE}
    message = {"type": "subscribe", "payload": {"query": target.query.query}}
    with entered(target) as client:
        with suppress(ConnectionClosed):  # it may be refused before its end
            client.send(message if wrong == "missing" else {**message, "id": ids[wrong]})
        assert close_code(client) in ({4400, 1009} if wrong == "megabyte" else {4400})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"type": "nonsense"}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "complete"}',
        '{"type": "ping", "payload": 5}',
    ],
)
def test_a_message_of_another_form_is_4400(target: Target, text: str) -> None:
    with entered(target) as client:
        client.socket.send(text)
        assert close_code(client) == 4400


def test_a_ping_is_answered(target: Target) -> None:
    with entered(target) as client:
        client.send({"type": "ping", "payload": {"any": 1}})
        assert client.receive()["type"] == "pong"


def test_an_operation_that_cannot_begin_gets_an_error_and_the_socket_lives(target: Target) -> None:
    with entered(target) as client:
        for number, query in enumerate(("{", "{ nothingOfThatName }", "subscription { nothingOfThatName }")):
            client.send({"type": "subscribe", "id": str(number), "payload": {"query": query}})
            message = client.receive()
            assert (message["type"], message["id"]) == ("error", str(number))
        subscribed(client, target.query, "q")
        assert client.receive()["payload"] == {"data": target.answer}


def test_nothing_follows_a_complete_of_the_client_and_the_id_is_free(target: Target) -> None:
    topic = target.topic()
    with entered(target) as client:
        client.send({"type": "complete", "id": "never used"})
        for _ in range(size(5, 500)):
            subscribed(client, topic.watch(), "a")
            assert client.receive()["type"] == "next"
            client.send({"type": "complete", "id": "a"})
            until_pong(client)
            topic.change()
            assert until_pong(client) == []
