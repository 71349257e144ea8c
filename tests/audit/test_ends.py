"""How subscriptions end: by themselves, by the client, by a client that vanishes, and with a key."""

import asyncio
import socket as sockets
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from ctypes import addressof, create_string_buffer
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.audit.clients import (
    LONG,
    Transport,
    close_code,
    crowd,
    entered,
    expected,
    needs,
    reset,
    size,
    stream,
    subscribed,
    until_pong,
)
from tests.audit.target import Address, Credential, Feature, Operation, Target
from tests.support.forked import FORKS
from tests.support.site import wait_until

CROWD = size(30, 500)
ROUNDS = size(1, 10)
PING_AND_TIMEOUT_SECONDS = 45.0
REVOKED_SECONDS = 6.0
"""A server may read its keys every few seconds."""
LATEST_SECONDS = 0.005
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A socket filter, `ret #0`: the kernel drops what comes, and acknowledges nothing."""
ATTACH_FILTER = 26


def test_a_complete_at_the_instant_of_the_end_is_ignored_and_the_id_is_free(target: Target) -> None:
    with entered(target) as client, ThreadPoolExecutor(1) as pool:
        for turn in range(size(20, 1000)):
            ending = target.ending()
            subscribed(client, ending.watch(), "a")
            assert client.receive()["type"] == "next"
            ended = pool.submit(ending.end)
            time.sleep(LATEST_SECONDS * (turn % 10) / 10)  # before, while and after it ends
            client.send({"type": "complete", "id": "a"})
            ended.result()
            assert {message["type"] for message in until_pong(client)} <= {"next", "complete"}
            subscribed(client, target.query, "a")
            assert client.receive() == {"id": "a", "type": "next", "payload": {"data": target.answer}}
            assert client.receive() == {"id": "a", "type": "complete"}


def test_clients_that_are_reset_or_killed_amid_events_leave_nobody(target: Target) -> None:
    topic = target.topic()
    before = target.subscribers()
    resident: list[int] = []
    for _ in range(ROUNDS):
        for vanish in (_reset_all, _killed):
            vanish(target, topic.watch(), topic.change)
            wait_until(lambda: target.subscribers() <= before, PING_AND_TIMEOUT_SECONDS)
        resident.append(_server_of(target).memory_info().rss)
    assert not LONG or resident[-1] < 1.05 * max(resident[:3])


def _reset_all(target: Target, operation: Operation, change: Callable[[], object]) -> None:
    async def tried() -> None:
        async with crowd(target, operation, CROWD) as clients:
            changing = asyncio.create_task(asyncio.to_thread(change))
            await expected(clients[0], "next")
            for client in clients:
                reset(client)
            await changing

    asyncio.run(tried())


def _killed(target: Target, operation: Operation, change: Callable[[], object]) -> None:
    ready, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_hold, args=(target.address, target.credential, operation, told))
    process.start()
    told.close()
    ready.recv()
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        process.kill()
        process.join()
        changing.result()


def _hold(address: Address, credential: Credential, operation: Operation, told: Connection) -> None:
    """The sockets of a process that is killed."""

    async def held() -> None:
        target: Any = SimpleNamespace(address=address, credential=credential)
        async with crowd(target, operation, CROWD):
            told.send(None)
            await asyncio.Event().wait()

    asyncio.run(held())


def _server_of(target: Target) -> psutil.Process:
    """The process that listens at the address."""
    for found in psutil.net_connections("tcp"):
        if found.status == psutil.CONN_LISTEN and found.laddr[1:] == (target.address.port,) and found.pid:
            return psutil.Process(found.pid)
    raise AssertionError("nobody listens here: audit a server of this machine")


@pytest.mark.skipif(not LONG, reason="lasts as long as a server waits for pongs and acknowledgements")
@pytest.mark.parametrize("transport", Transport)
def test_a_client_whose_network_has_gone_is_left(target: Target, transport: Transport) -> None:
    topic = target.topic()
    before = target.subscribers()
    with ExitStack() as stack:
        kept = _sockets_opened(stack, target, transport, topic.watch())
        assert target.subscribers() == before + 1
        code = create_string_buffer(DROP_ALL)
        kept.setsockopt(sockets.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", 1, addressof(code)))
        topic.change()
        wait_until(lambda: target.subscribers() <= before, PING_AND_TIMEOUT_SECONDS)
        stack.pop_all()  # closing would wait for a server that is not heard any more


def _sockets_opened(stack: ExitStack, target: Target, transport: Transport, operation: Operation) -> sockets.socket:
    """The TCP socket of a subscription that has its snapshot."""
    if transport is Transport.WEBSOCKET:
        client = stack.enter_context(entered(target))
        subscribed(client, operation, "1")
        assert client.receive()["type"] == "next"
        return client.socket.socket
    found = stack.enter_context(stream(target, transport, operation, target.credential))
    assert found.read_some()
    return found.socket


@pytest.mark.slow
def test_a_revoked_key_ends_sockets_streams_and_polls_with_a_reason(target: Target) -> None:
    needs(target, Feature.KEYS)
    made = target.revocable()
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        client = stack.enter_context(entered(target, made.credential))
        subscribed(client, made.topic.watch(), "1")
        assert client.receive()["type"] == "next"
        streams = [
            stack.enter_context(stream(target, transport, made.topic.watch(), made.credential))
            for transport in (Transport.EVENTS, Transport.MULTIPART)
        ]
        assert all(found.read_some() for found in streams)
        poll = pool.submit(made.poll)
        closed = pool.submit(close_code, client)
        bodies = [pool.submit(found.rest) for found in streams]
        made.revoke()
        assert closed.result(REVOKED_SECONDS) == 4403
        for body in bodies:
            assert b"errors" in body.result(REVOKED_SECONDS)
        status, text = poll.result(REVOKED_SECONDS)
        assert (status, bool(text)) == (401, True)
        made.topic.change()
