"""Row 14: event streams, multipart streams and polls that wait are counted with the sockets, and released with them."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from tests.support.keys import bearing, new_key
from tests.support.server import Answer, Server, serving
from tests.support.streams import EVENTS, MULTIPART, streamed
from tests.support.subscriber import socket

FEED = "subscription { videoTaskFeed { __typename } }"
MOST = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counted")


@pytest.fixture(scope="module")
def keys(folder: Path) -> tuple[str, str]:
    return new_key(folder, "anna"), new_key(folder, "bert")


@pytest.fixture(scope="module")
def counting(folder: Path, keys: tuple[str, str]) -> Generator[Server]:
    del keys
    with serving(folder, sockets_per_key=str(MOST)) as server:
        yield server


def held(stack: ExitStack, server: Server, key: str, accept: str = EVENTS) -> None:
    """Keep a stream. The server hears by and by that the clients of the test before have gone."""
    tries = (stack.enter_context(streamed(server.port, FEED, accept=accept, headers=bearing(key))) for _ in range(300))
    assert any(stream.status == 200 for stream in tries), "a place was not given back"


def asked(server: Server, key: str, accept: str) -> Answer:
    return server.post("/graphql", {"query": FEED}, {"accept": accept, **bearing(key)})


@pytest.mark.parametrize("accept", [EVENTS, MULTIPART], ids=["events", "multipart"])
def test_one_key_has_so_many_streams_at_once(counting: Server, keys: tuple[str, str], accept: str) -> None:
    anna, bert = keys
    with ExitStack() as stack:
        for _ in range(MOST):
            held(stack, counting, anna, accept)
        refused = asked(counting, anna, accept)
        assert (refused.status, refused.json["errors"][0]["extensions"]["code"]) == (429, "QUOTA_EXCEEDED")
        assert int(refused.headers["retry-after"]) >= 1
        held(stack, counting, bert, accept)
        with socket(counting.socket_url) as client:
            client.send({"type": "connection_init", "payload": {"token": anna}})
            with pytest.raises(Exception, match="1013"):
                client.receive()


def test_streams_that_end_by_themselves_or_cannot_begin_are_released(counting: Server, keys: tuple[str, str]) -> None:
    for query in ("{ __typename }", 'subscription { videoTaskProgress(id: "no") { seq } }', "{ nothing }", "{"):
        for accept in (EVENTS, MULTIPART):
            for _ in range(MOST + 1):
                counting.post("/graphql", {"query": query}, {"accept": accept, **bearing(keys[0])})
    with ExitStack() as stack:
        for _ in range(MOST):
            held(stack, counting, keys[0])


def test_polls_that_wait_are_counted_and_those_that_do_not_are_not(counting: Server, keys: tuple[str, str]) -> None:
    anna, _ = keys
    url = counting.draft_url("gated")
    submitted = {"draft_url": url}
    assert counting.post("/v1/gen_video", submitted, bearing(anna)).status == 200
    waiting = {"draft_url": url, "wait_seconds": 20, "since": _seq(counting, url, anna)}
    with ExitStack() as stack:
        for _ in range(MOST):
            held(stack, counting, anna)
        refused = counting.post("/v1/gen_video_status", waiting, bearing(anna))
        assert (refused.status, refused.json["error"]["code"]) == (429, "QUOTA_EXCEEDED")
        assert int(refused.headers["retry-after"]) >= 1
        assert counting.post("/v1/gen_video_status", submitted, bearing(anna)).status == 200


def test_a_poll_that_waits_gives_its_place_back(counting: Server, keys: tuple[str, str]) -> None:
    url = counting.draft_url("gated")
    assert counting.post("/v1/gen_video", {"draft_url": url}, bearing(keys[1])).status == 200
    polls = [
        Thread(
            target=counting.post,
            args=("/v1/gen_video_status", {"draft_url": url, "wait_seconds": 0.3, "since": seq}, bearing(keys[1])),
        )
        for seq in [_seq(counting, url, keys[1])] * MOST
    ]
    for poll in polls:
        poll.start()
    for poll in polls:
        poll.join()
    with ExitStack() as stack:
        for _ in range(MOST):
            held(stack, counting, keys[1])


def _seq(server: Server, url: str, key: str) -> int:
    """The seq of a task that waits for the gate, once nothing moves any more."""
    body = {"draft_url": url, "wait_seconds": 0.5}
    last, found = -1, -2
    while last != found:
        last, found = found, server.post("/v1/gen_video_status", body, bearing(key)).json["seq"]
    return int(found)
