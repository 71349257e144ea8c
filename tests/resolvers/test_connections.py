"""Who listens: the open connections of a server, of other processes as well, and the end of one by an operator."""

import asyncio
from collections import deque
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from services.live.connections import Connection, ConnectionNotFound, Connections, Load
from services.live.notifier import ChangeNotifier
from services.telemetry.stream_metrics import Transport
from tests.resolvers.test_health import SUBMIT, WATCH, measures
from tests.support.programs import Redis
from tests.support.server import Server
from tests.support.site import wait_until
from tests.support.streams import MULTIPART, streamed
from tests.support.subscriber import subscriber

LIST = "{ connections { id transport owner address since subscriptions waiting } }"
END = "mutation($id: ID!) { endConnection(id: $id) { errors { code message } } }"


def ended(server: Server, connection: str) -> list[dict[str, Any]]:
    """End a connection; the errors."""
    errors: list[dict[str, Any]] = server.data(END, id=connection)["endConnection"]["errors"]
    return errors


def test_an_operator_sees_and_ends_each_kind_of_connection(server: Server) -> None:
    task_id = server.data(SUBMIT, url=server.draft_url("hold"))["submitVideoTask"]["task"]["id"]
    before = measures(server)
    earlier = {each["id"] for each in server.data(LIST)["connections"]}
    with (
        subscriber(server.socket_url) as client,
        streamed(server.port, WATCH, {"id": task_id}) as events,
        streamed(server.port, WATCH, {"id": task_id}, accept=MULTIPART) as multipart,
    ):
        client.subscribe(WATCH, id=task_id)
        client.next()
        events.read_some()
        multipart.read_some()
        found = {each["transport"]: each for each in server.data(LIST)["connections"] if each["id"] not in earlier}
        assert set(found) == {"WEBSOCKET", "EVENTS", "MULTIPART"}
        for each in found.values():
            facts = (each["owner"], each["address"], each["subscriptions"], each["waiting"])
            assert facts == ("open", "127.0.0.1", 1, 0)
            assert ended(server, each["id"]) == []
        with pytest.raises(ConnectionClosed) as closed:
            deque(iter(client.receive, None), 0)  # events of the task may come before
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "An operator has ended this connection.")
        last, complete = list(events.messages())[-2:]
        assert last.result["errors"][0]["extensions"]["code"] == "CONNECTION_ENDED"
        assert complete.event == "complete"
        assert [each for each in multipart.payloads() if each][-1]["payload"]["errors"][0]["extensions"] == {
            "code": "CONNECTION_ENDED"
        }
    wait_until(lambda: not {each["id"] for each in server.data(LIST)["connections"]} - earlier)
    for transport in ("websocket", "sse", "multipart"):
        name = f'draftcast_stream_ends_total{{reason="ended",transport="{transport}"}}'
        assert measures(server)[name] - before[name] == 1
    assert [each["code"] for each in ended(server, found["EVENTS"]["id"])] == ["NOT_FOUND"]
    server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }", id=task_id)


def test_more_than_a_page_is_refused_by_name(server: Server) -> None:
    (error,) = server.graphql("{ connections(first: 101) { id } }")["errors"]
    assert error["extensions"]["code"] in ("INVALID_INPUT", "BAD_REQUEST")


def test_the_connections_of_every_process_are_found_and_ended(redis: Redis) -> None:
    async def whole() -> None:
        here, there = ChangeNotifier(redis.url), ChangeNotifier(redis.url)
        ended = asyncio.Event()
        async with here.run(), there.run():
            mine, others = Connections(here), Connections(there)
            with (
                mine.opened(Transport.WEBSOCKET, "192.0.2.0/24", lambda: Load("ann", 2, 0), ended.set),
                others.opened(Transport.EVENTS, "2001:db8::/48", lambda: Load("bob", 1, 7), ended.set),
            ):
                slow, quick = await mine.all(100)
                assert (slow.owner, slow.waiting, slow.transport) == ("bob", 7, Transport.EVENTS)
                assert (quick.owner, quick.subscriptions) == ("ann", 2)
                assert await others.all(1) == [slow], "those that read slowest come first"
                assert isinstance(quick, Connection)
                await mine.end(slow.id)
                async with asyncio.timeout(5):
                    await ended.wait()
            with pytest.raises(ConnectionNotFound):
                await mine.end(slow.id)

    asyncio.run(whole())
