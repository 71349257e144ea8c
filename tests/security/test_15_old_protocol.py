"""Row 15: sockets speak one protocol, and nothing is answered before it is known who asks."""

from contextlib import suppress
from importlib.metadata import version

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.security.conftest import Guarded
from tests.support.server import Server
from tests.support.subscriber import socket

FEED = {"query": "subscription { videoTaskFeed { __typename } }"}
START = '{"type": "start", "id": "1", "payload": {"query": "{ __typename }"}}'


@pytest.mark.parametrize("offered", [["graphql-ws"], ["other"], []])
def test_who_does_not_speak_the_protocol_is_answered_nothing(server: Server, offered: list[str]) -> None:
    heard: list[str | bytes] = []
    names = [Subprotocol(name) for name in offered] or None
    with suppress(ConnectionClosed, InvalidHandshake), connect(server.socket_url, subprotocols=names) as client:
        client.send('{"type": "connection_init"}')
        client.send(START)
        heard += [client.recv(timeout=15)]
    assert heard == []


def test_whoever_subscribes_before_saying_who_it_is_is_closed_out(guarded: Guarded) -> None:
    with socket(guarded.server.socket_url) as client:
        client.send({"type": "subscribe", "id": "1", "payload": FEED})
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_the_library_is_one_without_the_known_holes() -> None:
    """CVE-2026-35523 and others: strawberry before 0.327.2 takes an old protocol without asking who speaks."""
    assert tuple(map(int, version("strawberry-graphql").split(".")[:3])) >= (0, 327, 2)
