"""Row 19: a watch token shows one task and its files to whoever holds it, for a while, and does nothing else."""

import re
from collections import deque
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.security.conftest import Guarded
from tests.security.test_18_owners import OPERATIONS, mentions, trimmed
from tests.support.keys import bearing
from tests.support.subscriber import Subscriber, socket

SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { task { id draftUrl } } }"
TOKEN = """mutation($id: ID!, $seconds: Int! = 600) { createWatchToken(id: $id, expiresInSeconds: $seconds) {
    token expiresAt errors { code message path } } }"""
WATCH = "subscription($id: ID!) { videoTaskProgress(id: $id) { status task { id videoUrl queuePosition } } }"
CANCEL = "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }"
MAY = {"videoTask(id: $id)", "videoTask(draftUrl: $url)", "node(id: $id)", "service"}


def submitted(guarded: Guarded, key: str, act: str = "render") -> dict[str, str]:
    made: Any = guarded.graphql(key, SUBMIT, url=guarded.server.draft_url(act))
    return dict(made["data"]["submitVideoTask"]["task"])


def token_of(guarded: Guarded, task_id: str, seconds: int = 600) -> str:
    answer: Any = guarded.graphql(guarded.anna, TOKEN, id=task_id, seconds=seconds)
    assert answer["data"]["createWatchToken"]["errors"] == []
    return str(answer["data"]["createWatchToken"]["token"])


def entered(client: Subscriber, token: str) -> Subscriber:
    client.send({"type": "connection_init", "payload": {"token": token}})
    assert client.receive() == {"type": "connection_ack"}
    return client


@pytest.fixture(scope="module")
def watched(guarded: Guarded) -> dict[str, str]:
    """A task of anna's that has been watched to its end, with a token for it and its video's address."""
    task = submitted(guarded, guarded.anna)
    token = token_of(guarded, task["id"])
    with socket(guarded.server.socket_url) as client:
        entered(client, token).subscribe(WATCH, id=task["id"])
        *_, last = client.rest()
    assert last["videoTaskProgress"]["status"] == "COMPLETED"
    return {**task, "token": token, "videoUrl": last["videoTaskProgress"]["task"]["videoUrl"]}


def test_a_token_watches_its_task_to_the_end_and_plays_the_video(guarded: Guarded, watched: dict[str, str]) -> None:
    plain = watched["videoUrl"].partition("?")[0]
    assert guarded.server.get(plain).status == 404
    assert guarded.server.get(f"{plain}?token={watched['token']}").status == 200
    assert guarded.server.get(plain, bearing(watched["token"])).status == 200


def test_a_token_is_taken_from_an_address_and_a_key_is_not(guarded: Guarded, watched: dict[str, str]) -> None:
    query = {"query": "query($id: ID!) { videoTask(id: $id) { status } }", "variables": {"id": watched["id"]}}
    answer = guarded.server.post(f"/graphql?token={watched['token']}", query)
    assert answer.json == {"data": {"videoTask": {"status": "COMPLETED"}}}
    assert guarded.server.post(f"/graphql?token={guarded.anna}", query).status == 401
    asked = {"draft_url": watched["draftUrl"]}
    assert guarded.server.post(f"/v1/gen_video_status?token={watched['token']}", asked).json["status"] == "completed"
    assert guarded.server.post(f"/v1/gen_video?token={watched['token']}", asked).status == 403


@pytest.mark.parametrize("document", [text for _, text in OPERATIONS], ids=[name for name, _ in OPERATIONS])
def test_a_token_shows_nothing_of_the_owners_other_tasks(
    guarded: Guarded, watched: dict[str, str], document: str
) -> None:
    other = submitted(guarded, guarded.anna)
    sent = trimmed(document)
    values = {"id": other["id"], "url": other["draftUrl"]}
    variables = {name: value for name, value in values.items() if f"${name}" in sent}
    answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(watched["token"]))
    assert not mentions(answer.body.decode(), other)


@pytest.mark.parametrize(("name", "document"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_with_its_own_task_a_token_does_nothing_but_look(
    guarded: Guarded, watched: dict[str, str], name: str, document: str
) -> None:
    """A new field is refused to it until it stands in MAY."""
    sent = trimmed(document)
    values = {"id": watched["id"], "url": watched["draftUrl"]}
    variables = {key: value for key, value in values.items() if f"${key}" in sent}
    answer = guarded.server.post("/graphql", {"query": sent, "variables": variables}, bearing(watched["token"]))
    allowed = "FORBIDDEN" not in answer.body.decode()
    assert allowed == (name in MAY - {"service"}), answer.body


def test_a_feed_is_refused_to_a_token(guarded: Guarded, watched: dict[str, str]) -> None:
    with socket(guarded.server.socket_url) as client:
        entered(client, watched["token"]).subscribe("subscription { videoTaskFeed { __typename } }")
        message = client.receive()
    assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"


def test_owner_and_guest_of_the_same_subscription_are_told_what_each_may_see(guarded: Guarded) -> None:
    watch = "subscription($id: ID!) { videoTaskProgress(id: $id) { status task { draftUrl } } }"
    task = submitted(guarded, guarded.anna, "hold")
    with socket(guarded.server.socket_url) as owner, socket(guarded.server.socket_url) as guest:
        for client, token in ((owner, guarded.anna), (guest, token_of(guarded, task["id"]))):
            entered(client, token).subscribe(watch, id=task["id"])
        seen = [client.receive()["payload"]["data"]["videoTaskProgress"]["task"] for client in (owner, guest)]
        guarded.graphql(guarded.anna, CANCEL, id=task["id"])
        ended = [[*client.rest()][-1]["videoTaskProgress"] for client in (owner, guest)]
    assert [each["status"] for each in ended] == ["CANCELED", "CANCELED"]
    for told in (seen, [each["task"] for each in ended]):
        assert told[0]["draftUrl"] == task["draftUrl"]
        assert told[1]["draftUrl"] != task["draftUrl"]
        assert "draft_id" not in told[1]["draftUrl"]


def test_a_changed_token_opens_nothing(guarded: Guarded, watched: dict[str, str]) -> None:
    token = watched["token"]
    last = "0" if token[-1] != "0" else "1"
    for wrong in (token[:-1] + last, token.replace("dcw_", "dcw_x"), "dcw_", "dcw_.", token.partition(".")[0]):
        answer = guarded.server.post("/graphql", {"query": "{ __typename }"}, bearing(wrong))
        assert answer.status == 401, wrong


def test_a_token_ends_on_a_living_socket(guarded: Guarded) -> None:
    task = submitted(guarded, guarded.anna, "hold")
    with socket(guarded.server.socket_url) as client:
        entered(client, token_of(guarded, task["id"], seconds=1)).subscribe(WATCH, id=task["id"])
        with pytest.raises(ConnectionClosed) as closed:
            deque(iter(client.receive, None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    guarded.graphql(guarded.anna, "mutation($id: ID!) { cancelVideoTask(id: $id) { errors { code } } }", id=task["id"])


def test_a_token_is_for_a_task_of_ones_own_and_for_a_week_at_most(guarded: Guarded, watched: dict[str, str]) -> None:
    def errors(key: str, **variables: object) -> list[str]:
        answer: Any = guarded.graphql(key, TOKEN, **variables)
        return [error["code"] for error in answer["data"]["createWatchToken"]["errors"]]

    assert errors(guarded.bert, id=watched["id"]) == ["NOT_FOUND"]
    assert errors(guarded.anna, id=watched["id"], seconds=0) == ["INVALID_INPUT"]
    assert errors(guarded.anna, id=watched["id"], seconds=604_801) == ["INVALID_INPUT"]
    assert errors(guarded.submitter, id=watched["id"]) == ["FORBIDDEN"]
    assert errors(watched["token"], id=watched["id"]) == ["FORBIDDEN"]
    assert re.fullmatch(r"dcw_[A-Za-z0-9_-]+\.[0-9a-f]{64}", watched["token"])
