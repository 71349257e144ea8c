"""Clients of a target: a websocket message by message, a subscription by any transport, and crowds of sockets."""

import asyncio
import json
import os
import socket as sockets
import struct
from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.audit.target import Credential, Feature, Operation, Target
from tests.support.streams import EVENTS, MULTIPART, Streamed, streamed
from tests.support.subscriber import PROTOCOL, SECONDS, Subscriber, socket

LONG = bool(os.environ.get("AUDIT_LONG"))
"""Whether the long forms of the checks are run."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing resets the connection."""


class Transport(StrEnum):
    """How a subscription is asked for."""

    WEBSOCKET = "websocket"
    EVENTS = "sse"
    MULTIPART = "multipart"


ACCEPT = {Transport.EVENTS: EVENTS, Transport.MULTIPART: MULTIPART}


def size(short: int, long: int) -> int:
    """How often or how many, in the form that is run."""
    return long if LONG else short


def needs(target: Target, feature: Feature) -> None:
    """Skip the check where the server lacks a capability."""
    if feature in target.lacks:
        pytest.skip(f"the server has no {feature}")


def offered(target: Target) -> list[Transport]:
    """The transports that the server has."""
    return [each for each in Transport if each is not Transport.MULTIPART or Feature.MULTIPART not in target.lacks]


@contextmanager
def entered(target: Target, credential: Credential | None = None) -> Generator[Subscriber]:
    """A socket that has been acknowledged."""
    with socket(target.address.socket_url) as client:
        client.send({"type": "connection_init", "payload": (credential or target.credential).init})
        assert client.receive()["type"] == "connection_ack"
        yield client


def subscribed(client: Subscriber, operation: Operation, operation_id: str) -> None:
    """Send a `subscribe`."""
    payload = {"query": operation.query, "variables": operation.variables}
    client.send({"type": "subscribe", "id": operation_id, "payload": payload})


def until_pong(client: Subscriber) -> list[Any]:
    """What the server has sent for all that was sent to it so far."""
    client.send({"type": "ping"})
    found = list(iter(client.receive, {"type": "pong"}))
    return [message for message in found if message["type"] not in ("ping", "pong")]


def close_code(client: Subscriber) -> int:
    """The code of the close that comes, past all messages before it."""
    with pytest.raises(ConnectionClosed) as closed:
        deque(iter(client.receive, None), 0)
    return 1006 if closed.value.rcvd is None else closed.value.rcvd.code


@contextmanager
def listening(
    target: Target, transport: Transport, operation: Operation, *, credential: Credential | None = None, last: str = ""
) -> Generator[Iterator[Any]]:
    """The results of an operation until it completes; each is the data, and there must be no errors.

    `last` is the Last-Event-ID. A stream that breaks off raises.
    """
    chosen = credential or target.credential
    if transport is Transport.WEBSOCKET:
        with entered(target, chosen) as client:
            client.subscribe(operation.query, **operation.variables)
            yield _data(_of_socket(client))
        return
    with stream(target, transport, operation, chosen, last) as found:
        yield _data(_of_stream(found, transport))


@contextmanager
def stream(
    target: Target, transport: Transport, operation: Operation, credential: Credential, last: str = ""
) -> Generator[Streamed]:
    """An operation by HTTP; the check is skipped where the server has no such transport."""
    if transport is Transport.MULTIPART:
        needs(target, Feature.MULTIPART)
    address = target.address
    headers = {**credential.headers, **({"last-event-id": last} if last else {})}
    with streamed(
        address.port,
        operation.query,
        operation.variables,
        accept=ACCEPT[transport],
        headers=headers,
        host=address.host,
        path=address.path,
    ) as found:
        yield found


def _of_socket(client: Subscriber) -> Iterator[Any]:
    while (message := client.receive())["type"] != "complete":
        if message["type"] == "next":
            yield message["payload"]
        elif message["type"] == "error":
            yield {"errors": message["payload"]}


def _of_stream(found: Streamed, transport: Transport) -> Iterator[Any]:
    if transport is Transport.EVENTS:
        return (message.result for message in found.results())
    return (part["payload"] for part in found.payloads() if part)


def _data(results: Iterator[Any]) -> Iterator[Any]:
    for result in results:
        assert "errors" not in result, result
        yield result["data"]


# Crowds


async def joined(target: Target, operation: Operation) -> ClientConnection:
    """A socket that has sent its `subscribe`."""
    url = target.address.socket_url
    client = await connect(url, subprotocols=[PROTOCOL], compression=None, max_queue=None, open_timeout=60)
    await client.send(json.dumps({"type": "connection_init", "payload": target.credential.init}))
    await expected(client, "connection_ack")
    await subscribe(client, operation)
    return client


async def subscribe(client: ClientConnection, operation: Operation) -> None:
    """Send a `subscribe` with the id 1."""
    payload = {"query": operation.query, "variables": operation.variables}
    await client.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))


async def expected(client: ClientConnection, kind: str) -> Any:
    """The next message, which is of this type; pings are passed over."""
    async with asyncio.timeout(SECONDS):
        while (message := json.loads(await client.recv()))["type"] == "ping":
            pass
    assert message["type"] == kind, message
    return message


@asynccontextmanager
async def crowd(target: Target, operation: Operation, count: int) -> AsyncGenerator[list[ClientConnection]]:
    """So many sockets, each with its snapshot."""
    found: list[ClientConnection] = []
    try:
        for _ in range(0, count, 50):
            some = min(50, count - len(found))
            found += await asyncio.gather(*[joined(target, operation) for _ in range(some)])
        await asyncio.gather(*[expected(client, "next") for client in found])
        yield found
    finally:
        await asyncio.gather(*[client.close() for client in found])


def reset(client: ClientConnection) -> None:
    """Vanish: the connection is reset, without a close frame."""
    raw = client.transport.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET)
    client.transport.abort()
