"""Row 14: sockets and their operations are counted; a client that reads nothing harms itself only."""

from collections.abc import Generator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.keys import new_key
from tests.support.server import Server, serving
from tests.support.subscriber import Subscriber, socket

FEED = "subscription { videoTaskFeed { __typename } }"
SOCKETS = 3
OPERATIONS = 5
QUERIES = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strict")


@pytest.fixture(scope="module")
def keys(folder: Path) -> tuple[str, str]:
    return new_key(folder, "anna"), new_key(folder, "bert")


@pytest.fixture(scope="module")
def strict(folder: Path, keys: tuple[str, str]) -> Generator[Server]:
    """A server with small limits and two keys."""
    del keys
    limits = {"sockets_per_key": SOCKETS, "subscriptions_per_socket": OPERATIONS, "queries_per_minute": QUERIES}
    with serving(folder, **{name: str(limit) for name, limit in limits.items()}) as server:
        yield server


def entered(client: Subscriber, key: str) -> Subscriber:
    client.send({"type": "connection_init", "payload": {"token": key}})
    assert client.receive() == {"type": "connection_ack"}
    return client


def test_one_key_has_so_many_sockets_at_once(strict: Server, keys: tuple[str, str]) -> None:
    anna, bert = keys
    url = strict.socket_url
    with socket(url) as first, socket(url) as second, socket(url) as third:
        for client in (first, second, third):
            entered(client, anna)
        with socket(url) as fourth:
            fourth.send({"type": "connection_init", "payload": {"token": anna}})
            with pytest.raises(ConnectionClosed) as closed:
                fourth.receive()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason[:11]) == (1013, "There are 3")
        with socket(url) as other:
            entered(other, bert)
        first.send({"type": "ping"})
        assert first.receive() == {"type": "pong"}


def test_a_socket_that_is_closed_makes_room(strict: Server, keys: tuple[str, str]) -> None:
    for _ in range(2 * SOCKETS):
        with socket(strict.socket_url) as client:
            entered(client, keys[1])


def test_a_flood_of_operations_is_answered_with_errors_within_the_limits(strict: Server, keys: tuple[str, str]) -> None:
    with socket(strict.socket_url) as client:
        entered(client, keys[0])
        for number in range(2 * QUERIES):
            client.send({"type": "subscribe", "id": str(number), "payload": {"query": FEED}})
        answers = [client.receive() for _ in range(2 * QUERIES - OPERATIONS)]
        client.send({"type": "ping"})
        assert client.receive() == {"type": "pong"}
    assert {answer["type"] for answer in answers} == {"error"}
    last = answers[-1]["payload"][0]["extensions"]
    assert last["code"] == "QUOTA_EXCEEDED"
    assert last["resetAt"].endswith(":00.000Z")
    asked = strict.post("/graphql", {"query": "{ __typename }"}, {"authorization": f"Bearer {keys[0]}"})
    assert (asked.status, asked.json["errors"][0]["extensions"]["code"]) == (429, "QUOTA_EXCEEDED")
    assert 1 <= int(asked.headers["retry-after"]) <= 60
    polled = strict.get("/v1/gen_video_active_count", {"authorization": f"Bearer {keys[0]}"})
    assert (polled.status, polled.json["error"]["code"]) == (429, "QUOTA_EXCEEDED")
    assert strict.post("/graphql", {"query": "{ __typename }"}, {"authorization": f"Bearer {keys[1]}"}).status == 200


def test_wrong_keys_are_slowed_and_right_ones_are_not(strict: Server, keys: tuple[str, str]) -> None:
    statuses = [strict.post("/graphql", {}, {"authorization": f"Bearer x{n}"}).status for n in range(40)]
    assert set(statuses[:25]) == {401}
    assert statuses[-1] in (401, 429)
    assert 429 in statuses
    assert strict.post("/graphql", {"query": "{ __typename }"}, {"authorization": f"Bearer {keys[1]}"}).status == 200
