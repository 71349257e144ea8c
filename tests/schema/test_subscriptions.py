"""Subscriptions over a websocket, on the real server."""

import asyncio
from typing import Any

from gql import Client, gql
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.websockets import WebsocketsTransport

from tests.support.server import Server
from tests.support.subscriber import Subscriber, subscriber

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id draftUrl seq } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { task { id } } }"
RETRY = "mutation($id: ID!) { retryVideoTask(id: $id) { task { id } } }"
EVENT = "id seq type at status stage progress attempt task { id seq status progress }"
PROGRESS = f"""subscription($id: ID, $draftUrl: URL, $after: Int) {{
  videoTaskProgress(id: $id, draftUrl: $draftUrl, after: $after) {{ {EVENT} }}
}}"""
FEED = f"""subscription($filter: VideoTaskFilter, $after: String) {{
  videoTaskFeed(filter: $filter, after: $after) {{
    __typename ... on VideoTaskFeedEvent {{ cursor event {{ {EVENT} }} }} ... on FeedReset {{ cursor reason }}
  }}
}}"""
STAGES = [
    "QUEUED",
    "STARTED",
    "PARSING_DRAFT",
    "PREPARING",
    "PROCESSING_MATERIALS",
    "EXPORTING",
    "WRITING_FILE",
    "DONE",
]


def submit(server: Server, act: str) -> Any:
    return server.data(SUBMIT, url=server.draft_url(act))["submitVideoTask"]["task"]


def event(client: Subscriber) -> Any:
    return client.next()["videoTaskProgress"]


def until(client: Subscriber, stage: str) -> list[Any]:
    """The events up to the one with which the stage begins."""
    found = [event(client)]
    while found[-1]["stage"] != stage:
        found.append(event(client))
    return found


def kinds(events: list[Any]) -> list[tuple[str, str]]:
    """The stages and statuses that the events tell, without the percentages."""
    return [(item["status"], item["stage"]) for item in events if item["type"] in ("STAGE_CHANGED", "STATUS_CHANGED")]


def test_a_task_is_told_from_its_snapshot_to_its_end(server: Server) -> None:
    task = submit(server, "gated")
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"])
        events = [event(client)]
        assert events[0]["type"] == "SNAPSHOT"
        if events[0]["stage"] == "QUEUED":
            events += until(client, "STARTED")
        for stage in STAGES[2:7]:
            server.open_gate()
            events += until(client, stage)
        server.open_gate()
        events += [item["videoTaskProgress"] for item in client.rest()]
    seqs = [item["seq"] for item in events]
    assert seqs == sorted(set(seqs))
    progress = [item["progress"] for item in events]
    assert progress == sorted(progress)
    first = STAGES.index(events[0]["stage"]) + 1
    assert [stage for _, stage in kinds(events)] == STAGES[first:]
    assert (events[-1]["status"], events[-1]["stage"], events[-1]["progress"]) == ("COMPLETED", "DONE", 100)
    assert all(item["task"]["seq"] >= item["seq"] for item in events)
    assert all(item["id"] == f"{task['id']}:{item['seq']}" for item in events)


def test_a_subscription_by_draft_url_follows_the_newest_task_of_that_url(server: Server) -> None:
    old = submit(server, "hold")
    server.data(CANCEL, id=old["id"])
    new = server.data(SUBMIT, url=old["draftUrl"])["submitVideoTask"]["task"]
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, draftUrl=old["draftUrl"] + "\u200b")
        assert event(client)["task"]["id"] == new["id"]
        server.data(CANCEL, id=new["id"])
        assert [item["videoTaskProgress"]["status"] for item in client.rest()][-1] == "CANCELED"


def test_after_gives_every_stored_event_without_a_gap(server: Server) -> None:
    task = submit(server, "render")
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"], after=0)
        events = [item["videoTaskProgress"] for item in client.rest()]
        assert [stage for _, stage in kinds(events)] == STAGES
        last = events[-1]["seq"]
        client.subscribe(PROGRESS, id=task["id"], after=last - 3)
        assert events[-1]["seq"] == [item["videoTaskProgress"]["seq"] for item in client.rest()][-1]
        client.subscribe(PROGRESS, id=task["id"], after=last)
        assert list(client.rest()) == []
        client.subscribe(PROGRESS, id=task["id"])
        snapshot = [item["videoTaskProgress"] for item in client.rest()]
    assert [(item["type"], item["seq"], item["status"]) for item in snapshot] == [("SNAPSHOT", last, "COMPLETED")]


def test_a_client_that_reconnects_with_after_misses_nothing(server: Server) -> None:
    task = submit(server, "gated")
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"], after=0)
        server.open_gate(2)
        events = until(client, "PREPARING")
    server.open_gate(2)
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"], after=events[-1]["seq"])
        events += until(client, "EXPORTING")
        server.open_gate(2)
        events += [item["videoTaskProgress"] for item in client.rest()]
    seqs = [item["seq"] for item in events]
    assert seqs == sorted(set(seqs))
    assert [stage for _, stage in kinds(events)] == STAGES


def test_a_cancel_is_told_and_ends_the_subscription(server: Server) -> None:
    task = submit(server, "hold")
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"], after=0)
        until(client, "EXPORTING")
        server.data(CANCEL, id=task["id"])
        last = [item["videoTaskProgress"] for item in client.rest()][-1]
    assert (last["status"], last["stage"], last["type"]) == ("CANCELED", "EXPORTING", "STATUS_CHANGED")
    assert last["progress"] < 100


def test_a_retry_begins_again_in_the_same_task(server: Server) -> None:
    task = submit(server, "fail")
    with subscriber(server.socket_url) as client:
        client.subscribe(PROGRESS, id=task["id"])
        first = [item["videoTaskProgress"] for item in client.rest()][-1]
        assert (first["status"], first["attempt"]) == ("FAILED", 1)
        server.data(RETRY, id=task["id"])
        client.subscribe(PROGRESS, id=task["id"], after=first["seq"])
        events = [item["videoTaskProgress"] for item in client.rest()]
    assert kinds(events)[0] == ("PENDING", "QUEUED")
    assert (events[-1]["status"], events[-1]["attempt"]) == ("FAILED", 2)
    assert events[0]["seq"] == first["seq"] + 1


def test_the_feed_tells_of_all_tasks_and_resumes_after_its_cursor(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        held = submit(server, "hold")
        client.subscribe(FEED, filter={"draftUrl": held["draftUrl"]})
        item = client.next()["videoTaskFeed"]
        assert (item["event"]["type"], item["event"]["task"]["id"]) == ("SNAPSHOT", held["id"])
        server.data(CANCEL, id=held["id"])
        while item["event"]["status"] != "CANCELED":
            item = client.next()["videoTaskFeed"]
        cursor = item["cursor"]
    ids = {submit(server, act)["id"] for act in ("render", "fail")}
    with subscriber(server.socket_url) as client:
        client.subscribe(FEED, after=cursor)
        ended: dict[str, list[Any]] = {}
        while len([seen for seen in ended.values() if seen[-1]["status"] in ("COMPLETED", "FAILED")]) < 2:
            found = client.next()["videoTaskFeed"]["event"]
            ended.setdefault(found["task"]["id"], []).append(found)
    assert set(ended) == ids
    for events in ended.values():
        assert events[0]["seq"] == 1
        assert [item["seq"] for item in events] == sorted({item["seq"] for item in events})
    assert sorted([stage for _, stage in kinds(events)] == STAGES for events in ended.values()) == [False, True]


def test_a_feed_shows_only_what_meets_its_filter(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        wanted, other = server.draft_url("fail"), server.draft_url("fail")
        client.subscribe(FEED, filter={"draftUrl": wanted})
        client.subscribe("{ __typename }")
        assert client.next() == {"__typename": "Query"}
        assert client.receive()["type"] == "complete"
        for draft_url in (other, wanted):
            server.data(SUBMIT, url=draft_url)
        task = server.data("query($url: URL!) { videoTask(draftUrl: $url) { id } }", url=wanted)["videoTask"]["id"]
        statuses: list[str] = []
        while not statuses or statuses[-1] != "FAILED":
            found = client.next()["videoTaskFeed"]["event"]
            assert found["task"]["id"] == task
            statuses.append(found["status"])


def test_a_cursor_from_nowhere_resets_the_feed(server: Server) -> None:
    with subscriber(server.socket_url) as client:
        client.subscribe(FEED, after="ZmVlZDo5OTk5OTk5OTk")
        item = client.next()["videoTaskFeed"]
        assert item["__typename"] == "FeedReset"
        assert item["reason"]
        client.subscribe(FEED, after=item["cursor"])


def test_python_gql_follows_a_task_over_both_of_its_transports(server: Server) -> None:
    async def follow(transport: type[AIOHTTPWebsocketsTransport | WebsocketsTransport], task_id: str) -> list[Any]:
        document = gql(PROGRESS)
        document.variable_values = {"id": task_id, "after": 0}
        async with Client(transport=transport(url=server.socket_url, subprotocols=protocols)) as session:
            return [item["videoTaskProgress"] async for item in session.subscribe(document)]

    protocols = ["graphql-transport-ws"]
    for transport in (AIOHTTPWebsocketsTransport, WebsocketsTransport):
        events = asyncio.run(follow(transport, submit(server, "render")["id"]))
        assert [stage for _, stage in kinds(events)] == STAGES
